#include "engine/batch_queue.h"

#include <algorithm>
#include <utility>

namespace stagedoor {
namespace {

// Shares of a full batch, in sixteenths: payment, hold, wallet, join, operation.
constexpr std::array<std::size_t, kLaneClasses> kShares = {5, 4, 3, 3, 1};

}  // namespace

std::unique_ptr<Command> BatchQueue::push(std::unique_ptr<Command> command) {
  const auto lane_class = static_cast<std::size_t>(command->lane_class());
  bool was_asleep = false;
  {
    const MutexLock lock(mutex_);
    auto& queue = waiting_[lane_class];
    if (closed_ || queue.size() >= max_[lane_class]) return command;
    queue.push_back(std::move(command));
    was_asleep = std::exchange(asleep_, false);
  }
  if (was_asleep) changed_.notify_one();
  return nullptr;
}

void BatchQueue::wake() {
  {
    const MutexLock lock(mutex_);
    woken_ = true;
  }
  changed_.notify_one();
}

void BatchQueue::close() {
  {
    const MutexLock lock(mutex_);
    closed_ = true;
  }
  changed_.notify_one();
}

std::size_t BatchQueue::size(LaneClass lane_class) const {
  const MutexLock lock(mutex_);
  return waiting_[static_cast<std::size_t>(lane_class)].size();
}

bool BatchQueue::empty() const {
  const MutexLock lock(mutex_);
  return is_empty();
}

bool BatchQueue::is_empty() const {
  return std::all_of(waiting_.begin(), waiting_.end(), [](const auto& queue) { return queue.empty(); });
}

BatchQueue::Commands BatchQueue::take(std::size_t max) {
  const MutexLock lock(mutex_);
  Commands taken;
  const auto take_from = [&](auto& queue, std::size_t count) {
    for (; count > 0 && !queue.empty() && taken.size() < max; --count) {
      taken.push_back(std::move(queue.front()));
      queue.pop_front();
    }
  };
  for (std::size_t i = 0; i < kLaneClasses; ++i)
    take_from(waiting_[i], std::max<std::size_t>(1, max * kShares[i] / 16));
  for (auto& queue : waiting_) take_from(queue, max);
  return taken;
}

bool BatchQueue::sleep(std::chrono::steady_clock::time_point until) {
  MutexLock lock(mutex_);
  if (!is_empty()) return true;
  if (closed_) return false;
  asleep_ = true;
  while (asleep_ && !woken_ && !closed_ && lock.wait_until(changed_, until)) {
  }
  asleep_ = woken_ = false;
  return true;
}

}  // namespace stagedoor
