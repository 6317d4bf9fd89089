#include "app/instance/metrics_text.h"

#include <gmock/gmock.h>

namespace stagedoor {
namespace {

using testing::HasSubstr;

std::vector<prometheus::MetricFamily> gauge(const char* name, int value) {
  prometheus::ClientMetric metric;
  metric.gauge.value = value;
  return {{.name = name, .help = "", .type = prometheus::MetricType::Gauge, .metric = {metric}}};
}

TEST(MetricsText, is_collected_once_a_second_but_for_what_is_live) {
  int collected = 0;
  int live = 0;
  MetricsText text([&] { return gauge("slow", ++collected); }, [&] { return gauge("live", ++live); });
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 1; i <= 1000; ++i) {
    const std::string now = text.get();
    EXPECT_THAT(now, HasSubstr("\nlive " + std::to_string(i)));
    EXPECT_THAT(now, HasSubstr("slow"));
  }
  EXPECT_LE(collected, 1 + (std::chrono::steady_clock::now() - begin) / std::chrono::seconds(1));
  while (collected < 2 && std::chrono::steady_clock::now() - begin < std::chrono::seconds(10)) text.get();
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1));
  EXPECT_EQ(collected, 2);
}

}  // namespace
}  // namespace stagedoor
