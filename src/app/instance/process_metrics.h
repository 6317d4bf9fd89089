// Metrics of the process, with the names that Prometheus' client libraries use, and stagedoor_build_info.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

namespace stagedoor {

std::vector<prometheus::MetricFamily> process_metrics();

}  // namespace stagedoor
