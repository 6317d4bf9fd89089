#include "app/instance/boot_clock.h"

#include "adapters/system/clock.h"
#include "ports/store_errors.h"

namespace stagedoor {
namespace {

constexpr Micros kKeptWithin = std::chrono::milliseconds(50);

ClockCourse course_at_start(ClockStart start) {
  start.now = system::read_clocks();
  start.boot_id = system::boot_id();
  const auto course = first_course(start);
  if (!course) throw ClockRefused(start.last_moment, to_time(start.now.wall));
  return *course;
}

}  // namespace

void BootClock::Published::set(const ClockCourse& course) {
  const std::uint32_t version = version_.load(std::memory_order_relaxed);
  version_.store(version + 1, std::memory_order_relaxed);
  // Each is seen only together with the odd version before it.
  fields_[0].store(course.since.count(), std::memory_order_release);
  fields_[1].store(course.from.count(), std::memory_order_release);
  fields_[2].store(course.to.count(), std::memory_order_release);
  fields_[3].store(course.percent, std::memory_order_release);
  version_.store(version + 2, std::memory_order_release);
}

ClockCourse BootClock::Published::get() const {
  for (;;) {
    const std::uint32_t version = version_.load(std::memory_order_acquire);
    const ClockCourse course{.since = Micros(fields_[0].load(std::memory_order_acquire)),
                             .from = Micros(fields_[1].load(std::memory_order_acquire)),
                             .to = Micros(fields_[2].load(std::memory_order_acquire)),
                             .percent = fields_[3].load(std::memory_order_acquire)};
    if (version % 2 == 0 && version_.load(std::memory_order_relaxed) == version) return course;
  }
}

BootClock::BootClock(ClockStart start, Keep keep) : BootClock(course_at_start(start), std::move(keep)) {}

BootClock::BootClock(const ClockCourse& first, Keep keep)
    : keep_(std::move(keep)),
      boot_id_(system::boot_id()),
      state_(State{ServiceTime(first)}),
      course_(first) {}

TimePoint BootClock::now() const {
  const Micros clock = boot_time();
  return to_time(clock + course_.get().offset(clock));
}

ClockStatus BootClock::status() const {
  const ServiceTime time(course_.get());
  const auto now = system::read_clocks();
  return {.service = to_time(time.at(now.clock)),
          .wall = to_time(now.wall),
          .is_alarm = ServiceTime::is_alarm(time.difference(now))};
}

void BootClock::compare(const IsQuiet& is_quiet) {
  change([&](ServiceTime& time, const auto& now) { time.compare(now, is_quiet); });
}

void BootClock::accept() {
  change([](ServiceTime& time, const auto& now) { time.accept(now); });
}

void BootClock::change(const std::function<void(ServiceTime&, const ServiceTime::Reading&)>& change) {
  const auto state = state_.lock();
  const auto now = system::read_clocks();
  change(state->time, now);
  course_.set(state->time.course());
  const Micros offset = state->time.course().offset(now.clock);
  if (state->kept && std::chrono::abs(*state->kept - offset) < kKeptWithin) return;
  try {
    keep_({boot_id_, offset});
    state->kept = offset;
  } catch (const StoreUnavailable&) {
    // Tried again a second later. Until then a restart carries on with the offset of before.
  }
}

}  // namespace stagedoor
