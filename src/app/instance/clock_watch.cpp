#include "app/instance/clock_watch.h"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/system/random.h"
#include "core/log.h"

namespace stagedoor {
namespace {

constexpr Millis kEvery{1000};

double seconds(Millis of) { return std::chrono::duration<double>(of).count(); }

}  // namespace

bool is_a_queue_open_between(const Catalogue& catalogue, TimePoint a, TimePoint b) {
  const auto [from, until] = std::minmax(a, b);
  return std::ranges::any_of(catalogue.events, [from = from, until = until](const auto& each) {
    const Event& event = *each.second;
    const TimePoint opens = std::min(event.on_sale.from, event.queue.gather_from.value_or(kNever));
    return !event.closed && opens <= until && from < event.on_sale.until;
  });
}

ClockWatch::ClockWatch(ServiceTimeClock& clock, std::function<std::shared_ptr<const Catalogue>()> catalogue)
    : clock_(clock),
      catalogue_(std::move(catalogue)),
      worker_(
          {.name = "comparing the clocks"},
          [this](const std::stop_token&) {
            look();
            return kEvery;
          },
          &system::system_random) {}

void ClockWatch::look() {
  clock_.compare([this](TimePoint a, TimePoint b) { return !is_a_queue_open_between(*catalogue_(), a, b); });
  const std::string why = alarm();
  if (is_alarm_ == !why.empty()) return;
  is_alarm_ = !why.empty();
  if (is_alarm_) log(LogLevel::error, why);
  else log(LogLevel::info, "the wall clock agrees with service time again");
}

std::string ClockWatch::alarm() const {
  const ClockStatus status = clock_.status();
  if (!status.is_alarm) return "";
  return fmt::format(
      "The wall clock was set: it is {:.1f} s {} service time. Set it right, or accept it with POST "
      "/admin/clock.",
      seconds(std::chrono::abs(status.difference())),
      status.difference() > Millis(0) ? "ahead of" : "behind");
}

prometheus::MetricFamily ClockWatch::metric() const {
  prometheus::ClientMetric difference;
  difference.gauge.value = seconds(clock_.status().difference());
  return {"stagedoor_clock_difference_seconds",
          "How far the wall clock is ahead of service time",
          prometheus::MetricType::Gauge,
          {difference}};
}

}  // namespace stagedoor
