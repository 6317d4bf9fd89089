// The commands that wait for the lane, in one queue per class. The lane's thread sleeps here until commands
// arrive.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <vector>

#include "core/guarded.h"
#include "engine/command.h"

namespace stagedoor {

class BatchQueue {
 public:
  using Commands = std::vector<std::unique_ptr<Command>>;

  // `max`: commands that may wait, by LaneClass.
  explicit BatchQueue(std::array<std::size_t, kLaneClasses> max) : max_(max) {}

  // Any thread. Returns nullptr, or the command when its class is full or the queue is closed.
  std::unique_ptr<Command> push(std::unique_ptr<Command> command);
  // Ends the current or next sleep of the lane's thread. Any thread.
  void wake();
  // Accepts no more commands and ends the sleep. Any thread.
  void close();
  // Number of waiting commands. Any thread.
  std::size_t size(LaneClass lane_class) const;

  // Lane thread from here on.
  bool empty() const;
  // Takes up to `max` commands: first a share of each class, then the remaining ones in the order of the
  // classes.
  Commands take(std::size_t max);
  // Sleeps until a command waits, wake(), close() or `until`. Returns false if the queue is closed and empty.
  bool sleep(std::chrono::steady_clock::time_point until);

 private:
  bool is_empty() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::array<std::size_t, kLaneClasses> max_;
  mutable Mutex mutex_;
  std::condition_variable changed_;
  std::array<std::deque<std::unique_ptr<Command>>, kLaneClasses> waiting_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  bool asleep_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace stagedoor
