// A clock whose hands a test turns. Any thread.
#pragma once

#include <atomic>

#include "ports/clock.h"

namespace stagedoor::test {

class ManualClock : public Clock {
 public:
  explicit ManualClock(TimePoint start) : ms_(to_ms(start)) {}
  TimePoint now() const override { return from_ms(ms_.load()); }
  void set(TimePoint at) { ms_ = to_ms(at); }
  void advance(Millis by) { ms_ += by.count(); }

 private:
  std::atomic<std::int64_t> ms_;
};

}  // namespace stagedoor::test
