// The system's clock, or the one that all instances of a store go by.
#pragma once

#include <functional>

#include "ports/clock.h"

namespace stagedoor::system {

class SystemClock : public Clock {
 public:
  // `offset` (may be empty: the system's time): how far the clock to go by is ahead of the steady one. Any
  // thread.
  explicit SystemClock(std::function<Millis()> offset = {}) : offset_(std::move(offset)) {}
  TimePoint now() const override {
    if (!offset_) return std::chrono::floor<Millis>(std::chrono::system_clock::now());
    const auto steady = std::chrono::steady_clock::now().time_since_epoch();
    return TimePoint(std::chrono::floor<Millis>(steady) + offset_());
  }

 private:
  std::function<Millis()> offset_;
};

}  // namespace stagedoor::system
