// The current time. The product reads service time (core/service_time.h); tests and the simulator set the
// time themselves.
#pragma once

#include <functional>
#include <stdexcept>

#include "core/time.h"

namespace stagedoor {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;  // any thread
};

// A start is refused because the store's last moment is more than an hour ahead of the wall clock.
struct ClockRefused : std::runtime_error {
  ClockRefused(TimePoint last_moment, TimePoint wall)
      : std::runtime_error("the wall clock shows " + to_rfc3339(wall) +
                           ", but the last moment in the store is " + to_rfc3339(last_moment) +
                           ", more than an hour later. Set the wall clock and start again. If the clock was "
                           "ahead when the store was written, start with --accept-clock: time then goes on "
                           "from the last moment of the store.") {}
};

struct ClockStatus {
  TimePoint service;
  TimePoint wall;  // of this machine; with several instances the database's
  bool is_alarm = false;
  Millis difference() const { return wall - service; }
};

// A clock that goes on when the wall clock is set, and takes the difference over by rules (R-A7). Any thread.
class ServiceTimeClock : public Clock {
 public:
  using IsQuiet = std::function<bool(TimePoint, TimePoint)>;

  virtual ClockStatus status() const = 0;
  // Compares with the wall clock; every second. `is_quiet`: nothing is for sale between two times.
  virtual void compare(const IsQuiet& is_quiet) = 0;
  // An operator says that the wall clock is right. With several instances it takes effect within a second.
  virtual void accept() = 0;
};

}  // namespace stagedoor
