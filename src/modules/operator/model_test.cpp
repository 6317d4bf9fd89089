// House seats (R-S12): what may be blocked, and what then follows.
#include "modules/operator/model.h"

#include <gmock/gmock.h>

#include "support/stage.h"

namespace stagedoor::operators {
namespace {

using namespace stagedoor::test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Decision<Blocked> decide(Stage& stage, BlockSeats order) {
  order.operator_name = "otto";
  Keys keys;
  block_keys(order, stage.view, keys);
  for (const SeatId seat : keys.seats) stage.view.seats.put(seat, std::nullopt);
  BatchContext context{stage.now, stage.ids};
  auto decision = decide_block(order, stage.view, context);
  stage.view.apply(decision.changes);
  return decision;
}

Decision<Blocked> block(Stage& stage, std::vector<std::int64_t> numbers) {
  return decide(stage, {.date = DateId{1}, .seats = {}, .numbers = std::move(numbers), .operator_name = {}});
}
Decision<Blocked> release(Stage& stage, std::vector<std::int64_t> numbers) {
  return decide(
      stage,
      {.date = DateId{1}, .seats = {}, .numbers = std::move(numbers), .block = false, .operator_name = {}});
}

TEST(BlockSeats, nobody_can_hold_a_blocked_seat_until_it_is_released) {
  Stage stage;
  const PlaceRef fan = stage.inside(1);
  EXPECT_EQ(outcome(block(stage, {7, 8})), "ok");
  EXPECT_EQ(outcome(stage.hold(fan, {7})), "SEAT_OCCUPIED");
  EXPECT_EQ(outcome(release(stage, {7})), "ok");
  EXPECT_EQ(outcome(stage.hold(fan, {7})), "ok");
  EXPECT_EQ(outcome(stage.hold(fan, {8})), "SEAT_OCCUPIED");
}

TEST(BlockSeats, takes_seats_by_id_or_by_number_none_twice) {
  Stage stage;
  const auto decision = decide(stage, {.date = DateId{1},
                                       .seats = {Stage::seat(3), Stage::seat(2), Stage::seat(3)},
                                       .numbers = {},
                                       .operator_name = {}});
  EXPECT_THAT(result_of(decision).seats, ElementsAre(Stage::seat(2), Stage::seat(3)));
  EXPECT_EQ(decision.changes.blocks.size(), 2U);
  EXPECT_THAT(result_of(block(stage, {2, 3})).changed, IsEmpty()) << "they are blocked already";
}

TEST(BlockSeats, refuses_held_and_sold_seats_by_name_and_blocks_none) {
  Stage stage;
  const PlaceRef fan = stage.inside(1);
  stage.charge(1, kBalanceMax);
  stage.hold(fan, {7});
  const auto sold = result_of(stage.hold(fan, {8})).reservations.front().id;
  ASSERT_EQ(outcome(stage.pay(fan, {sold})), "ok");
  const auto decision = block(stage, {6, 7, 8});
  ASSERT_EQ(outcome(decision), "SEAT_OCCUPIED");
  ASSERT_EQ(refusal_in(decision).details.size(), 2U);
  EXPECT_THAT(refusal_in(decision).details[0].message, HasSubstr("seat 7 "));
  EXPECT_THAT(refusal_in(decision).details[1].message, HasSubstr("seat 8 "));
  EXPECT_THAT(decision.changes.blocks, IsEmpty());
}

TEST(BlockSeats, may_block_what_lapsed_though_it_is_not_swept) {
  Stage stage;
  const PlaceRef fan = stage.inside(1);
  const TimePoint ends = result_of(stage.hold(fan, {7})).reservations.front().expires_at;
  stage.now = ends - Millis(1);
  EXPECT_EQ(outcome(block(stage, {7})), "SEAT_OCCUPIED");
  stage.now = ends;
  EXPECT_EQ(outcome(block(stage, {7})), "ok");
}

TEST(BlockSeats, refuses_what_is_no_seat_of_the_date) {
  Stage stage;
  const auto by_number = block(stage, {0, 1, 51});
  ASSERT_EQ(outcome(by_number), "SEAT_NOT_FOUND");
  EXPECT_EQ(refusal_in(by_number).details[1].path, "seatNumbers[2]");
  EXPECT_EQ(
      outcome(decide(stage,
                     {.date = DateId{1}, .seats = {Stage::seat(1, 2)}, .numbers = {}, .operator_name = {}})),
      "SEAT_NOT_FOUND");
  EXPECT_EQ(outcome(decide(
                stage, {.date = DateId{9}, .seats = {Stage::seat(1)}, .numbers = {}, .operator_name = {}})),
            "EVENT_DATE_NOT_FOUND");
}

TEST(BlockSeats, leaves_a_line_in_the_log_when_something_changed_R_Q17) {
  Stage stage;
  const auto decision = block(stage, {7});
  ASSERT_EQ(decision.changes.log.size(), 1U);
  EXPECT_EQ(decision.changes.log[0].action, "seats.block");
  EXPECT_EQ(decision.changes.log[0].operator_name, "otto");
  EXPECT_EQ(decision.changes.log[0].event, EventId{1});
  EXPECT_EQ(decision.changes.log[0].detail, R"({"date":1,"seatIds":[1007]})");
  EXPECT_THAT(block(stage, {7}).changes.log, IsEmpty());
}

}  // namespace
}  // namespace stagedoor::operators
