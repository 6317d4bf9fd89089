#include "engine/batch_queue.h"

#include <algorithm>
#include <utility>

#include "engine/gathering.h"

namespace stagedoor {
namespace {

// Shares of a full batch, in sixteenths: payment, hold, wallet, join, operation.
constexpr std::array<std::size_t, kLaneClasses> kShares = {5, 4, 3, 3, 1};

}  // namespace

std::unique_ptr<Command> BatchQueue::push(std::unique_ptr<Command> command, Clock::time_point now) {
  const auto lane_class = static_cast<std::size_t>(command->lane_class());
  bool was_asleep = false;
  {
    const MutexLock lock(mutex_);
    auto& queue = classes_[lane_class].waiting;
    if (closed_ || queue.size() >= max_[lane_class]) return command;
    queue.push_back({std::move(command), now});
    Gathering* const gathering = Gathering::current();
    if (gathering && asleep_) gathering->wake_at_end(*this);
    else was_asleep = std::exchange(asleep_, false);
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
  return classes_[static_cast<std::size_t>(lane_class)].waiting.size();
}

bool BatchQueue::empty() const {
  const MutexLock lock(mutex_);
  return is_empty();
}

bool BatchQueue::is_empty() const {
  return std::all_of(classes_.begin(), classes_.end(), [](const auto& one) { return one.waiting.empty(); });
}

void BatchQueue::drop_late(Class& of, Millis wait_max, Clock::time_point now, Commands& late) {
  if (wait_max == Millis(0)) return;
  const auto wait = of.waiting.empty() ? Clock::duration(0) : now - of.waiting.front().since;
  if (of.backlog_since && now - *of.backlog_since >= kBacklogMin) of.is_overloaded = true;
  if (wait > wait_max / 2) of.long_wait_at = now;
  else if (now - of.long_wait_at >= kCalmMin) of.is_overloaded = false;
  if (!of.is_overloaded) return;
  while (!of.waiting.empty() && now - of.waiting.front().since > wait_max) {
    late.push_back(std::move(of.waiting.front().command));
    of.waiting.pop_front();
  }
}

BatchQueue::Commands BatchQueue::take(std::size_t max, Clock::time_point now, Commands& late) {
  const MutexLock lock(mutex_);
  Commands taken;
  const auto take_from = [&](auto& queue, std::size_t count) {
    for (; count > 0 && !queue.empty() && taken.size() < max; --count) {
      taken.push_back(std::move(queue.front().command));
      queue.pop_front();
    }
  };
  for (std::size_t i = 0; i < kLaneClasses; ++i) drop_late(classes_[i], wait_max_[i], now, late);
  for (std::size_t i = 0; i < kLaneClasses; ++i)
    take_from(classes_[i].waiting, std::max<std::size_t>(1, max * kShares[i] / 16));
  for (auto& one : classes_) {
    take_from(one.waiting, max);
    if (one.waiting.empty()) one.backlog_since.reset();
    else if (!one.backlog_since) one.backlog_since = now;
  }
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
