#include "modules/events/relay.h"

#include <algorithm>
#include <vector>

#include "core/ensure.h"
#include "core/log.h"
#include "modules/events/envelope.h"

namespace stagedoor::events {
namespace {

constexpr Millis kBetweenCounts{10'000};

}  // namespace

Millis Relay::run_once(const std::stop_token& stop) {
  const auto [is_ours, from] = begin_round();
  std::vector<OutboxRow> rows;
  if (is_ours) rows = outbox_->pending(from, batch_max_);
  note_oldest(rows.empty() ? nullptr : &rows.front());
  note_lag(from, rows.size());
  if (rows.empty()) return kRest;

  const bool is_full = rows.size() == batch_max_;
  std::vector<OutboxEvent> events;
  events.reserve(rows.size());
  for (auto& row : rows) events.push_back(to_event(std::move(row), source_));
  const std::size_t count = sink_.accept(events, stop);
  if (count == 0) return Millis(0);  // a stop was requested
  ensure(count <= events.size(), "a sink accepts no more than it was given");

  const OutboxId next = events[count - 1].row.id;
  if (!outbox_->advance(name_, from, next)) {
    log(LogLevel::warn, "another relay has delivered to this sink; some events may be duplicates",
        {{"stagedoor.sink", name_}});
    return Millis(0);
  }
  note_accepted(next);
  note_oldest(count < events.size() ? &events[count].row : nullptr);
  lag_.store(lag() - std::min(lag(), count), std::memory_order_relaxed);
  return is_full ? Millis(0) : kRest;
}

Relay::Beginning Relay::begin_round() {
  if (source_.empty()) source_ = source_of(outbox_->store_id());
  const bool is_ours = outbox_->claim(name_);
  is_delivering_.store(is_ours, std::memory_order_relaxed);
  const OutboxId from = outbox_->progress(name_);
  note_accepted(from);
  has_progress_.store(true, std::memory_order_release);
  return {is_ours, from};
}

std::optional<TimePoint> Relay::oldest_unaccepted() const {
  const std::int64_t ms = oldest_ms_.load(std::memory_order_relaxed);
  return ms == 0 ? std::nullopt : std::optional(from_ms(ms));
}

void Relay::note_lag(OutboxId from, std::size_t rows) {
  if (rows < batch_max_) return lag_.store(rows, std::memory_order_relaxed);
  const auto now = std::chrono::steady_clock::now();
  if (now < counts_at_) return;
  counts_at_ = now + kBetweenCounts;
  lag_.store(outbox_->backlog(name_, from).behind, std::memory_order_relaxed);
}

void Relay::note_oldest(const OutboxRow* row) {
  oldest_ms_.store(row ? to_ms(row->created_at) : 0, std::memory_order_relaxed);
}

}  // namespace stagedoor::events
