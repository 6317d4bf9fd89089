#include "crowd/rules.h"

#include <gtest/gtest.h>

namespace stagedoor::crowd {
namespace {

TEST(SeatLedger, two_live_holds_of_one_seat_break_the_rule) {  // R-S5
  SeatLedger seats;
  EXPECT_TRUE(seats.hold(7, 1, from_ms(100), from_ms(200)));
  EXPECT_TRUE(seats.hold(8, 2, from_ms(100), from_ms(200)));
  EXPECT_FALSE(seats.hold(7, 2, from_ms(199), from_ms(299)));
}

TEST(SeatLedger, a_lapsed_or_released_hold_leaves_the_seat_to_others) {
  SeatLedger seats;
  EXPECT_TRUE(seats.hold(7, 1, from_ms(100), from_ms(200)));
  EXPECT_TRUE(seats.hold(7, 2, from_ms(200), from_ms(300)));
  seats.release(7, 1);  // not his any more
  EXPECT_FALSE(seats.hold(7, 3, from_ms(250), from_ms(350)));
  seats.release(7, 3);
  EXPECT_TRUE(seats.hold(7, 4, from_ms(260), from_ms(360)));
  EXPECT_TRUE(seats.hold(7, 4, from_ms(270), from_ms(360)));
}

TEST(SeatLedger, a_sold_seat_is_nobody_elses_for_ever) {
  SeatLedger seats;
  EXPECT_TRUE(seats.hold(7, 1, from_ms(100), from_ms(200)));
  EXPECT_TRUE(seats.sell(7, 1));
  EXPECT_FALSE(seats.hold(7, 2, from_ms(1'000'000), from_ms(2'000'000)));
  SeatLedger others;
  EXPECT_TRUE(others.sell(7, 1));
  EXPECT_FALSE(others.sell(7, 2));
}

TEST(Breaches, are_counted_with_the_first_example) {
  Breaches breaches;
  EXPECT_EQ(breaches.total(), 0u);
  breaches.add(Rule::position_grew, "from 3 to 4");
  breaches.add(Rule::position_grew, "from 5 to 9");
  breaches.add(Rule::not_answered, "poll");
  EXPECT_EQ(breaches.count(Rule::position_grew), 2u);
  EXPECT_EQ(breaches.example(Rule::position_grew), "from 3 to 4");
  EXPECT_EQ(breaches.count(Rule::wrong_balance), 0u);
  EXPECT_EQ(breaches.total(), 3u);
}

}  // namespace
}  // namespace stagedoor::crowd
