// When the arrivals of an open model are due: evenly at a rate from a start on, whatever the server does.
// Latency is measured from these instants, not from when a busy sender got round to it.
#pragma once

#include <cmath>
#include <cstdint>

#include "crowd/client.h"

namespace stagedoor::crowd {

class Schedule {
 public:
  // `per_second` 0: all are due at the start.
  Schedule(Clock::time_point start, double per_second) : start_(start), per_second_(per_second) {}

  // When arrival number `index` (from 0) is due. Computed from the start each time, so that errors do not add
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
