// Recomputes the draw of an event from its published values (R-Q13).
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <stdexcept>

#include "app/commands/commands.h"
#include "core/hex.h"
#include "core/parse_number.h"
#include "crowd/call.h"
#include "json/read.h"
#include "modules/queue/http_public.h"
#include "protocol/draw.h"
#include "protocol/token_layout.h"

namespace stagedoor {
namespace {

constexpr int kWrong = 1;
constexpr std::int64_t kPeopleMax = 100'000'000;  // more would need minutes and gigabytes

struct Unreadable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::string bytes_of_hex(std::string_view text, std::string_view what) {
  const auto bytes = from_hex(text);
  if (!bytes || bytes->size() != 32)
    throw Unreadable(fmt::format("the {} must be 64 hexadecimal digits, in lower case", what));
  return *bytes;
}

// The whole body of an answer, or only its data.
queue::DrawDto read_draw(std::string_view text, const std::string& from) {
  json::FieldErrors errors;
  auto document = json::parse(text, errors);
  if (!document || !document->is_object()) throw Unreadable(from + ": is not the JSON of a draw");
  const auto* data = document->as_object().if_contains("data");
  const auto draw = json::read_value<queue::DrawDto>(data ? *data : *document);
  if (draw) return *draw;
  std::string why = from + ": is not a draw:";
  for (const auto& error : draw.error().details) why += fmt::format("\n  {} {}", error.path, error.message);
  throw Unreadable(why);
}

queue::DrawDto fetch(const std::string& url, std::int64_t event) {
  const std::string target = fmt::format("/queue/draw/{}", event);
  const crowd::Reply reply = crowd::call(url, {.target = target});
  if (reply.status == 0) throw Unreadable(fmt::format("{}{}: no answer: {}", url, target, reply.error));
  if (reply.status != 200)
    throw Unreadable(fmt::format("{}{}: {} {}", url, target, reply.status, reply.body));
  return read_draw(reply.body, url + target);
}

queue::DrawDto load(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  if (!in) throw Unreadable(path + ": cannot be read");
  return read_draw(text, path);
}

protocol::TokenClaims read_token(std::string_view text) {
  constexpr std::string_view kBearer = "Bearer ";
  if (text.starts_with(kBearer)) text.remove_prefix(kBearer.size());
  const auto claims = protocol::unverified_claims(text);
  if (!claims) throw Unreadable("the token is malformed; give the 76 characters that POST /queue returned");
  return *claims;
}

class Verifier {
 public:
  Verifier(const VerifyDrawOptions& options, const queue::DrawDto& draw)
      : options_(options), draw_(draw), event_{options.event} {
    const auto algorithm = protocol::draw_algorithm(draw.algorithm);
    if (!algorithm)
      throw Unreadable(fmt::format("drawn by {}; this program knows up to {}", draw.algorithm,
                                   protocol::draw_algorithm_name(protocol::kDrawAlgorithm)));
    algorithm_ = *algorithm;
    commitment_ = bytes_of_hex(draw.commitment, "commitment");
    if (!options.token.empty()) token_ = read_token(options.token);
  }

  int run() {
    std::printf("Draw of event %lld, opening %s\n", static_cast<long long>(event_.value),
                to_rfc3339(draw_.opensAt).c_str());
    if (!options_.commitment.empty())
      check(bytes_of_hex(options_.commitment, "noted commitment") == commitment_,
            "the commitment equals the one noted before");
    if (!draw_.drawnAt) {
      std::printf("The draw has not taken place yet. Note its commitment: %s\n", draw_.commitment.c_str());
      return kWrong;
    }
    read_drawn();
    check(protocol::draw_commitment({algorithm_, seed_, event_, draw_.opensAt}) == commitment_,
          "the commitment matches the seed and the event");
    check(*draw_.drawnAt >= draw_.opensAt, "it was drawn after the opening");
    for (const auto& move : draw_.moves.value_or(std::vector<queue::DrawMoveDto>()))
      std::printf("      %s the opening was moved from %s to %s\n", to_rfc3339(move.at).c_str(),
                  to_rfc3339(move.from).c_str(), to_rfc3339(move.to).c_str());
    if (!options_.list.empty()) check_list();
    if (token_) check_token();
    const protocol::DrawnOrder order =
        protocol::draw_order(protocol::draw_key(seed_, digest_, draw_.beacon.value_or("")), people_);
    tell_rank(order);
    if (!options_.ranks.empty()) write_ranks(order);
    tell_what_was_not_checked();
    std::printf("%s\n", is_right_ ? "All checks passed." : "Some checks FAILED.");
    return is_right_ ? 0 : kWrong;
  }

 private:
  void check(bool agrees, const std::string& claim) {
    std::printf("%s %s\n", agrees ? "OK   " : "WRONG", claim.c_str());
    is_right_ = is_right_ && agrees;
  }

  void read_drawn() {
    if (!draw_.seed || !draw_.digest || !draw_.people)
      throw Unreadable("the draw has a drawnAt, but not all of seed, digest and people");
    seed_ = bytes_of_hex(*draw_.seed, "seed");
    digest_ = bytes_of_hex(*draw_.digest, "digest");
    if (*draw_.people < 0 || *draw_.people > kPeopleMax)
      throw Unreadable(fmt::format("{} people cannot have been drawn", *draw_.people));
    people_ = static_cast<Place>(*draw_.people);
  }

