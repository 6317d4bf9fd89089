#include "crowd/load.h"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <deque>
#include <fstream>
#include <functional>
#include <iterator>
#include <queue>
#include <stdexcept>

#include "core/parse_number.h"
#include "crowd/client.h"
#include "crowd/schedule.h"

namespace stagedoor::crowd {
namespace {

constexpr std::uint64_t kScatterPrime = 2'654'435'761;

// Mixes the number into all digits, so that neighbours differ widely; different numbers give different UUIDs.
void append_numbered_uuid(std::string& out, std::uint64_t n) {
  const std::uint64_t mixed = (n + 1) * 0x9E3779B97F4A7C15u;  // odd, so this is one-to-one
  fmt::format_to(std::back_inserter(out), "{:08x}-{:04x}-4{:03x}-8000-{:012x}", mixed >> 32,
                 (mixed >> 16) & 0xffff, mixed & 0xfff, ((mixed >> 12) & 0xf) << 44 | (n & 0xfffffffffff));
}

class Load {
 public:
  explicit Load(const LoadOptions& options)
      : options_(options),
        client_(resolve(options.url), {.connections = options.connections, .sources = options.sources},
                [this](Client::Tag tag, const Response& response) { answered(tag, response); }),
        template_(client_.endpoint(), options.request, options.scatter),
        then_(client_.endpoint(), options.then.value_or(Request{})),
        schedule_(Clock::now(), options.rate > 0 ? options.rate : 1) {
    if (!options.answers_file.empty()) {
      answers_.open(options.answers_file, std::ios::binary);
      if (!answers_) throw std::runtime_error("cannot write " + options.answers_file);
    }
  }

  LoadReport run() {
    const auto start = Clock::now();
    schedule_ = Schedule(start, options_.rate > 0 ? options_.rate : 1);
    measure_from_ = start + options_.warm_up;
    measure_until_ =
        options_.duration.count() > 0 ? measure_from_ + options_.duration : Clock::time_point::max();
    if (options_.rate > 0) {
      run_open();
    } else {
      for (std::size_t i = 0; i < options_.connections; ++i) send_next(start);
    }
    while (client_.unanswered() > 0 || !paused_.empty()) {
      send_paused();
      client_.poll(std::chrono::milliseconds(paused_.empty() ? 100 : 5));
    }
    report_.busy = 1 - std::chrono::duration<double>(client_.waited()) /
                           std::chrono::duration<double>(Clock::now() - start);
    const auto end = std::min(Clock::now(), measure_until_);
    report_.seconds = std::chrono::duration<double>(end - measure_from_).count();
    report_.per_second = static_cast<double>(finished_in_time_) / report_.seconds;
    report_.accepted_per_second = static_cast<double>(accepted_in_time_) / report_.seconds;
    for (std::size_t status = 0; status < plain_.size(); ++status) {
      if (plain_[status] > 0) report_.answers[std::to_string(status)] = plain_[status];
    }
    if (answers_.is_open() && !answers_.flush())
      throw std::runtime_error("cannot write " + options_.answers_file);
    return std::move(report_);
  }

 private:
  struct Slot {
    std::string bytes;
    Clock::time_point intended;
    bool is_second = false;
    Clock::time_point first_answered = {};
  };

  void run_open() {
    for (;;) {
      auto now = Clock::now();
      auto due = schedule_.due(report_.sent + waiting_.size() + given_up_);
      while (due <= now) {
        if (!send_or_wait(due)) return;
        due = schedule_.due(report_.sent + waiting_.size() + given_up_);
      }
      if (due >= measure_until_) return;
      client_.poll(due - now);
    }
  }

  // False when all requests have been sent.
  bool send_or_wait(Clock::time_point intended) {
    const bool is_busy = slots_.size() - unused_.size() >= options_.connections;
    if (!is_busy || options_.patience.count() == 0) return send_next(intended);
    waiting_.push_back(intended);
    return true;
  }

  // For a connection that has become free.
  void send_waiting(Clock::time_point now) {
    for (; !waiting_.empty() && now - waiting_.front() > options_.patience; waiting_.pop_front()) {
      ++given_up_;
      ++report_.answers["no connection"];
    }
    if (waiting_.empty()) return;
    const auto intended = waiting_.front();
    waiting_.pop_front();
    send_next(intended);
  }

