// The system's clock.
#pragma once

#include "ports/clock.h"

namespace stagedoor {

class SystemClock : public Clock {
 public:
  TimePoint now() const override { return std::chrono::floor<Millis>(std::chrono::system_clock::now()); }
};

}  // namespace stagedoor
