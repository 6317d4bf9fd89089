// R-S13: holding the best seats side by side.
#include "api/api_test.h"

namespace stagedoor::test {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

using BestSeats = ApiTest;

constexpr std::int64_t kHall = 2;  // A: 2 rows of 5, VIP; B: 3 rows of 10, Regular

std::vector<std::int64_t> seats_of(const ApiReply& reply) {
  std::vector<std::int64_t> seats;
  for (const auto& row : reply.data().at("reservations").as_array()) seats.push_back(number(row, "seatId"));
  return seats;
}

// R-S13, R-S10
TEST_F(BestSeats, are_held_side_by_side_and_answered_as_a_list) {
  const Visitor who = fan();
  const ApiReply reply = api.send(hold_best(who, kHall, 2, "Regular"));
  ASSERT_EQ(reply.status, 201) << reply.body;
  const auto& rows = reply.data().at("reservations").as_array();
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(number(rows[1], "seatId"), number(rows[0], "seatId") + 1);
  for (const auto& row : rows) {
    EXPECT_EQ(text(row, "userId"), who.user);
    EXPECT_EQ(text(row, "status"), "RESERVED");
    EXPECT_EQ(number(row, "price"), 5000);
    EXPECT_EQ(number(row, "eventDateId"), kHall);
    EXPECT_EQ(api.send(hold(who, number(row, "seatId"))).status, 200);
    EXPECT_EQ(api.send(cancel(who, number(row, "id"))).status, 200);
  }
}

// R-S13: whoever asks next gets other seats.
TEST_F(BestSeats, of_the_next_fan_are_others) {
  const Visitor one = fan(), other = fan();
  const ApiReply first = api.send(hold_best(one, kHall, 2, "Regular"));
  const ApiReply second = api.send(hold_best(other, kHall, 2, "Regular"));
  EXPECT_NE(seats_of(first).front(), seats_of(second).front());
  for (const Visitor& who : {one, other}) api.send(leave(who.token));
}

// R-S13
TEST_F(BestSeats, are_refused_with_the_largest_number_there_is) {
  const Visitor who = fan(kWindows);
  const ApiReply four = api.send(hold_best(who, 56, 4));  // a box of four
  ASSERT_EQ(four.status, 201) << four.body;
  api.send(cancel(who, number(four.data().at("reservations").at(0), "id")));
  const ApiReply refused = api.send(hold_best(fan(kWindows), 56, 2));
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.code(), "NO_SEATS_TOGETHER");
  EXPECT_EQ(number(refused.json, "largest"), 1);
  api.send(leave(who.token));
}

// R-S13, R-S8, R-X3
TEST_F(BestSeats, obey_the_rules_of_a_hold) {
  const Visitor who = fan();
  expect_refusal(hold_best(who, kHall, 5), 409, "SEAT_LIMIT_EXCEEDED");
  expect_refusal(hold_best(who, 99, 1), 404, "EVENT_DATE_NOT_FOUND");
  expect_refusal(hold_best(who, 53, 1), 403, "WRONG_TOKEN_EVENT");
  expect_refusal(hold_best(who, kHall, 1, "Platinum"), 400, "INVALID_REQUEST");
  expect_refusal(hold_best({new_user(), who.token}, kHall, 1), 401, "TOKEN_NOT_FOUND");
  const Visitor at_windows = fan(kWindows);
  expect_refusal(hold_best(at_windows, 51, 1), 409, "BOOKING_CLOSED");
  Call call = hold_best(who, kHall, 0);
  EXPECT_THAT(error_paths(api.send(call)), ElementsAre("count"));
  call.body = R"({"count":101,"section":"A"})";
  EXPECT_THAT(error_paths(api.send(call)),
              testing::UnorderedElementsAre("count", "eventDateId", "section", "userId"));
}

// R-X5
TEST_F(BestSeats, are_remembered_under_an_idempotency_key) {
  const Visitor who = fan();
  const Call call = hold_best(who, kHall, 1).with_key("best");
  const ApiReply first = api.send(call);
  const ApiReply again = api.send(call);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.header("Idempotency-Hit"), "true");
  EXPECT_EQ(api.send(hold_best(who, kHall, 2).with_key("best")).code(), "IDEMPOTENCY_MISMATCH");
  api.send(leave(who.token));
}

}  // namespace
}  // namespace stagedoor::test