  // False when all requests have been sent.
  bool send_next(Clock::time_point intended) {
    if (intended >= measure_until_ || (options_.requests > 0 && report_.sent >= options_.requests))
      return false;
    if (unused_.empty()) {
      unused_.push_back(slots_.size());
      slots_.emplace_back();
    }
    const std::size_t index = unused_.back();
    unused_.pop_back();
    Slot& slot = slots_[index];
    const std::uint64_t n = options_.first + report_.sent++;
    template_.render(slot.bytes, n,
                     options_.values.empty() ? no_row_ : options_.values[n % options_.values.size()]);
    slot.intended = intended;
    slot.is_second = false;
    client_.send(slot.bytes, index);
    return true;
  }

  void answered(Client::Tag index, const Response& response) {
    const auto now = Clock::now();
    Slot& slot = slots_[index];
    const bool refused = response.status < 100 || response.status >= 400;
    if (refused) {
      ++report_.answers[response.name()];
    } else {
      ++plain_[static_cast<std::size_t>(response.status)];
      if (options_.then && !slot.is_second && go_on(index, response.body, now)) return;
    }
    const bool in_time = now >= measure_from_ && now < measure_until_;
    finished_in_time_ += in_time;
    accepted_in_time_ += in_time && !refused;
    if (options_.rate > 0 ? slot.intended >= measure_from_ : in_time) {
      ++report_.measured;
      report_.latency.record(now - slot.intended);
      if (!refused) report_.accepted.record(now - slot.intended);
      if (slot.is_second) {
        report_.first.record(slot.first_answered - slot.intended);
        report_.second.record(now - slot.first_answered);
      }
    }
    report_.answer_bytes = 17 + response.headers.size() + 2 + response.body.size();
    if (answers_.is_open())
      answers_.write(response.body.data(), static_cast<std::streamsize>(response.body.size())).put('\n');
    unused_.push_back(index);
    if (options_.rate > 0) return send_waiting(now);
    const auto pause = options_.obey_retry_after && refused
                           ? parse_number<int>(response.header("Retry-After")).value_or(0)
                           : 0;
    if (pause > 0) paused_.push(now + std::chrono::seconds(pause));
    else send_next(now);
  }

  // One request for each connection whose pause is over.
  void send_paused() {
    for (const auto now = Clock::now(); !paused_.empty() && paused_.top() <= now; paused_.pop())
      send_next(now);
  }

  // Sends the second request of the iteration. False when the answer lacks the text for {1}.
  bool go_on(Client::Tag index, std::string_view body, Clock::time_point now) {
    const auto at = body.find(options_.take);
    const auto begin = at + options_.take.size();
    const auto end = at == body.npos ? body.npos : body.find('"', begin);
    if (end == body.npos) {
      ++report_.answers["no text for {1}"];
      return false;
    }
    taken_.front() = body.substr(begin, end - begin);
    Slot& slot = slots_[index];
    then_.render(slot.bytes, 0, taken_);
    slot.is_second = true;
    slot.first_answered = now;
    client_.send(slot.bytes, index);
    return true;
  }

