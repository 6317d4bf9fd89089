// Removes expired rows, a few at a time, between batches: idempotent answers after 24 h (R-X5); events after
// every sink has accepted them (R-E1), or, without sinks, after a week. Says when an event waits too long.
#pragma once

#include <atomic>
#include <functional>
#include <optional>

#include "engine/lane.h"

namespace stagedoor {

// How far the sinks are.
struct EventDelivery {
  OutboxId accepted{};                // the newest event that every sink has accepted
  std::optional<TimePoint> oldest{};  // of an event that a sink has not; as far as this instance delivers
};

struct EventRetention {
  // nullopt: not known yet. Empty: there are no sinks.
  std::function<std::optional<EventDelivery>()> delivery = {};
  Millis keep{};        // age of an event that raises an alarm
  Millis drop_after{};  // age at which it is removed, accepted or not; 0: never
};

class Housekeeping : public Job {
 public:
  Housekeeping(Retention& retention, EventRetention events)
      : retention_(retention), events_(std::move(events)) {}

  TimePoint next_due(TimePoint) const override { return due_; }
  void collect(TimePoint now, std::vector<std::unique_ptr<Command>>&) override;

  // Events that were removed before every sink had accepted them. Any thread.
  std::uint64_t dropped_events() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  RetentionLimits limits(TimePoint now);
  void note_age(const std::optional<TimePoint>& oldest, TimePoint now);
  void count_dropped(std::size_t events, bool is_last);

  Retention& retention_;
  const EventRetention events_;
  TimePoint due_{};
  bool is_overdue_ = false;
  std::size_t dropped_unlogged_ = 0;
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace stagedoor
