// The system's clock, or the one that all instances of a store go by.
#pragma once

#include <functional>

#include "ports/clock.h"

namespace stagedoor {

class SystemClock : public Clock {
 public:
  // `offset` (may be empty): how far the clock to go by is ahead of the system's. Any thread.
  explicit SystemClock(std::function<Millis()> offset = {}) : offset_(std::move(offset)) {}
  TimePoint now() const override {
    const auto now = std::chrono::floor<Millis>(std::chrono::system_clock::now());
    return offset_ ? now + offset_() : now;
  }

 private:
  std::function<Millis()> offset_;
};

}  // namespace stagedoor
