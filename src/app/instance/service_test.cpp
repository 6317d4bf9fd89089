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

// R-A2
TEST(Service, takes_every_limit_of_clients_from_the_settings) {
  Config few;
  few.http.max_connections = 16'384;
  const http::ClientLimitSettings defaults = client_limits(few);
  EXPECT_EQ(defaults.join_address, parse_rate("200/s+2000"));
  EXPECT_EQ(defaults.join_user, parse_rate("2/s+5"));
  EXPECT_EQ(defaults.places_per_hour, 10);
  EXPECT_EQ(defaults.poll_address, parse_rate("500/s+10000"));
  EXPECT_EQ(defaults.read_address, parse_rate("200/s+2000"));
  EXPECT_EQ(defaults.map_token, parse_rate("2/s+10"));
  EXPECT_EQ(defaults.write_address, parse_rate("100/s+1000"));
  EXPECT_EQ(defaults.write_token, parse_rate("20/s+40"));
  EXPECT_EQ(defaults.keys_address, parse_rate("5/min"));
  EXPECT_EQ(defaults.streams_address, 64u);
  EXPECT_EQ(defaults.streams_token, 2u);
  EXPECT_EQ(defaults.connections_address, 4096u);
  EXPECT_EQ(defaults.exempt, (std::vector<std::string>{"127.0.0.1/32", "::1/128"}));

  Config config;
  config.limits = {.join = {"1/s"}, .poll = {"0"}, .read = {}, .streams = {"3"}, .connections = "0"};
  const http::ClientLimitSettings limits = client_limits(config);
  EXPECT_EQ(limits.join_address, parse_rate("1/s"));
  EXPECT_TRUE(limits.join_user.is_off() && limits.poll_address.is_off() && limits.map_token.is_off());
  EXPECT_EQ(limits.places_per_hour, 0);
  EXPECT_EQ(limits.streams_address, 3u);
  EXPECT_EQ(limits.streams_token, 0u);
  EXPECT_EQ(limits.connections_address, 0u);
}

}  // namespace
}  // namespace stagedoor
