// The due times of an open model: a constant rate from a start on, independent of the server. Latency is
// measured from these times, not from the actual send time of a busy sender.
#pragma once

#include <cmath>
#include <cstdint>

#include "crowd/client.h"

namespace stagedoor::crowd {

class Schedule {
 public:
  // `per_second` 0: all are due at the start.
  Schedule(Clock::time_point start, double per_second) : start_(start), per_second_(per_second) {}

  // The due time of arrival number `index` (from 0). Computed from the start each time, so errors do not add
  // up.
  Clock::time_point due(std::uint64_t index) const {
    if (per_second_ <= 0) return start_;
    return start_ + std::chrono::nanoseconds(std::llround(static_cast<double>(index) * 1e9 / per_second_));
  }

 private:
  Clock::time_point start_;
  double per_second_;
};

}  // namespace stagedoor::crowd
