#include "crowd/draw_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <limits>
#include <stdexcept>
#include <vector>

#include "core/hex.h"
#include "protocol/draw.h"
#include "protocol/token_layout.h"

namespace stagedoor::crowd {
namespace {

constexpr auto kAdmissionLagMax = std::chrono::seconds(1);  // after the admission of a fan further back

TimePoint instant(const boost::json::value& value) {
  const auto at = parse_rfc3339(std::string_view(value.as_string()));
  if (!at) throw std::runtime_error("the draw has a malformed time");
  return *at;
}

struct Ranked {
  Place rank = 0;
  const Witness* fan = nullptr;
};

std::string named(const Ranked& one) {
  return fmt::format("{} (place {}, rank {})", to_string(one.fan->user), one.fan->place, one.rank);
}

// The list of joins, as far as the tokens of this crowd show it.
void check_list(const PublishedDraw& draw, std::span<const Witness> fans, DrawReport& report,
                Breaches& breaches) {
  std::vector<const Witness*> at(draw.people);
  for (const Witness& fan : fans) {
    if (fan.place == 0) continue;
    const bool gathered = fan.joined_at < draw.opens_at;
    if (gathered != (fan.place <= draw.people)) {
      breaches.add(Rule::draw_list_differs,
                   fmt::format("{} joined at {} and has place {}, but {} took part", to_string(fan.user),
                               to_rfc3339(fan.joined_at), fan.place, draw.people));
    }
    if (fan.place > draw.people) continue;
    if (at[fan.place - 1]) breaches.add(Rule::draw_list_differs, fmt::format("place {} twice", fan.place));
    else ++report.of_crowd;
    at[fan.place - 1] = &fan;
  }
  report.list_recomputed = report.of_crowd == report.gathered;
  if (!report.list_recomputed) return;
  protocol::JoinsDigest digest;
  for (const Witness* fan : at) digest.add(fan->place, fan->user, fan->joined_at);
  const std::string expected = to_hex(digest.finish());
  if (expected != draw.digest) {
    breaches.add(Rule::draw_list_differs, fmt::format("digest {} instead of {}", draw.digest, expected));
  }
}

// At any moment positions increase with rank, and over time no position increases. So a fan who sent a
// request after the answer to a fan further back must get a position that is no higher.
void check_positions(std::vector<Ranked> fans, DrawReport& report, Breaches& breaches) {
  std::erase_if(fans, [](const Ranked& one) { return one.fan->position < 0; });
  report.positions = static_cast<std::int64_t>(fans.size());
  for (const Ranked& one : fans) {
    if (one.fan->position < std::int64_t{one.rank}) continue;
    breaches.add(Rule::position_beyond_rank,
                 fmt::format("{} was told position {}", named(one), one.fan->position));
  }
  std::vector<Ranked> by_answer = fans;
  std::ranges::sort(by_answer, {}, [](const Ranked& one) { return one.fan->answered; });
  std::ranges::sort(fans, {}, [](const Ranked& one) { return one.fan->sent; });
  // A Fenwick tree over the ranks from the last to the first; least[i]: the lowest position answered so far
  // among the ranks that index i covers.
  Place last = 0;
  for (const Ranked& one : fans) last = std::max(last, one.rank);
  std::vector<std::int64_t> least(last + 1U, std::numeric_limits<std::int64_t>::max());
  auto answered = by_answer.begin();
  for (const Ranked& one : fans) {
    for (; answered != by_answer.end() && answered->fan->answered <= one.fan->sent; ++answered) {
      for (Place i = last - answered->rank + 1; i <= last; i += i & (~i + 1))
        least[i] = std::min(least[i], answered->fan->position);
    }
    std::int64_t behind = std::numeric_limits<std::int64_t>::max();
    for (Place i = last - one.rank; i > 0; i -= i & (~i + 1)) behind = std::min(behind, least[i]);
    if (one.fan->position <= behind) continue;
    breaches.add(Rule::position_beyond_rank,
                 fmt::format("{} was told position {} after a fan further back was told {}", named(one),
                             one.fan->position, behind));
  }
}

void check_admissions(std::vector<Ranked> fans, DrawReport& report, Breaches& breaches) {
  std::ranges::sort(fans, std::greater<>(), &Ranked::rank);
  const Ranked* first = nullptr;  // the first admitted fan of those further back
  auto seen = Clock::time_point::max();
  for (const Ranked& one : fans) {
    const Witness& fan = *one.fan;
    const bool late = fan.was_let_in() ? first && fan.activated_at > first->fan->activated_at
                                       : first && fan.last_waiting_sent != Clock::time_point() &&
                                             seen < Clock::time_point::max() - kAdmissionLagMax &&
                                             fan.last_waiting_sent > seen + kAdmissionLagMax;
    if (late) {
      breaches.add(
          Rule::admitted_out_of_order,
          fmt::format("{} {} although {} was admitted at {}", named(one),
                      fan.was_let_in() ? "was admitted at " + to_rfc3339(fan.activated_at) : "still waited",
                      named(*first), to_rfc3339(first->fan->activated_at)));
    }
    if (!fan.was_let_in()) continue;
    ++report.admissions;
    seen = std::min(seen, fan.admission_seen);
    if (!first || fan.activated_at < first->fan->activated_at) first = &one;
  }
}

}  // namespace

PublishedDraw read_draw(const boost::json::object& data) {
  const auto text = [&](const char* name) { return std::string(data.at(name).as_string()); };
  const auto algorithm = protocol::draw_algorithm(text("algorithm"));
  if (!algorithm) throw std::runtime_error("unknown draw algorithm: " + text("algorithm"));
  PublishedDraw draw{
      .algorithm = *algorithm, .commitment = text("commitment"), .opens_at = instant(data.at("opensAt"))};
  if (const auto* beacon = data.if_contains("beacon")) draw.beacon = beacon->as_string();
  if (!data.contains("drawnAt")) return draw;
  draw.drawn_at = instant(data.at("drawnAt"));
  draw.people = data.at("people").to_number<Place>();
  draw.digest = text("digest");
  draw.seed = text("seed");
  return draw;
}

bool read_token(std::string_view token, Witness& witness) {
  constexpr std::string_view kBearer = "Bearer ";
  if (!token.starts_with(kBearer)) return false;
  const auto claims = protocol::unverified_claims(token.substr(kBearer.size()));
  if (!claims) return false;
  witness.place = claims->place;
  witness.user = claims->user;
  witness.joined_at = claims->issued_at;
  return true;
}

DrawReport check_draw(EventId event, const PublishedDraw& before, const PublishedDraw& after,
                      std::span<const Witness> fans, Clock::duration may_be_silent, Breaches& breaches) {
  if (after.commitment != before.commitment || after.opens_at != before.opens_at) {
    breaches.add(Rule::draw_commitment_broken,
                 fmt::format("{} for {} became {} for {}", before.commitment, to_rfc3339(before.opens_at),
                             after.commitment, to_rfc3339(after.opens_at)));
  }
  DrawReport report;
  if (!after.drawn_at) {
    if (std::ranges::any_of(fans, &Witness::was_let_in))
      breaches.add(Rule::draw_commitment_broken, "fans were admitted, but no draw is published");
    return report;
  }
  report.is_drawn = true;
  report.gathered = after.people;
  report.drawn_after = *after.drawn_at - after.opens_at;
  const std::string seed = from_hex(after.seed).value_or("");
  if (to_hex(protocol::draw_commitment({after.algorithm, seed, event, after.opens_at})) != after.commitment) {
    breaches.add(Rule::draw_commitment_broken,
                 fmt::format("the seed {} does not match the commitment", after.seed));
  }
  check_list(after, fans, report, breaches);

  const protocol::DrawnOrder order = protocol::draw_order(
      protocol::draw_key(seed, from_hex(after.digest).value_or(""), after.beacon), after.people);
  std::vector<Ranked> ranked;
  for (const Witness& fan : fans) {
    if (fan.place == 0) continue;
    if (fan.longest_silence > may_be_silent) ++report.absent;
    else ranked.push_back({fan.place <= after.people ? order.rank_of[fan.place - 1] : fan.place, &fan});
  }
  check_positions(ranked, report, breaches);
  check_admissions(std::move(ranked), report, breaches);
  return report;
}

}  // namespace stagedoor::crowd
