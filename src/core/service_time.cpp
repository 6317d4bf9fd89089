#include "core/service_time.h"

#include <algorithm>

namespace stagedoor {

Micros ClockCourse::offset(Micros clock) const {
  const Micros elapsed = std::max(clock - since, Micros(0));
  const Micros moved = std::min(std::chrono::abs(to - from), elapsed * percent / 100);
  return from < to ? from + moved : from - moved;
}

void ServiceTime::compare(const Reading& now, const IsQuiet& is_quiet) {
  const Micros target = now.wall - now.clock;
  const Micros difference = this->difference(now);
  const bool is_same_wall_clock = std::chrono::abs(target - course_.to) <= kSlewMax;
  std::int64_t percent = ClockCourse::kHold;
  if (course_.percent == ClockCourse::kStandStill && is_same_wall_clock && difference < Micros(0)) {
    percent = ClockCourse::kStandStill;
  } else if (!is_alarm(difference)) {
    percent = ClockCourse::kSlew;
  } else if (course_.percent == ClockCourse::kHold && is_same_wall_clock) {  // the alarm goes on
    const bool has_lasted = now.clock - course_.since >= kAlarmLasts;
    if (has_lasted && is_quiet(to_time(at(now.clock)), to_time(now.wall))) accept(now);
    return;
  }
  if (percent == course_.percent && target == course_.to) return;
  course_ = {.since = now.clock, .from = course_.offset(now.clock), .to = target, .percent = percent};
}

void ServiceTime::accept(const Reading& now) {
  const Micros target = now.wall - now.clock;
  const bool is_ahead = difference(now) < Micros(0);
  course_ = {.since = now.clock,
             .from = is_ahead ? course_.offset(now.clock) : target,
             .to = target,
             .percent = is_ahead ? ClockCourse::kStandStill : ClockCourse::kSlew};
}

void ServiceTime::clock_was_set(Micros before, Micros by) {
  course_ = {.since = before + by,
             .from = course_.offset(before) - by,
             .to = course_.to,
             .percent = ClockCourse::kSlew};
}

void ServiceTime::raise(Micros clock, Micros moment) {
  if (at(clock) >= moment) return;
  course_ = {.since = clock, .from = moment - clock, .to = course_.to, .percent = ClockCourse::kSlew};
}

std::optional<ClockCourse> first_course(const ClockStart& start) {
  const Micros last_moment = to_micros(start.last_moment);
  const Micros target = start.now.wall - start.now.clock;
  const bool is_same_boot = start.kept.boot_id != 0 && start.kept.boot_id == start.boot_id;
  if (!is_same_boot && !start.accepts_ahead && last_moment - start.now.wall > kAheadMax) return std::nullopt;
  const Micros offset = std::max(is_same_boot ? start.kept.offset : target, last_moment - start.now.clock);
  return ClockCourse{.since = start.now.clock, .from = offset, .to = offset};
}

}  // namespace stagedoor