  const LoadOptions& options_;
  Client client_;
  RequestTemplate template_;
  RequestTemplate then_;
  std::vector<std::string> taken_{1};
  Schedule schedule_;
  Clock::time_point measure_from_;
  Clock::time_point measure_until_;
  std::deque<Slot> slots_;  // a deque: the bytes of a slot must not move when slots are added
  std::vector<std::size_t> unused_;
  std::deque<Clock::time_point> waiting_;  // intended send times, of requests that wait for a connection
  std::uint64_t given_up_ = 0;
  std::array<std::uint64_t, 400> plain_{};  // answers without an error code, by status
  const std::vector<std::string> no_row_;
  std::ofstream answers_;
  std::uint64_t finished_in_time_ = 0;
  std::uint64_t accepted_in_time_ = 0;
  std::priority_queue<Clock::time_point, std::vector<Clock::time_point>, std::greater<>> paused_;
  LoadReport report_;
};

}  // namespace

RequestTemplate::RequestTemplate(const Endpoint& to, const Request& request, Scatter scatter)
    : body_(split(request.body)), has_body_(!request.body.empty()), scatter_(scatter) {
  Request head = request;
  head.body = {};
  std::string text = crowd::render(to, head);
  if (has_body_) {
    const auto length = text.find("Content-Length: 0\r\n\r\n");
    text = text.substr(0, std::min(length, text.size() - 2)) +
           "Content-Type: application/json\r\nContent-Length: ";
  }
  head_ = split(text);
}

std::vector<RequestTemplate::Piece> RequestTemplate::split(std::string_view text) {
  std::vector<Piece> pieces(1);
  while (!text.empty()) {
    const bool digit =
        text.size() > 2 && text[0] == '{' && text[2] == '}' && text[1] >= '1' && text[1] <= '9';
    const bool uuid = text.starts_with("{uuid}");
    if (digit || uuid || text.starts_with("{n}") || text.starts_with("{s}")) {
      pieces.back().fill = text[1];
      pieces.emplace_back();
      text.remove_prefix(uuid ? 6 : 3);
    } else {
      pieces.back().text += text.front();
      text.remove_prefix(1);
    }
  }
  return pieces;
}

// Multiplies by a prime that does not divide the size of the piece, so that every number occurs once.
std::uint64_t RequestTemplate::scattered(std::uint64_t n, const Scatter& range) {
  const std::uint64_t piece = range.piece ? range.piece : range.count;
  const std::uint64_t begin = n / piece * piece;
  return begin + (n - begin) * kScatterPrime % std::min(piece, range.count - begin);
}

void RequestTemplate::append(std::string& out, const std::vector<Piece>& pieces, std::uint64_t n,
                             const std::vector<std::string>& row) const {
  for (const Piece& piece : pieces) {
    out += piece.text;
    if (piece.fill == 'n') {
      out += fmt::format_int(n).c_str();
    } else if (piece.fill == 's') {
      out += fmt::format_int(scatter_.first + scattered(n % scatter_.count, scatter_)).c_str();
    } else if (piece.fill == 'u') {
      append_numbered_uuid(out, n);
    } else if (piece.fill != 0) {
      out += row.at(static_cast<std::size_t>(piece.fill - '1'));
    }
  }
}

void RequestTemplate::render(std::string& out, std::uint64_t n, const std::vector<std::string>& row) {
  out.clear();
  append(out, head_, n, row);
  if (!has_body_) return;
  body_text_.clear();
  append(body_text_, body_, n, row);
  out.append(fmt::format_int(body_text_.size()).c_str()).append("\r\n\r\n").append(body_text_);
}

std::string LoadReport::to_json() const {
  const auto us = [](Histogram::Duration d) { return static_cast<double>(d.count()) / 1000; };
  const auto times = [&](const Histogram& of) {
    return boost::json::object{{"mean", us(of.mean())},
                               {"p50", us(of.percentile(0.5))},
                               {"p90", us(of.percentile(0.9))},
                               {"p95", us(of.percentile(0.95))},
                               {"p99", us(of.percentile(0.99))},
                               {"p999", us(of.percentile(0.999))},
                               {"max", us(of.max())}};
  };
  boost::json::object counts;
  for (const auto& [name, count] : answers) counts[name] = count;
  boost::json::object report{{"sent", sent},
                             {"answers", std::move(counts)},
                             {"measured", measured},
                             {"seconds", seconds},
                             {"perSecond", per_second},
                             {"busy", busy},
                             {"answerBytes", answer_bytes},
                             {"acceptedPerSecond", accepted_per_second},
                             {"latencyUs", times(latency)}};
  if (accepted.count() > 0) report["acceptedUs"] = times(accepted);
  if (first.count() > 0) {
    report["firstUs"] = times(first);
    report["secondUs"] = times(second);
  }
  return boost::json::serialize(report);
}

LoadReport run_load(const LoadOptions& options) { return Load(options).run(); }

}  // namespace stagedoor::crowd
