#include "app/instance/sale_metrics.h"

#include <boost/describe/enum_to_string.hpp>
#include <string>

#include "http/metrics.h"

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

MetricFamily durations(const char* name, const char* help, const Durations& durations) {
  ClientMetric metric;
  metric.histogram = http::histogram_of(durations.counts());
  return family(name, help, MetricType::Histogram, {metric});
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
  std::vector<MetricFamily> families;
  add_lane(families);
  add_events(families);
  return families;
}

void SaleMetrics::add_lane(std::vector<MetricFamily>& families) const {
  const LaneCounters& lane = lane_.counters();
  families = {
      counter("stagedoor_commands_total", "Commands decided", lane.commands),
      counter("stagedoor_batches_total", "Batches decided", lane.batches),
      counter("stagedoor_commits_total", "Transactions committed", lane.commits),
      counter("stagedoor_failed_batches_total",
              "Batches that the store refused and that were retried in halves", lane.failed_batches),
      counter("stagedoor_overloaded_total", "Commands refused because the queue of their class was full",
              lane.overloaded),
      counter("stagedoor_sales_won_total", "Won of the reservations paid since start",
              static_cast<std::uint64_t>(sold_won_.load())),
      batch_sizes(lane),
      durations("stagedoor_batch_seconds", "Time to load, decide, commit and answer a batch of commands",
                lane.batch),
      durations(
          "stagedoor_store_begin_seconds",
          "Time to begin a transaction; with several instances, to get the writer lock and to read what the "
          "others committed",
          lane.store_begin),
      durations("stagedoor_store_commit_seconds", "Time to write and commit the changes of a batch",
                lane.store_commit)};

  std::vector<ClientMetric> late;
  for (std::size_t i = 0; i < kLaneClasses; ++i)
    late.push_back(sample(MetricType::Counter, double(lane.late[i]), {{"class", kClassNames[i]}}));
  families.push_back(family("stagedoor_late_total",
                            "Commands refused because they had waited for the lane too long",
                            MetricType::Counter, std::move(late)));

  std::vector<ClientMetric> waiting;
  for (std::size_t i = 0; i < kLaneClasses; ++i) {
    waiting.push_back(
        sample(MetricType::Gauge, double(lane_.waiting(LaneClass(i))), {{"class", kClassNames[i]}}));
  }
  families.push_back(family("stagedoor_lane_waiting", "Commands that wait for the lane", MetricType::Gauge,
                            std::move(waiting)));
}

void SaleMetrics::add_events(std::vector<MetricFamily>& families) const {
  std::vector<ClientMetric> reservations;
  for (std::size_t i = 0; i < reservations_.size(); ++i) {
    const char* status = boost::describe::enum_to_string(static_cast<ReservationStatus>(i), "");
    reservations.push_back(sample(MetricType::Counter, double(reservations_[i]), {{"status", status}}));
  }
  families.push_back(family("stagedoor_reservations_total",
                            "Reservations that reached the status since start", MetricType::Counter,
                            std::move(reservations)));

  const auto catalogue = read_model_.catalogue();
  std::vector<ClientMetric> people;
  std::vector<ClientMetric> holds;
  for (const auto& [id, event] : catalogue->events) {
    const queue::RoomNumbers numbers = rooms_.numbers(id);
    const std::string name = std::to_string(id.value);
    people.push_back(
        sample(MetricType::Gauge, double(numbers.waiting), {{"event", name}, {"status", "waiting"}}));
    people.push_back(
        sample(MetricType::Gauge, double(numbers.active), {{"event", name}, {"status", "active"}}));
    holds.push_back(sample(MetricType::Gauge, double(read_model_.sales(id).holds), {{"event", name}}));
  }
  std::vector<ClientMetric> left;
  for (const auto& [id, date] : catalogue->dates) {
    if (date->deleted_at) continue;
    left.push_back(
        sample(MetricType::Gauge, double(read_model_.left(id)),
               {{"event", std::to_string(date->event.value)}, {"date", std::to_string(id.value)}}));
  }
  families.push_back(
      family("stagedoor_queue_people", "People in the waiting rooms", MetricType::Gauge, std::move(people)));
  families.push_back(
      family("stagedoor_holds", "Seats held and not paid", MetricType::Gauge, std::move(holds)));
  families.push_back(
      family("stagedoor_seats_left", "Seats that can be held", MetricType::Gauge, std::move(left)));
}

}  // namespace stagedoor
