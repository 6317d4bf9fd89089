// Service time of several instances: the database's clock plus a correction that all of them share
// (ServiceTime). The correction is kept in the table `meta` and changes only under the writer lock.
//
// Each instance measures how far the database's clock is ahead of its boot-time clock. If that changes at
// once although nobody has changed the correction, the database's clock was set. The instance then goes on by
// its own clock, and the first instance that gets the writer lock writes a new correction.
#pragma once

#include <atomic>
#include <optional>

#include "core/service_time.h"
#include "ports/clock.h"

namespace stagedoor::postgres {

class DatabaseClock final : public ServiceTimeClock {
 public:
  // One read of the database's clock and of the correction, between two readings of the boot-time clock.
  struct Seen {
    Micros asked;
    Micros answered;
    Micros theirs;
    ClockCourse course;
  };
  // Until the first measurement the database's clock is taken to be ahead of the boot-time clock by this.
  explicit DatabaseClock(Micros ahead);

  // Lane thread from here on; before the lane starts any one thread.
  // A fast answer improves the measurement, a slow one does not spoil it.
  void note(const Seen& seen);
  // A batch of another instance has this time. If it is as late as the database's clock seems to have been
  // set forward, then it was this machine that stood still.
  void note_batch(TimePoint moment);
  // The next correction() makes service time at least `moment`.
  void raise(TimePoint moment) { at_least_ = to_micros(moment); }
  // The course to write if the current one has to change. Write it under the writer lock and right after a
  // note(), then call written().
  std::optional<ClockCourse> correction() const;
  void written(const ClockCourse& course);

  // Any thread from here on.
  TimePoint now() const override;
  ClockStatus status() const override;  // of the last measurement
  void compare(const IsQuiet& is_quiet) override;
  void accept() override { is_accepted_.store(true, std::memory_order_relaxed); }

 private:
  // The database's clock was set, and the instance goes by it.
  void follow();
  void publish();

  bool is_measured_ = false;
  Micros ahead_;                  // of the boot-time clock
  Micros earliest_{}, latest_{};  // what `ahead_` may be, by all measurements
  Micros differs_by_{};           // from `ahead_`: the clock was set
  Micros seen_at_{};              // boot-time clock
  Micros at_least_{};
  ClockCourse course_{.since = {}, .from = {}, .to = {}, .percent = ClockCourse::kSlew};

  std::atomic<Micros::rep> service_;  // ahead of the boot-time clock, like `wall_`
  std::atomic<Micros::rep> wall_;
  std::atomic<bool> is_quiet_{false};  // nothing is for sale in the difference
  std::atomic<bool> is_accepted_{false};
};

}  // namespace stagedoor::postgres
