#include "http/metrics.h"

#include <boost/mp11/algorithm.hpp>
#include <limits>
#include <map>
#include <utility>

namespace stagedoor::http {
namespace {

constexpr std::size_t kSlots = 600;

constexpr auto kSlotOfStatus = [] {
  std::array<std::uint8_t, kSlots> slots{};
  for (auto& slot : slots) slot = Metrics::kStatuses.size() - 1;
  for (std::size_t i = 0; i + 1 < Metrics::kStatuses.size(); ++i) {
    slots[static_cast<std::size_t>(Metrics::kStatuses[i])] = static_cast<std::uint8_t>(i);
  }
  return slots;
}();

// One thread writes, so no atomic read-modify-write is needed.
void add(std::atomic<std::uint64_t>& counter, std::uint64_t amount) {
  counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

std::uint64_t value(const std::atomic<std::uint64_t>& counter) {
  return counter.load(std::memory_order_relaxed);
}

// Routes that share a label (files) are one series.
struct Sum {
  std::array<std::uint64_t, Metrics::kStatuses.size()> by_status{};
  Durations::Counts durations;
};

}  // namespace

prometheus::ClientMetric::Histogram histogram_of(const Durations::Counts& counts) {
  prometheus::ClientMetric::Histogram histogram;
  for (std::size_t i = 0; i < counts.buckets.size(); ++i) {
    histogram.sample_count += counts.buckets[i];
    const double bound = i < Durations::kBounds.size() ? static_cast<double>(Durations::kBounds[i]) / 1e6
                                                       : std::numeric_limits<double>::infinity();
    histogram.bucket.push_back({histogram.sample_count, bound});
  }
  histogram.sample_sum = static_cast<double>(counts.nanoseconds) / 1e9;
  return histogram;
}

void Metrics::Block::count(std::size_t route, int status, std::chrono::nanoseconds took) {
  Counts& counts = routes_[route];
  const bool known = status >= 0 && static_cast<std::size_t>(status) < kSlots;
  add(counts.by_status[kSlotOfStatus[known ? static_cast<std::size_t>(status) : 0]], 1);
  counts.durations.count(took);
}

void Metrics::Block::count_untrusted_forward() { add(untrusted_forwards_, 1); }
void Metrics::Block::count_refusal(Code code) { add(refusals_[static_cast<std::size_t>(code)], 1); }

std::vector<Metrics::Block*> Metrics::open(const Router& router, std::size_t threads) {
  const MutexLock lock(mutex_);
  names_.clear();
  blocks_.clear();
  for (const auto& route : router.routes()) {
    names_.push_back({.route = route->label,
                      .method = std::string(to_string(route->method)),
                      .limit_class = *route->limit_class});
  }
  names_.push_back({.route = "none", .method = "any"});
  std::vector<Block*> blocks;
  for (std::size_t i = 0; i < threads; ++i) {
    blocks.push_back(blocks_.emplace_back(new Block(names_.size())).get());
  }
  return blocks;
}

std::vector<prometheus::MetricFamily> Metrics::collect() const {
  const MutexLock lock(mutex_);
  std::map<std::pair<std::string, std::string>, Sum> sums;
  std::int64_t connections = 0;
  std::int64_t streams = 0;
  std::uint64_t untrusted_forwards = 0;
  for (const auto& block : blocks_) {
    connections += block->connections.load(std::memory_order_relaxed);
    streams += block->streams.load(std::memory_order_relaxed);
    untrusted_forwards += value(block->untrusted_forwards_);
    for (std::size_t route = 0; route < names_.size(); ++route) {
      const Block::Counts& counts = block->routes_[route];
      Sum& sum = sums[{names_[route].route, names_[route].method}];
      for (std::size_t i = 0; i < sum.by_status.size(); ++i) sum.by_status[i] += value(counts.by_status[i]);
      sum.durations += counts.durations.counts();
    }
  }
  std::vector<prometheus::MetricFamily> families(5);
  families[0].name = "stagedoor_http_requests_total";
  families[0].help = "Requests answered, by route, method and status";
  families[0].type = prometheus::MetricType::Counter;
  families[1].name = "stagedoor_http_request_duration_seconds";
  families[1].help = "Time from a request's last byte to its answer";
  families[1].type = prometheus::MetricType::Histogram;
  families[2].name = "stagedoor_http_connections";
  families[2].help = "Connections open now";
  families[2].type = prometheus::MetricType::Gauge;
  families[3].name = "stagedoor_http_streams";
  families[3].help = "Event streams open now";
  families[3].type = prometheus::MetricType::Gauge;
  families[4].name = "stagedoor_http_untrusted_forwards_total";
  families[4].help = "Requests with X-Forwarded-For or Forwarded from clients that are no trusted proxies";
  families[4].type = prometheus::MetricType::Counter;
  for (const auto& [name, sum] : sums) {
    std::vector<prometheus::ClientMetric::Label> labels = {{"route", name.first}, {"method", name.second}};
    for (std::size_t i = 0; i < sum.by_status.size(); ++i) {
      if (sum.by_status[i] == 0) continue;
      prometheus::ClientMetric metric;
      metric.label = labels;
      metric.label.push_back({"code", kStatuses[i] == 0 ? "other" : std::to_string(kStatuses[i])});
      metric.counter.value = static_cast<double>(sum.by_status[i]);
      families[0].metric.push_back(std::move(metric));
    }
    prometheus::ClientMetric metric;
    metric.label = labels;
    metric.histogram = histogram_of(sum.durations);
    if (metric.histogram.sample_count == 0) continue;
    families[1].metric.push_back(std::move(metric));
  }
  prometheus::ClientMetric open_now;
  open_now.gauge.value = static_cast<double>(connections);
  families[2].metric.push_back(open_now);
  open_now.gauge.value = static_cast<double>(streams);
  families[3].metric.push_back(open_now);
  prometheus::ClientMetric forwards;
  forwards.counter.value = static_cast<double>(untrusted_forwards);
  families[4].metric.push_back(forwards);
  families.push_back(refusals());
  return families;
}

Metrics::Totals Metrics::totals() const {
  const MutexLock lock(mutex_);
  Totals totals;
  for (const auto& block : blocks_) {
    for (std::size_t route = 0; route < names_.size(); ++route) {
      totals.durations[static_cast<std::size_t>(names_[route].limit_class)] +=
          block->routes_[route].durations.counts();
    }
    for (std::size_t code = 0; code < kCodes; ++code) totals.refusals[code] += value(block->refusals_[code]);
  }
  return totals;
}

prometheus::MetricFamily Metrics::refusals() const {
  prometheus::MetricFamily family{"stagedoor_refusals_total",
                                  "Requests refused, by the code of the answer",
                                  prometheus::MetricType::Counter,
                                  {}};
  const std::span<const std::unique_ptr<Block>> blocks(blocks_);  // the analysis does not follow a reference
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<Code>>([&](auto code) {
    prometheus::ClientMetric metric;
    metric.label = {{"code", code.name}};
    for (const auto& block : blocks)
      metric.counter.value +=
          static_cast<double>(value(block->refusals_[static_cast<std::size_t>(code.value)]));
    if (metric.counter.value > 0) family.metric.push_back(std::move(metric));
  });
  return family;
}

}  // namespace stagedoor::http
