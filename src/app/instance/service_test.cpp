#include "app/instance/service.h"

#include <gtest/gtest.h>

#include <utility>

#include "core/log.h"

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

std::vector<std::string> g_lines;

// An instance with other keys answers 401 to everybody's tokens.
TEST(Service, warns_of_keys_that_are_not_those_of_the_other_instances) {
  std::optional<std::int64_t> stored;
  const auto warnings_of = [&](const std::vector<std::string>& keys) {
    g_lines.clear();
    set_log_writer(
        [](LogLevel, std::string_view message, std::span<const LogField>) { g_lines.emplace_back(message); });
    warn_of_other_keys(keys, [&](std::string_view, std::int64_t value) {
      return std::exchange(stored, std::optional(value));
    });
    set_log_writer(nullptr);
    return g_lines.size();
  };
  EXPECT_EQ(warnings_of({"first"}), 0U);
  EXPECT_EQ(warnings_of({"first"}), 0U);
  EXPECT_EQ(warnings_of({"second", "first"}), 0U) << "rotated";
  EXPECT_EQ(warnings_of({"first"}), 1U) << "not rotated here";
  EXPECT_EQ(warnings_of({"third"}), 1U);
  EXPECT_NE(*stored, 0);
}

}  // namespace
}  // namespace stagedoor
