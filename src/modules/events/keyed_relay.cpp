#include "modules/events/keyed_relay.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "core/ensure.h"
#include "core/log.h"
#include "modules/events/envelope.h"

namespace stagedoor::events {
namespace {

using Result = Delivered::Result;

constexpr Millis kPauseMin{1'000};
constexpr Millis kPauseMax{3'600'000};
constexpr Millis kBetweenKeyCounts{30'000};
// Parked keys in a round: fewer than a webhook has deliveries in flight, so that they do not hold up others.
constexpr std::size_t kDueMax = 16;
// An event that is put off is not refused. But when others are accepted in the same rounds, more often than a
// busy receiver would, it is about this key.
constexpr int kPutOffsMax = 3;

}  // namespace

Millis retry_pause(std::int64_t attempts, unsigned char chance) {
  constexpr std::int64_t kDoublingsMax = 12;  // more than kPauseMax
  const auto doublings = std::clamp<std::int64_t>(attempts - 1, 0, kDoublingsMax);
  const Millis pause = std::min(kPauseMax, Millis(kPauseMin.count() << doublings));
  return pause - pause * chance / 512;
}

// A round: what was read, what the sink made of it, and what is to be written.
struct KeyedRelay::Round {
  OutboxId from{};
  TimePoint now{};
  std::size_t room = 0;  // how many more events can be parked
  bool is_full = false;  // none when the round began
  Outbox::ParkedKeys parked;
  std::vector<ParkedEvent> due;  // of a key the oldest, and those behind it
  std::vector<OutboxRow> rows;

  std::vector<OutboxEvent> offered;  // `due`, then those of `rows` that may be delivered
  std::vector<Delivered> results;    // of `offered`
  bool any_accepted = false;
  const std::string* refusal = nullptr;  // of an event in the line
  const Delivered* put_off = nullptr;    // of an event in the line: the longest

  OutboxId next{};
  const OutboxRow* oldest = nullptr;  // the first row that the sink has not accepted and that is not parked
  ParkedChanges changes;
};

KeyedRelay::KeyedRelay(std::string name, KeyedSink& sink, std::unique_ptr<Outbox> outbox, const Clock& clock,
                       RandomBytes random, Options options)
    : SinkRelay(std::move(name), std::move(outbox), options.batch_max),
      sink_(sink),
      clock_(clock),
      random_(std::move(random)),
      options_(options),
      window_(options.batch_max) {}

Millis KeyedRelay::run_once(const std::stop_token& stop) {
  if (is_waiting(clock_.now()) && clock_.now() < look_at_) return look_at_ - clock_.now();
  const auto [is_ours, from] = begin_round();
  Round round;
  begin(round, from);
  if (!is_ours) {
    note_oldest(nullptr);
    note_lag(from, 0);
    parked_keys_ = parked_events_ = dead_letters_ = 0;
    quiet_until_ = {};
    return kRest;
  }
  read(round);
  if (is_waiting(round.now)) {
    look_at_ = round.now + kRest;
    return kRest;
  }
  deliver(round, stop);
  judge_due(round);
  judge_line(round);
  if (!commit(round)) return Millis(0);
  note(round);
  if (round.put_off) return wait_out(round);
  if (round.any_accepted && std::exchange(put_offs_, 0) > 0)
    log(LogLevel::info, "the receiver of events is no longer busy", {{"stagedoor.sink", name_}});
  const bool has_more =
      round.rows.size() == window_ || !round.changes.unpark.empty() || !round.changes.bury.empty();
  // So that keys behind many refused ones are tried as well: if one of them is accepted, the others are
  // parked.
  if (round.any_accepted) window_ = options_.batch_max;
  else if (round.refusal) window_ = std::min(window_ * 2, std::max(options_.parked_max, options_.batch_max));
  if (round.is_full && !round.any_accepted && !stop.stop_requested())
    throw SinkUnavailable(fmt::format(
        "{} events are parked, which is the most; new events wait until some are accepted or given up{}",
        options_.parked_max, round.due.empty() ? "" : ": " + round.due.front().reason));
  if (round.refusal && !round.any_accepted) throw SinkUnavailable(*round.refusal);
  return has_more ? Millis(0) : kRest;
}

// Nothing is delivered until the receiver is ready, whoever wakes the relay.
Millis KeyedRelay::wait_out(const Round& round) {
  const Millis wait = wait_of(*round.put_off, ++put_offs_);
  if (put_offs_ == 1) {
    log(LogLevel::warn, "the receiver of events is busy; they wait",
        {{"stagedoor.sink", name_},
         {"stagedoor.wait_ms", wait.count()},
         {"error.message", round.put_off->reason}});
  }
  quiet_until_ = round.now + wait;
  look_at_ = {};
  return std::min(wait, kRest);
}

Millis KeyedRelay::wait_of(const Delivered& delivered, std::int64_t attempts) {
  const auto chance = static_cast<unsigned char>(random_(1).at(0));
  if (!delivered.wait) return retry_pause(attempts, chance);
  return std::clamp(*delivered.wait, kPauseMin, kPauseMax);
}

void KeyedRelay::begin(Round& round, OutboxId from) {
  round.from = round.next = from;
  round.now = clock_.now();
  if (from == position_) return;
  position_ = from;  // another relay has moved it, or an operator
  ahead_.clear();
}

void KeyedRelay::read(Round& round) {
  round.parked = outbox_->parked_keys(name_);
  std::size_t parked = 0;
  for (const auto& [key, events] : round.parked) parked += events;
  parked_keys_ = std::int64_t(round.parked.size());
  parked_events_ = std::int64_t(parked);
  if (round.now - counted_at_ >= kBetweenKeyCounts) {
    counted_at_ = round.now;
    dead_letters_ = std::int64_t(outbox_->backlog(name_, round.from).dead_letters);
  }
  if (parked > 0) {
    round.due = outbox_->due(name_, round.now, kDueMax);
    read_behind(round);
  }
  round.room = options_.parked_max - std::min(options_.parked_max, parked);
  round.is_full = round.room == 0;
  round.rows = outbox_->pending(round.from, window_);
  note_oldest(round.rows.empty() ? nullptr : &round.rows.front());
  note_lag(round.from, round.rows.size());
}

// The events behind those that are due, which are sent on as long as the sink accepts.
void KeyedRelay::read_behind(Round& round) {
  const std::size_t keys = round.due.size();
  if (keys * 2 > options_.batch_max) return;
  for (std::size_t i = 0; i < keys; ++i) {
    const OutboxRow& first = round.due[i].event;
    const auto behind = round.parked.find(first.key);
    if (behind == round.parked.end() || behind->second == 1) continue;
    auto rows = outbox_->parked(name_, first.key, first.id, options_.batch_max / keys - 1);
    std::move(rows.begin(), rows.end(), std::back_inserter(round.due));
  }
}

void KeyedRelay::deliver(Round& round, const std::stop_token& stop) {
  for (const auto& parked : round.due) round.offered.push_back(to_event(parked.event, source_));
  if (!round.is_full) {
    for (const auto& row : round.rows)
      if (!round.parked.contains(row.key) && !ahead_.contains(row.id))
        round.offered.push_back(to_event(row, source_));
  }
  // Keys that were just refused stand behind all others. Otherwise a sink that refuses the first keys would
  // never be found to accept later ones.
  const auto line = round.offered.begin() + std::ptrdiff_t(round.due.size());
  const auto is_first = [&](const OutboxEvent& event) { return !last_.contains(event.row.key); };
  if (std::none_of(line, round.offered.end(), is_first)) last_.clear();
  std::stable_partition(line, round.offered.end(), is_first);
  if (round.offered.empty()) return;

  round.results = sink_.deliver(round.offered, stop);
  ensure(round.results.size() == round.offered.size(), "a sink has a result for each event");
  round.now = clock_.now();
  for (std::size_t i = 0; i < round.results.size(); ++i) {
    const Delivered& delivered = round.results[i];
    if (delivered.result == Result::accepted) round.any_accepted = true;
    if (i < round.due.size()) continue;
    if (delivered.result == Result::put_off && (!round.put_off || round.put_off->wait < delivered.wait))
      round.put_off = &delivered;
    if (delivered.result != Result::refused) continue;
    if (!round.refusal) round.refusal = &delivered.reason;
    last_.insert(round.offered[i].row.key);
  }
  if (!round.any_accepted) return;
  accepted_at_ = round.now;
  last_.clear();
}

void KeyedRelay::judge_due(Round& round) {
  for (std::size_t i = 0; i < round.due.size(); ++i) {
    const Delivered& delivered = round.results[i];
    const OutboxId id = round.due[i].event.id;
    if (delivered.result == Result::not_tried) continue;
    if (delivered.result == Result::accepted) {
      round.changes.unpark.push_back(id);
      continue;
    }
    ParkedEvent event = not_accepted(std::move(round.due[i]), delivered, round.now);
    round.due[i].reason = event.reason;
    if (delivered.result == Result::put_off || !is_given_up(event, round.now)) {
      round.changes.retry.push_back(std::move(event));
      continue;
    }
    log(LogLevel::error, "an event was refused for too long; it is a dead letter now",
        {{"stagedoor.sink", name_},
         {"stagedoor.event_key", event.event.key},
         {"error.message", event.reason}});
    event.next_at = round.now;
    round.changes.bury.push_back(std::move(event));
  }
}

// The progress moves past rows that were accepted or are parked, and stops at the first other one.
void KeyedRelay::judge_line(Round& round) {
  std::map<std::string_view, const Delivered*> refused;  // keys that are parked now, and why
  for (std::size_t i = round.due.size(); i < round.results.size(); ++i) {
    const OutboxRow& row = round.offered[i].row;
    const Delivered& delivered = round.results[i];
    if (delivered.result == Result::accepted) ahead_.insert(row.id);
    const bool is_about_key =
        delivered.result == Result::put_off && row.id == first_.id && first_.rounds >= kPutOffsMax;
    if ((delivered.result == Result::refused || is_about_key) && round.any_accepted)
      refused.emplace(row.key, &delivered);
  }
  for (const auto& row : round.rows) {
    const auto reason = refused.find(row.key);
    if (!ahead_.contains(row.id)) {
      if (round.room == 0 || (reason == refused.end() && !round.parked.contains(row.key))) {
        round.oldest = &row;
        break;
      }
      --round.room;
      ParkedEvent event{
          .event = row, .attempts = 0, .parked_at = round.now, .next_at = round.now, .reason = {}};
      // The first one of a key is the one that was refused; the others wait behind it.
      if (reason != refused.end() && round.parked.emplace(row.key, 1).second) {
        log(LogLevel::warn, "an event was refused; its key is parked",
            {{"stagedoor.sink", name_},
             {"stagedoor.event_key", row.key},
             {"error.message", reason->second->reason}});
        event = not_accepted(std::move(event), *reason->second, round.now);
      }
      round.changes.park.push_back(std::move(event));
    }
    round.next = row.id;
  }
  const OutboxId first = round.oldest ? round.oldest->id : OutboxId{};
  if (first != first_.id) first_ = {first, 0};
  if (round.put_off && round.any_accepted) ++first_.rounds;
}

// A parked event after an attempt. One that was put off does not count, and is never given up for it.
ParkedEvent KeyedRelay::not_accepted(ParkedEvent event, const Delivered& delivered, TimePoint now) {
  event.reason = delivered.reason;
  event.next_at = now + wait_of(delivered, event.attempts + 1);
  if (delivered.result == Result::refused) ++event.attempts;
  return event;
}

// Not while the receiver is down: each event would be given up then after one attempt.
bool KeyedRelay::is_given_up(const ParkedEvent& event, TimePoint now) const {
  return now - event.parked_at >= options_.give_up_after && now - accepted_at_ <= kPauseMax &&
         dead_letters_ < std::int64_t(kDeadLettersMax);
}

bool KeyedRelay::commit(const Round& round) {
  if (round.next == round.from && round.changes.empty()) return true;
  const bool is_moved = round.changes.empty() ? outbox_->advance(name_, round.from, round.next)
                                              : outbox_->park(name_, round.from, round.next, round.changes);
  if (!is_moved) {
    log(LogLevel::warn, "another relay has delivered to this sink; some events may be duplicates",
        {{"stagedoor.sink", name_}});
    return false;
  }
  position_ = round.next;
  ahead_.erase(ahead_.begin(), ahead_.upper_bound(position_));
  note_accepted(position_);
  return true;
}

void KeyedRelay::note(const Round& round) {
  note_oldest(round.oldest);
  dead_letters_ += std::int64_t(round.changes.bury.size());
}

}  // namespace stagedoor::events