  // The list may continue with users who joined after the opening.
  void check_list() {
    std::ifstream in(options_.list);
    if (!in) throw Unreadable(options_.list + ": cannot be read");
    protocol::JoinsDigest digest;
    bool are_in_time = true;
    Place place = 0;
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
      if (line.ends_with('\r')) line.pop_back();
      if (number == 1 && line == "place,user,joined_at_ms") continue;
      const auto [user, joined_at] = read_join(line, ++place, number);
      if (place <= people_) digest.add(place, user, joined_at);
      are_in_time = are_in_time && (joined_at < draw_.opensAt) == (place <= people_);
      if (token_ && token_->place == place)
        is_token_listed_ = token_->user == user && token_->issued_at == joined_at;
    }
    check(place >= people_ && digest.finish() == digest_,
          fmt::format("the digest matches the first {} joins of {}", people_, options_.list));
    check(are_in_time, "the draw contains exactly the users of the list who joined before the opening");
  }

  struct Join {
    UserId user;
    TimePoint joined_at;
  };
  Join read_join(std::string_view line, Place place, int number) const {
    const auto whole = [](std::string_view text) { return parse_number<std::int64_t>(text).value_or(-1); };
    const auto first = std::min(line.find(','), line.size()), last = std::min(line.rfind(','), line.size());
    const auto user = first < last ? parse_uuid(line.substr(first + 1, last - first - 1)) : std::nullopt;
    const std::int64_t joined_at = first < last ? whole(line.substr(last + 1)) : -1;
    if (whole(line.substr(0, first)) != std::int64_t(place) || !user || joined_at < 0)
      throw Unreadable(fmt::format("{}:{}: write the join of place {} as place,user,joined_at_ms",
                                   options_.list, number, place));
    return {*user, from_ms(joined_at)};
  }

  void check_token() {
    check(token_->event == event_, fmt::format("the token is of event {}", event_.value));
    check(token_->place > 0 && (token_->place <= people_) == (token_->issued_at < draw_.opensAt),
          token_->place <= people_ ? "its place was drawn, and was given before the opening"
                                   : "its place was not drawn, and was given after the opening");
    if (!options_.list.empty())
      check(is_token_listed_, "the list has this place with the same user and time");
  }

  void tell_rank(const protocol::DrawnOrder& order) const {
    if (!token_ || token_->place == 0) return;
    std::printf("user %s joined %s\n", to_string(token_->user).c_str(),
                to_rfc3339(token_->issued_at).c_str());
    const bool is_drawn = token_->place <= people_;
    std::printf("place %u of %u joins → rank %u%s\n", token_->place, people_,
                is_drawn ? order.rank_of[token_->place - 1] : token_->place,
                is_drawn ? "" : " (joined after the opening: behind all who were drawn)");
  }

  void write_ranks(const protocol::DrawnOrder& order) const {
    std::ofstream out(options_.ranks);
    for (Place place = 1; place <= people_; ++place) out << place << ' ' << order.rank_of[place - 1] << '\n';
    if (!out.flush()) throw Unreadable(options_.ranks + ": cannot be written");
  }

  void tell_what_was_not_checked() const {
    if (options_.commitment.empty())
      std::printf("not checked: that this commitment was published before anybody joined (--commitment)\n");
    if (options_.list.empty()) std::printf("not checked: that the digest matches the joins (--list)\n");
  }

  const VerifyDrawOptions& options_;
  const queue::DrawDto& draw_;
  EventId event_;
  std::int32_t algorithm_ = protocol::kDrawAlgorithm;
  std::string commitment_, seed_, digest_;
  Place people_ = 0;
  std::optional<protocol::TokenClaims> token_;
  bool is_token_listed_ = false;
  bool is_right_ = true;
};

}  // namespace

void VerifyDrawCommand::add_options(CLI::App& app) {
  app.add_option("--event", options.event, "Id of the event")
      ->required()
      ->check(CLI::Range(std::int64_t{1}, std::numeric_limits<std::int64_t>::max()));
  CLI::Option* url =
      app.add_option("--url", options.url,
                     "Server that publishes the draw at GET /queue/draw/EVENT; plain http:// only, no TLS");
  app.add_option("--file", options.file, "File with that answer: the whole body, or the part under data")
      ->excludes(url);
  app.add_option("--token", options.token,
                 "Token of a fan, with or without Bearer; prints the fan's rank and needs no key");
  app.add_option("--commitment", options.commitment, "The commitment that you noted before the draw");
  app.add_option("--list", options.list,
                 "CSV of the joins, place,user,joined_at_ms in the order of places from 1; checks the digest "
                 "against them");
  app.add_option("--ranks", options.ranks, "Write a line `place rank` for each drawn user to this file");
  app.footer(
      "Each check prints a line, OK or WRONG. Exit code 0: all passed; 1: a check failed, or nothing is "
      "drawn yet;\n"
      "2: the input cannot be read. How the draw works: docs/draw.md.");
}

// Prints one line for each check, OK or WRONG.
int VerifyDrawCommand::run() const try {
  if (options.url.empty() && options.file.empty())
    throw Unreadable("name the source of the draw: --url http://HOST:PORT, or --file with a saved answer");
  const queue::DrawDto draw = options.file.empty() ? fetch(options.url, options.event) : load(options.file);
  return Verifier(options, draw).run();
} catch (const std::runtime_error& why) {
  std::fprintf(stderr, "stagedoor verify-draw: %s\n", why.what());
  return kRefused;
}

}  // namespace stagedoor
