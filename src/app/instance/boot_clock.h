// Service time of an instance that has its store alone: the boot-time clock plus an offset, which the store
// keeps (core/service_time.h).
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <optional>

#include "core/guarded.h"
#include "core/service_time.h"
#include "ports/clock.h"

namespace stagedoor {

class BootClock final : public ServiceTimeClock {
 public:
  // `keep` writes to the store what the next process needs; it may throw StoreUnavailable.
  using Keep = std::function<void(const KeptClock&)>;

  // Throws ClockRefused. `start.now` and `start.boot_id` are read here.
  BootClock(ClockStart start, Keep keep);

  TimePoint now() const override;  // any thread, without a lock
  ClockStatus status() const override;
  void compare(const IsQuiet& is_quiet) override;
  void accept() override;

 private:
  BootClock(const ClockCourse& first, Keep keep);
  // The course for the threads that ask for the time: a sequence lock. One writer at a time.
  class Published {
   public:
    explicit Published(const ClockCourse& course) { set(course); }
    void set(const ClockCourse& course);
    ClockCourse get() const;

   private:
    std::atomic<std::uint32_t> version_{0};  // odd: being written
    std::array<std::atomic<std::int64_t>, 4> fields_{};
  };

  void change(const std::function<void(ServiceTime&, const ServiceTime::Reading&)>& change);

  struct State {
    ServiceTime time;
    std::optional<Micros> kept = {};  // the offset that the store has
  };

  const Keep keep_;
  const std::int64_t boot_id_;
  Guarded<State> state_;
  Published course_;
};

}  // namespace stagedoor
