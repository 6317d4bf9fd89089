// What time it is. The product asks the system; tests and the simulator turn the hands themselves.
#pragma once

#include "core/time.h"

namespace stagedoor {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;  // any thread
};

}  // namespace stagedoor
