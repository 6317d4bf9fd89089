// Every interleaving of the sagas of docs/services.md within small bounds (R-M6, R-E6): no seat is sold
// without payment, nobody pays without a seat, money is neither made nor lost, and nothing waits for ever.
// Each control leaves out one part, and the search finds what that part is there for.
#include <gmock/gmock.h>

#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>

#include "sagas.h"

namespace stagedoor::saga {
namespace {

using testing::Contains;
using testing::HasSubstr;

void expect_sound(const Bounds& bounds) {
  const Finding finding = search(bounds);
  EXPECT_EQ(finding.what, "") << fmt::format("{}", fmt::join(finding.trace, "\n"));
  std::printf("%zu states: %d fans, %d losses, %d repeats\n", finding.states, bounds.fans, bounds.losses,
              bounds.repeats);
}

// What the search finds; the trace goes to the output, where people read it.
Finding found_with(const Faults& faults, const Bounds& bounds) {
  Finding finding = search(bounds, faults);
  std::printf("%s, after %zu states:\n", finding.what.c_str(), finding.states);
  for (std::size_t i = 0; i < finding.trace.size(); ++i)
    std::printf("%3zu  %s\n", i + 1, finding.trace[i].c_str());
  return finding;
}

TEST(Sagas, keep_seat_and_money_together_for_one_fan) {
  for (const int balance : {0, 1, 2})
    expect_sound({.fans = 1, .balances = {balance, 0}, .losses = 3, .repeats = 3});
}

TEST(Sagas, keep_seat_and_money_together_for_two_fans_who_want_one_seat) {
  for (const int balance : {0, 1})
    expect_sound({.fans = 2, .balances = {1, balance}, .losses = 2, .repeats = 2, .patient = true});
}

// Whoever paid for a seat that lapsed meanwhile gets the money back.
TEST(Sagas, without_the_compensation_of_withdraw_money_is_taken_for_nothing) {
  const Finding finding = found_with({.no_give_back = true}, {});
  EXPECT_EQ(finding.what, "fan 1 has spent 1 and does not have the seat");
  EXPECT_THAT(finding.trace, Contains("fan 1: the frozen hold lapses"));
  EXPECT_EQ(finding.trace.back(), "fan 1: confirm refused arrives");
}

TEST(Sagas, without_an_inbox_a_repeated_withdraw_takes_twice) {
  const Finding finding = found_with({.no_withdraw_inbox = true}, {.balances = {2, 0}});
  EXPECT_THAT(finding.what, HasSubstr("fan 1 has spent 2"));
  EXPECT_EQ(std::ranges::count_if(
                finding.trace, [](const auto& step) { return step.starts_with("fan 1: withdraw arrives"); }),
            2);
}

TEST(Sagas, without_an_inbox_a_repeated_give_back_pays_twice) {
  const Finding finding = found_with({.no_give_back_inbox = true}, {});
  EXPECT_EQ(finding.what, "fan 1 has spent -1 and does not have the seat");
}

TEST(Sagas, without_retries_a_lost_message_leaves_somebody_waiting) {
  const Finding finding = found_with({.no_retries = true}, {});
  EXPECT_EQ(finding.what, "fan 1 waits, and nothing will happen");
  EXPECT_THAT(finding.trace, Contains(HasSubstr("is lost")));
}

TEST(Sagas, without_a_look_at_the_hold_a_late_confirm_sells_the_seat_twice) {
  const Finding finding = found_with({.confirms_lapsed = true}, {.fans = 2, .patient = true});
  EXPECT_EQ(finding.what, "two have the seat");
}

}  // namespace
}  // namespace stagedoor::saga
