// The boot-time clock of this machine: nobody sets it, and unlike std::chrono::steady_clock it counts the
// time in which the machine was suspended.
#pragma once

#include <time.h>

#include "core/service_time.h"

namespace stagedoor {

inline Micros boot_time() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::seconds(now.tv_sec) +
         std::chrono::duration_cast<Micros>(std::chrono::nanoseconds(now.tv_nsec));
}

inline Micros wall_time() {
  return std::chrono::floor<Micros>(std::chrono::system_clock::now().time_since_epoch());
}

}  // namespace stagedoor
