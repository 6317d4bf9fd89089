#include "app/instance/service.h"

#include <gtest/gtest.h>

namespace stagedoor {
namespace {

// R-K3
TEST(Service, takes_every_limit_of_the_lane_from_the_settings) {
  Config config;
  config.lane = {.batch_max = 11,
                 .batch_time = Millis(12),
                 .pay_queue = 13,
                 .hold_queue = 14,
                 .wallet_queue = 15,
                 .join_queue = 16,
                 .operator_queue = 17,
                 .view_rows_max = 18};
  const LaneLimits limits = lane_limits(config);
  EXPECT_EQ(limits.batch_max, 11U);
  EXPECT_EQ(limits.batch_time, Millis(12));
  EXPECT_EQ(limits.queue_max, (std::array<std::size_t, kLaneClasses>{13, 14, 15, 16, 17}));
  EXPECT_EQ(limits.view_rows_max, 18U);
}

}  // namespace
}  // namespace stagedoor
