// Compares service time with the wall clock every second, and reports a difference of more than 5 s: one log
// line, a gauge, a sentence for /readyz (R-A7).
#pragma once

#include <prometheus/metric_family.h>

#include <functional>
#include <memory>
#include <string>

#include "engine/worker.h"
#include "ports/clock.h"
#include "state/catalogue.h"

namespace stagedoor {

// True if the queue of an event is open at some time between the two, in either order.
bool is_a_queue_open_between(const Catalogue& catalogue, TimePoint a, TimePoint b);

class ClockWatch {
 public:
  // The clock must outlive it.
  ClockWatch(ServiceTimeClock& clock, std::function<std::shared_ptr<const Catalogue>()> catalogue);

  void start() { worker_.start(); }
  void stop() { worker_.stop(); }

  // Any thread. "" while there is no alarm.
  std::string alarm() const;
  // stagedoor_clock_difference_seconds
  prometheus::MetricFamily metric() const;

 private:
  void look();

  ServiceTimeClock& clock_;
  const std::function<std::shared_ptr<const Catalogue>()> catalogue_;
  bool is_alarm_ = false;  // which is logged
  Worker worker_;
};

}  // namespace stagedoor
