// Follows the batches that other instances commit to the same store, and measures how stale this instance is.
#pragma once

#include <absl/functional/any_invocable.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <optional>

#include "core/guarded.h"
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

  // Called on the lane thread; with false if the store could not be reached.
  using Synced = absl::AnyInvocable<void(bool)>;
  // `then` is called by the first poll() that begins after this call: then everything that was committed
  // before it has been received. Returns false, and drops `then`, if too many wait. Requires has_others().
  bool await(Synced then);
  // Calls all that wait with false, and takes no more.
  void close();

  // Lane thread from here on.
  // Receives batches if the last call was poll_interval ago, or if somebody waits for it. Logs the begin and
  // the end of an outage. Returns true if it called some that waited.
  bool poll();
  // Records that everything committed before `since` has been received.
  void mark_fresh(SteadyClock::time_point since);
  // Maximum interval between calls of poll(); nullopt without other instances.
  std::optional<Millis> poll_interval() const { return poll_interval_; }

 private:
  struct Waiting {
    SteadyClock::time_point since;
    Synced then;
  };
  struct WaitingList {
    std::deque<Waiting> all;  // oldest first
    bool is_closed = false;
  };
  static constexpr std::size_t kWaitingMax = 20'000;
  static constexpr std::size_t kCalledAtOnce = 256;  // the lane's commands wait meanwhile

  // Calls up to `max` that have waited since `until` or longer. Returns their number.
  std::size_t call_waiting(SteadyClock::time_point until, std::size_t max, bool is_synced);

  PeerFeed* const peers_;
  const std::optional<Millis> poll_interval_;
  const std::function<void()> on_reconnect_;
  SteadyClock::time_point poll_at_{};
  bool is_cut_off_ = false;  // the last poll failed, which is logged
  std::atomic<SteadyClock::time_point> fresh_at_;
  Guarded<WaitingList> waiting_;
};

}  // namespace stagedoor
