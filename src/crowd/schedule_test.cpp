#include "crowd/schedule.h"

#include <gtest/gtest.h>

namespace stagedoor::crowd {
namespace {

TEST(Schedule, is_even_and_does_not_drift) {
  const Clock::time_point start = Clock::now();
  const Schedule schedule(start, 3000);
  EXPECT_EQ(schedule.due(0), start);
  EXPECT_EQ(schedule.due(3), start + std::chrono::milliseconds(1));
  EXPECT_EQ(schedule.due(3'000'000'000), start + std::chrono::seconds(1'000'000));
  for (std::uint64_t i = 1; i < 10'000; ++i) {
    const auto gap = schedule.due(i) - schedule.due(i - 1);
    EXPECT_GE(gap, std::chrono::nanoseconds(333'332));
    EXPECT_LE(gap, std::chrono::nanoseconds(333'334));
  }
}

TEST(Schedule, takes_rates_below_one) {
  const Clock::time_point start = Clock::now();
  EXPECT_EQ(Schedule(start, 0.1).due(2), start + std::chrono::seconds(20));
}

TEST(Schedule, without_a_rate_everybody_comes_at_once) {
  const Clock::time_point start = Clock::now();
  EXPECT_EQ(Schedule(start, 0).due(1'000'000), start);
}

}  // namespace
}  // namespace stagedoor::crowd
