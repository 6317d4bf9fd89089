#include "app/instance/line_metrics.h"

#include <algorithm>

#include "app/instance/gauge.h"

namespace stagedoor {
namespace {

prometheus::ClientMetric counted(std::uint64_t count) {
  prometheus::ClientMetric metric;
  metric.counter.value = double(count);
  return metric;
}

}  // namespace

std::vector<prometheus::MetricFamily> line_metrics(const queue::LineNumbers& numbers, TimePoint now) {
  const Millis age =
      numbers.oldest_read == kNever ? Millis(0) : std::max(Millis(0), now - numbers.oldest_read);
  prometheus::MetricFamily joins{"stagedoor_line_joins_total",
                                 "Joins of this instance's callers that went to the log, by what they became",
                                 prometheus::MetricType::Counter,
                                 {}};
  for (const auto& [outcome, count] :
       {std::pair("placed", numbers.placed), std::pair("refused", numbers.refused),
        std::pair("unknown", numbers.unknown)}) {
    joins.metric.push_back(counted(count));
    joins.metric.back().label = {{"outcome", outcome}};
  }
  return {gauge("stagedoor_line_log_up", "1: the last attempt to read the log of joins succeeded",
                numbers.is_log_up ? 1 : 0),
          gauge("stagedoor_line_untaken", "Joins that were read from the log and have no place yet",
                double(numbers.untaken)),
          gauge("stagedoor_line_untaken_seconds", "Since the oldest of them was read",
                std::chrono::duration<double>(age).count()),
          std::move(joins),
          {"stagedoor_line_losses_total",
           "Times that the log of joins had lost places, which were then put back",
           prometheus::MetricType::Counter,
           {counted(numbers.epochs)}}};
}

}  // namespace stagedoor
