// The system's clock, or the clock that all instances of a store use.
#pragma once

#include <functional>

#include "ports/clock.h"

namespace stagedoor::system {

class SystemClock : public Clock {
 public:
  // `offset`: how far the common clock is ahead of the steady one; empty: uses the system's time. Any thread.
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
