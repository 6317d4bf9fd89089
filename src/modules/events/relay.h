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
      : name_(std::move(name)), outbox_(std::move(outbox)), batch_max_(batch_max), sink_(sink) {}
  virtual ~Relay() = default;

  // Delivers one batch and returns the pause until the next call (engine/worker.h). Throws SinkUnavailable
  // and the exceptions of store_errors.h.
  virtual Millis run_once(const std::stop_token& stop);

  const std::string& name() const { return name_; }
  // False if another instance had the lease at the latest call of run_once(). Any thread.
  bool is_delivering() const { return is_delivering_.load(std::memory_order_relaxed); }
  // The last row known to be accepted by this sink, even if another instance delivers. Any thread.
  OutboxId accepted() const { return {accepted_.load(std::memory_order_acquire)}; }
  bool has_progress() const { return has_progress_.load(std::memory_order_acquire); }  // it was read
  // The time of the oldest row that the sink has not accepted; nullopt if there is none or another instance
  // delivers. Any thread.
  std::optional<TimePoint> oldest_unaccepted() const;
  // How many rows the sink has not accepted, up to a million, counted at most every 10 s while there is more
  // than a batch; 0 if another instance delivers. Any thread.
  std::size_t lag() const { return lag_.load(std::memory_order_relaxed); }

 protected:
  // The poll interval for rows that nobody has announced, and for the lease.
  static constexpr Millis kRest{500};

  // Takes the lease and reads the progress.
  struct Beginning {
    bool is_ours = false;
    OutboxId from{};
  };
  Beginning begin_round();
  void note_accepted(OutboxId id) { accepted_.store(id.value, std::memory_order_release); }
  void note_oldest(const OutboxRow* row);
  void note_lag(OutboxId from, std::size_t rows);

  const std::string name_;
  const std::unique_ptr<Outbox> outbox_;
  const std::size_t batch_max_;
  std::string source_;  // of the events; "": not read yet

 private:
  EventSink& sink_;
  std::atomic<bool> is_delivering_{false};
  std::atomic<std::int64_t> accepted_{0};
  std::atomic<bool> has_progress_{false};
  std::atomic<std::int64_t> oldest_ms_{0};  // 0: none
  std::atomic<std::size_t> lag_{0};
  std::chrono::steady_clock::time_point counts_at_{};  // not earlier
};

}  // namespace stagedoor::events
