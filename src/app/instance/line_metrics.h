// stagedoor_line_*: the log that has the joins, as an instance sees it (decision 0028).
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "modules/queue/joins_elsewhere.h"

namespace stagedoor {

std::vector<prometheus::MetricFamily> line_metrics(const queue::LineNumbers& numbers, TimePoint now);

}  // namespace stagedoor
