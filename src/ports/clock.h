// The current time. The product reads the system's clock; tests and the simulator set the time themselves.
#pragma once

#include "core/time.h"

namespace stagedoor {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;  // any thread
};

}  // namespace stagedoor
