// The clock of one instance: it never goes back, and is never behind a batch that the instance has applied.
// So signs of life, admissions and the lane compare times of one clock, also if a batch of another instance,
// or the store at start, is ahead of the source.
#pragma once

#include <algorithm>
#include <atomic>

#include "engine/lane.h"
#include "ports/clock.h"

namespace stagedoor {

// An observer, to be added before all others: they read the clock.
class MonotoneClock final : public Clock, public CommitObserver {
 public:
  // The source must outlive it.
  MonotoneClock(const Clock& source, TimePoint at_least) : source_(source), newest_(to_ms(at_least)) {}

  TimePoint now() const override { return from_ms(raise(to_ms(source_.now()))); }  // any thread

  void on_commit(const Batch& batch) override { raise(to_ms(batch.now)); }

 private:
  std::int64_t raise(std::int64_t ms) const {
    std::int64_t newest = newest_.load(std::memory_order_relaxed);
    while (newest < ms && !newest_.compare_exchange_weak(newest, ms, std::memory_order_relaxed)) {
    }
    return std::max(newest, ms);
  }

  const Clock& source_;
  mutable std::atomic<std::int64_t> newest_;
};

}  // namespace stagedoor
