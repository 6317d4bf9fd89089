// A metric of one number.
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <utility>

namespace stagedoor {

inline prometheus::MetricFamily gauge(std::string name, std::string help, double value) {
  prometheus::ClientMetric metric;
  metric.gauge.value = value;
  return {std::move(name), std::move(help), prometheus::MetricType::Gauge, {metric}};
}

}  // namespace stagedoor
