#include "adapters/postgres/database_clock.h"

#include <algorithm>

#include "core/boot_time.h"

namespace stagedoor::postgres {
namespace {

// How much the two clocks may drift apart: 1 part in 100. More, and more than this, means that one was set.
constexpr Micros kNoise = std::chrono::milliseconds(100);
constexpr int kDriftParts = 100;

}  // namespace

DatabaseClock::DatabaseClock(Micros ahead) : ahead_(ahead), service_(ahead.count()), wall_(ahead.count()) {}

void DatabaseClock::note(const Seen& seen) {
  const Micros earliest = seen.theirs - seen.answered, latest = seen.theirs - seen.asked;
  const Micros drift = (seen.answered - seen_at_) / kDriftParts;
  earliest_ -= drift;
  latest_ += drift;
  const bool is_near = earliest <= latest_ + kNoise && latest >= earliest_ - kNoise;
  const bool overlaps = earliest <= latest_ && latest >= earliest_;
  const bool is_trusted = !is_measured_ || seen.course != course_ || is_near;
  if (is_trusted) {
    const bool narrows = is_measured_ && overlaps;
    earliest_ = narrows ? std::max(earliest_, earliest) : earliest;
    latest_ = narrows ? std::min(latest_, latest) : latest;
    ahead_ = std::clamp(ahead_, earliest_, latest_);
    course_ = seen.course;
  }
  differs_by_ = is_trusted ? Micros(0) : std::clamp(ahead_, earliest, latest) - ahead_;
  seen_at_ = seen.answered;
  is_measured_ = true;
  publish();
}

void DatabaseClock::follow() {
  ahead_ += differs_by_;
  earliest_ += differs_by_;
  latest_ += differs_by_;
  differs_by_ = {};
  publish();
}

void DatabaseClock::note_batch(TimePoint moment) {
  if (differs_by_ <= Micros(0)) return;
  const Micros clock = seen_at_ + ahead_;
  const Micros service = clock + course_.offset(clock);
  if (to_micros(moment) < service + differs_by_ / 2) return;
  follow();
}

void DatabaseClock::publish() {
  const Micros clock = seen_at_ + ahead_;
  service_.store((ahead_ + course_.offset(clock)).count(), std::memory_order_relaxed);
  wall_.store((ahead_ + differs_by_).count(), std::memory_order_relaxed);
}

std::optional<ClockCourse> DatabaseClock::correction() const {
  const Micros before = seen_at_ + ahead_;
  const ServiceTime::Reading now{.clock = before + differs_by_, .wall = before + differs_by_};
  ServiceTime time(course_);
  if (differs_by_ != Micros(0)) time.clock_was_set(before, differs_by_);
  time.raise(now.clock, at_least_);
  time.compare(now, [this](TimePoint, TimePoint) { return is_quiet_.load(std::memory_order_relaxed); });
  if (is_accepted_.load(std::memory_order_relaxed)) time.accept(now);
  if (time.course() == course_) return std::nullopt;
  return time.course();
}

void DatabaseClock::written(const ClockCourse& course) {
  course_ = course;
  follow();
  at_least_ = {};
  is_accepted_.store(false, std::memory_order_relaxed);
}

TimePoint DatabaseClock::now() const {
  return to_time(boot_time() + Micros(service_.load(std::memory_order_relaxed)));
}

ClockStatus DatabaseClock::status() const {
  const Micros clock = boot_time(), service(service_.load(std::memory_order_relaxed)),
               wall(wall_.load(std::memory_order_relaxed));
  return {.service = to_time(clock + service),
          .wall = to_time(clock + wall),
          .is_alarm = ServiceTime::is_alarm(wall - service)};
}

void DatabaseClock::compare(const IsQuiet& is_quiet) {
  const ClockStatus now = status();
  is_quiet_.store(now.is_alarm && is_quiet(now.service, now.wall), std::memory_order_relaxed);
}

}  // namespace stagedoor::postgres
