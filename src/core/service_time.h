// Service time: the time by which an instance decides. It is a clock that nobody sets plus an offset, so a
// wall clock that is set does not move it: the difference is taken over slowly, or when an operator says so
// (R-A7, decision 0017).
//
//   several instances: the clock is the database's and the offset is the correction that all share. Then the
//   wall clock and the clock are the same, and the offset to reach is 0.
//
// Pure arithmetic: no clock, no threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "core/time.h"

namespace stagedoor {

using Micros = std::chrono::duration<std::int64_t, std::micro>;

inline TimePoint to_time(Micros since_1970) { return TimePoint(std::chrono::floor<Millis>(since_1970)); }
inline Micros to_micros(TimePoint at) { return at.time_since_epoch(); }

// How the offset changes with the clock.
struct ClockCourse {
  static constexpr std::int64_t kHold = 0;
  static constexpr std::int64_t kSlew = 1;          // 1 part in 100
  static constexpr std::int64_t kStandStill = 100;  // with an offset that falls: service time does not move

  Micros since{};  // the clock when the offset was `from`
  Micros from{};
  Micros to{};                   // the offset to reach
  std::int64_t percent = kHold;  // speed of the offset, in percent of the clock's

  Micros offset(Micros clock) const;
  bool operator==(const ClockCourse&) const = default;
};

class ServiceTime {
 public:
  static constexpr Micros kSlewMax = std::chrono::seconds(5);  // a larger difference is an alarm
  static constexpr Micros kAlarmLasts =
      std::chrono::seconds(60);  // before it is taken over without an operator

  // Both clocks at one moment; the wall clock since 1970.
  struct Reading {
    Micros clock;
    Micros wall;
  };
  // True if nothing is for sale between two times, in either order: service time may pass over them.
  using IsQuiet = std::function<bool(TimePoint, TimePoint)>;

  explicit ServiceTime(const ClockCourse& course) : course_(course) {}

  const ClockCourse& course() const { return course_; }
  Micros at(Micros clock) const { return clock + course_.offset(clock); }
  // How far the wall clock is ahead of service time.
  Micros difference(const Reading& now) const { return now.wall - at(now.clock); }
  static bool is_alarm(Micros difference) { return std::chrono::abs(difference) > kSlewMax; }

  // Compares service time with the wall clock and changes the course if necessary. At least every 10 s.
  void compare(const Reading& now, const IsQuiet& is_quiet);
  // The wall clock is right: forwards in one step, backwards by standing still.
  void accept(const Reading& now);
  // The clock, which showed `before`, was set by `by`. Service time goes on.
  void clock_was_set(Micros before, Micros by);
  // Service time is at least `moment` now. Call compare() then.
  void raise(Micros clock, Micros moment);

 private:
  ClockCourse course_;
};

// What a store keeps of service time, so that the next process can carry on.
struct KeptClock {
  std::int64_t boot_id = 0;  // of the machine's boot in which `offset` was kept; 0: none
  Micros offset{};           // service time - boot-time clock
};

// The course with which a process starts whose clock is the boot-time clock: in the same boot service time
// carries on; otherwise it begins at the later of the wall clock and the store's last moment. nullopt: the
// last moment is more than an hour ahead of the wall clock, and `accepts_ahead` is false.
struct ClockStart {
  ServiceTime::Reading now;
  std::int64_t boot_id = 0;
  KeptClock kept;
  TimePoint last_moment;
  bool accepts_ahead = false;
};
inline constexpr Micros kAheadMax = std::chrono::hours(1);
std::optional<ClockCourse> first_course(const ClockStart& start);

}  // namespace stagedoor
