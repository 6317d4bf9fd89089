#include "app/instance/sale_metrics.h"

#include <boost/describe/enum_to_string.hpp>

namespace stagedoor {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::array<const char*, kLaneClasses> kClassNames = {"payment", "hold", "wallet", "join",
                                                               "operation"};

ClientMetric sample(MetricType type, double value, std::vector<ClientMetric::Label> labels = {}) {
  ClientMetric metric;
  metric.label = std::move(labels);
  if (type == MetricType::Counter) metric.counter.value = value;
  else metric.gauge.value = value;
  return metric;
}

MetricFamily family(const char* name, const char* help, MetricType type, std::vector<ClientMetric> samples) {
  return {name, help, type, std::move(samples)};
}

MetricFamily counter(const char* name, const char* help, std::uint64_t value) {
  return family(name, help, MetricType::Counter, {sample(MetricType::Counter, double(value))});
}

MetricFamily batch_sizes(const LaneCounters& counters) {
  ClientMetric metric;
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < counters.batch_sizes.size(); ++i) {
    below += counters.batch_sizes[i];
    metric.histogram.bucket.push_back({below, double(1u << i)});
  }
  metric.histogram.sample_count = below;
  metric.histogram.sample_sum = double(counters.commands);
  return family("stagedoor_batch_size", "Commands decided in one transaction", MetricType::Histogram,
                {metric});
}

}  // namespace

void SaleMetrics::on_commit(const Batch& batch) {
  for (const auto& [row, stored] : batch.reservations.rows()) {
    if (stored && stored->status == row.status) continue;
    reservations_[static_cast<std::size_t>(row.status)].fetch_add(1, std::memory_order_relaxed);
    if (row.status == ReservationStatus::PAID)
      sold_won_.fetch_add(row.price.amount, std::memory_order_relaxed);
  }
}

std::vector<MetricFamily> SaleMetrics::collect_live() const {
  if (!lane_.has_others()) return {};
  const double seconds = std::chrono::duration<double>(lane_.behind()).count();
  return {family("stagedoor_store_behind_seconds", "Time since the last sync with other instances",
                 MetricType::Gauge, {sample(MetricType::Gauge, seconds, {})})};
}

std::vector<MetricFamily> SaleMetrics::collect() const {
  const LaneCounters& lane = lane_.counters();
  std::vector<MetricFamily> families = {
      counter("stagedoor_commands_total", "Commands decided", lane.commands),
      counter("stagedoor_batches_total", "Batches decided", lane.batches),
      counter("stagedoor_commits_total", "Transactions committed", lane.commits),
      counter("stagedoor_failed_batches_total",
              "Batches that the store refused and that were retried in halves", lane.failed_batches),
      counter("stagedoor_overloaded_total", "Commands refused because the queue of their class was full",
              lane.overloaded),
      counter("stagedoor_sales_won_total", "Won of the reservations paid since start",
              static_cast<std::uint64_t>(sold_won_.load())),
      batch_sizes(lane)};

  std::vector<ClientMetric> waiting;
  for (std::size_t i = 0; i < kLaneClasses; ++i) {
    waiting.push_back(
        sample(MetricType::Gauge, double(lane_.waiting(LaneClass(i))), {{"class", kClassNames[i]}}));
  }
  families.push_back(family("stagedoor_lane_waiting", "Commands that wait for the lane", MetricType::Gauge,
                            std::move(waiting)));

  std::vector<ClientMetric> reservations;
  for (std::size_t i = 0; i < reservations_.size(); ++i) {
    const char* status = boost::describe::enum_to_string(static_cast<ReservationStatus>(i), "");
    reservations.push_back(sample(MetricType::Counter, double(reservations_[i]), {{"status", status}}));
  }
  families.push_back(family("stagedoor_reservations_total",
                            "Reservations that reached the status since start", MetricType::Counter,
                            std::move(reservations)));

  std::vector<ClientMetric> people;
  for (const auto& [id, event] : catalogue_()->events) {
    const queue::RoomNumbers numbers = rooms_.numbers(id);
    people.push_back(sample(MetricType::Gauge, numbers.waiting,
                            {{"event", std::to_string(id.value)}, {"status", "waiting"}}));
    people.push_back(sample(MetricType::Gauge, double(numbers.active),
                            {{"event", std::to_string(id.value)}, {"status", "active"}}));
  }
  families.push_back(
      family("stagedoor_queue_people", "People in the waiting rooms", MetricType::Gauge, std::move(people)));
  return families;
}

}  // namespace stagedoor
