// Follows the batches that other instances commit to the same store, and measures how stale this instance is.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>

#include "core/time.h"
#include "ports/peer_feed.h"

namespace stagedoor {

class PeerSync {
 public:
  using SteadyClock = std::chrono::steady_clock;

  // An instance that was stale for this time has missed signs of life.
  static constexpr Millis kAway{5000};

  // `peers` is null if only this process writes the store; then the instance is never stale. `on_batch` is
  // called once per batch of another instance, in commit order; `on_reconnect` is called when the store is
  // available again after kAway or longer. Both are called on the lane thread, within poll() and
  // Store::begin(), and must not throw.
  PeerSync(PeerFeed* peers, PeerFeed::OnBatch on_batch, std::function<void()> on_reconnect);

  // Any thread.
  bool has_others() const { return peers_ != nullptr; }
  bool is_fresh(Millis age) const { return !has_others() || behind() <= age; }
  // Upper bound of how stale the instance is.
  std::chrono::nanoseconds behind() const {
    return SteadyClock::now() - fresh_at_.load(std::memory_order_acquire);
  }

  // Lane thread from here on.
  // Receives batches if the last call was poll_interval ago. Logs the begin and the end of an outage.
  void poll();
  // Records that everything committed before `since` has been received.
  void mark_fresh(SteadyClock::time_point since);
  // Maximum interval between calls of poll(); nullopt without other instances.
  std::optional<Millis> poll_interval() const { return poll_interval_; }

 private:
  PeerFeed* const peers_;
  const std::optional<Millis> poll_interval_;
  const std::function<void()> on_reconnect_;
  SteadyClock::time_point poll_at_{};
  bool is_cut_off_ = false;  // the last poll failed, which is logged
  std::atomic<SteadyClock::time_point> fresh_at_;
};

}  // namespace stagedoor
