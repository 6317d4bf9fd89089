// The text of /metrics. Collecting it takes as long as hundreds of polls, and anybody may ask for it, so it
// is collected at most once a second (R-A10).
#pragma once

#include <prometheus/metric_family.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/guarded.h"

namespace stagedoor {

class MetricsText {
 public:
  using Collect = std::function<std::vector<prometheus::MetricFamily>()>;

  // `collect_live` is called each time: for few numbers that are cheap to collect and change all the time.
  MetricsText(Collect collect, Collect collect_live)
      : collect_(std::move(collect)), collect_live_(std::move(collect_live)) {}

  // Does not wait for a thread that is collecting. Any thread.
  std::string get();

 private:
  struct Text {
    std::shared_ptr<const std::string> text;
    std::chrono::steady_clock::time_point at;
  };

  Collect collect_;
  Collect collect_live_;
  Guarded<Text> newest_;
  std::atomic<bool> is_collecting_{false};
};

}  // namespace stagedoor
