// The commands that wait for the lane, in one queue per class. The lane's thread sleeps here until commands
// arrive.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "core/guarded.h"
#include "engine/command.h"

namespace stagedoor {

class BatchQueue {
 public:
  using Commands = std::vector<std::unique_ptr<Command>>;
  using Clock = std::chrono::steady_clock;
  using WaitMax = std::array<Millis, kLaneClasses>;

  // `max`: commands that may wait, by LaneClass; `wait_max`: see take(), 0: any time.
  explicit BatchQueue(std::array<std::size_t, kLaneClasses> max, WaitMax wait_max = {})
      : max_(max), wait_max_(wait_max) {}

  // Any thread. Returns nullptr, or the command when its class is full or the queue is closed.
  std::unique_ptr<Command> push(std::unique_ptr<Command> command, Clock::time_point now);
  // Ends the current or next sleep of the lane's thread. Any thread.
  void wake();
  // Accepts no more commands and ends the sleep. Any thread.
  void close();
  // Number of waiting commands. Any thread.
  std::size_t size(LaneClass lane_class) const;

  // Lane thread from here on.
  bool empty() const;
  // Takes up to `max` commands: first a share of each class, then the remaining ones in the order of the
  // classes. Puts into `late` those that have waited longer than their class may (R-A4), but only of a class
  // that is overloaded: no take() has emptied it for kBacklogMin, and it has not been calm for kCalmMin since
  // (nobody waited longer than half of what they may). So neither a pause of the store nor 10,000 people who
  // press a button at once (R-S5) are refused.
  Commands take(std::size_t max, Clock::time_point now, Commands& late);
  static constexpr Millis kBacklogMin{500};
  static constexpr Millis kCalmMin{1000};
  // Sleeps until a command waits, wake(), close() or `until`. Returns false if the queue is closed and empty.
  bool sleep(std::chrono::steady_clock::time_point until);

 private:
  bool is_empty() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  struct Waiting {
    std::unique_ptr<Command> command;
    Clock::time_point since;
  };
  struct Class {
    std::deque<Waiting> waiting;
    std::optional<Clock::time_point> backlog_since;  // the last take() that emptied it came before
    bool is_overloaded = false;
    Clock::time_point long_wait_at;  // while overloaded
  };
  void drop_late(Class& of, Millis wait_max, Clock::time_point now, Commands& late)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::array<std::size_t, kLaneClasses> max_;
  const WaitMax wait_max_;
  mutable Mutex mutex_;
  std::condition_variable changed_;
  std::array<Class, kLaneClasses> classes_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  bool asleep_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace stagedoor
