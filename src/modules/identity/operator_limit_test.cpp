// What one operator may have open, and how often they may begin.
#include "modules/identity/operator_limit.h"

#include <gtest/gtest.h>

namespace stagedoor::identity {
namespace {

using std::chrono::seconds;

const OperatorLimit::SteadyClock::time_point kBegin{seconds(1000)};

TEST(OperatorLimit, counts_what_is_open_by_operator) {
  OperatorLimit limit({.at_once = 2});
  auto first = limit.begin("vera", kBegin);
  const auto second = limit.begin("vera", kBegin);
  ASSERT_TRUE(first && second);
  const auto third = limit.begin("vera", kBegin);
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, Code::RATE_LIMITED);
  EXPECT_EQ(third.error().headers[0].second, "5");
  EXPECT_TRUE(limit.begin("otto", kBegin)) << "another operator";
  first->reset();
  EXPECT_TRUE(limit.begin("vera", kBegin));
}

TEST(OperatorLimit, lets_an_operator_begin_now_and_then) {
  OperatorLimit limit({.apart = seconds(10)});
  ASSERT_TRUE(limit.begin("vera", kBegin));  // and ended at once
  const auto again = limit.begin("vera", kBegin + seconds(4));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().headers[0].second, "6");
  EXPECT_TRUE(limit.begin("otto", kBegin + seconds(4)));
  EXPECT_TRUE(limit.begin("vera", kBegin + seconds(10)));
}

TEST(OperatorLimit, may_go_before_what_is_open) {
  auto limit = std::make_unique<OperatorLimit>(OperatorLimit::Rule{});
  const auto open = limit->begin("vera", kBegin);
  limit.reset();
  EXPECT_TRUE(open);
}

}  // namespace
}  // namespace stagedoor::identity
