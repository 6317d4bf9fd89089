// The clocks of this machine.
#pragma once

#include <fstream>
#include <string>

#include "core/boot_time.h"
#include "ports/clock.h"

namespace stagedoor::system {

// The wall clock, which can be set. Any thread.
class SystemClock : public Clock {
 public:
  TimePoint now() const override { return to_time(wall_time()); }
};

inline ServiceTime::Reading read_clocks() { return {boot_time(), wall_time()}; }

// Tells one boot of a machine from every other one: the first 60 bits of Linux's boot id. 0: not known.
inline std::int64_t boot_id() {
  std::string text;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> text;
  std::erase(text, '-');
  return text.size() < 15 ? 0 : std::stoll(text.substr(0, 15), nullptr, 16);
}

}  // namespace stagedoor::system
