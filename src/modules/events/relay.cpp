#include "modules/events/relay.h"

#include <vector>

#include "core/ensure.h"
#include "core/log.h"
#include "modules/events/envelope.h"

namespace stagedoor::events {

Millis Relay::run_once(const std::stop_token& stop) {
  const bool is_ours = outbox_->claim(name_);
  is_delivering_.store(is_ours, std::memory_order_relaxed);
  const OutboxId from = outbox_->progress(name_);
  note_accepted(from);
  std::vector<OutboxRow> rows;
  if (is_ours) rows = outbox_->pending(from, batch_max_);
  note_oldest(rows.empty() ? nullptr : &rows.front());
  if (rows.empty()) return kRest;

  const bool is_full = rows.size() == batch_max_;
  std::vector<OutboxEvent> events;
  events.reserve(rows.size());
  for (auto& row : rows) events.push_back(to_event(std::move(row)));
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
  return is_full ? Millis(0) : kRest;
}

std::optional<TimePoint> Relay::oldest_unaccepted() const {
  const std::int64_t ms = oldest_ms_.load(std::memory_order_relaxed);
  return ms == 0 ? std::nullopt : std::optional(from_ms(ms));
}

void Relay::note_oldest(const OutboxRow* row) {
  oldest_ms_.store(row ? to_ms(row->created_at) : 0, std::memory_order_relaxed);
}

}  // namespace stagedoor::events
