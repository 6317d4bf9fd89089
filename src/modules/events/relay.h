// Delivers the events of a store to one sink, in commit order: reads the outbox, passes the events to the
// sink, and after acceptance moves the sink's progress (R-E1). Delivery is at least once: an event whose
// acceptance was not recorded, after a crash or a lost lease, is delivered again. So the order per key is
// guaranteed after duplicates are dropped by (key, version).
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "ports/event_sink.h"
#include "ports/outbox.h"

namespace stagedoor::events {

class Relay {
 public:
  // The sink must outlive the relay.
  Relay(std::string name, EventSink& sink, std::unique_ptr<Outbox> outbox, std::size_t batch_max = 500)
      : name_(std::move(name)), sink_(sink), outbox_(std::move(outbox)), batch_max_(batch_max) {}

  // Delivers one batch and returns the pause until the next call (engine/worker.h). Throws SinkUnavailable
  // and the exceptions of store_errors.h.
  Millis run_once(const std::stop_token& stop);

  const std::string& name() const { return name_; }
  // The last row known to be accepted by this sink, even if another instance delivers. Any thread.
  OutboxId accepted() const { return {accepted_.load(std::memory_order_acquire)}; }
  bool has_progress() const { return has_progress_.load(std::memory_order_acquire); }  // it was read
  // The time of the oldest row that the sink has not accepted; nullopt if there is none or another instance
  // delivers. Any thread.
  std::optional<TimePoint> oldest_unaccepted() const;
  // How many rows the sink has not accepted, up to a million, counted at most every 10 s while there is more
  // than a batch; 0 if another instance delivers. Any thread.
  std::size_t lag() const { return lag_.load(std::memory_order_relaxed); }

 private:
  void note_oldest(const OutboxRow* row);
  void note_lag(OutboxId from, std::size_t rows);

  const std::string name_;
  EventSink& sink_;
  const std::unique_ptr<Outbox> outbox_;
  const std::size_t batch_max_;
  std::atomic<std::int64_t> accepted_{0};
  std::atomic<bool> has_progress_{false};
  std::atomic<std::int64_t> oldest_ms_{0};  // 0: none
  std::atomic<std::size_t> lag_{0};
  std::chrono::steady_clock::time_point counts_at_{};  // not earlier
  std::string source_;                                 // of the events; "": not read yet
};

}  // namespace stagedoor::events
