// R-S1 – R-S11, R-W4: holding seats, looking at reservations, giving them back.
#include "api/api_test.h"

#include "support/catalogue.h"

namespace stagedoor::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

using Seats = ApiTest;

// R-S1
TEST_F(Seats, a_hold_is_answered_with_the_whole_reservation) {
  const Visitor who = fan();
  const std::int64_t seat = free_seat(who);
  const ApiReply reply = api.send(hold(who, seat));
  ASSERT_EQ(reply.status, 201);
  const auto& row = reply.data();
  EXPECT_EQ(number(row, "seatId"), seat);
  EXPECT_GE(number(row, "seatNumber"), 1);
  EXPECT_EQ(text(row, "userId"), who.user);
  EXPECT_EQ(text(row, "status"), "RESERVED");
  EXPECT_EQ(number(row, "eventId"), kClub);
  EXPECT_EQ(text(row, "eventName"), "Winter Club Night");
  EXPECT_EQ(number(row, "eventPropertyId"), 1);
  EXPECT_EQ(number(row, "eventDateId"), 1);
  EXPECT_EQ(text(row, "eventDate"), "2096-02-01T10:00:00.000Z");
  EXPECT_EQ(number(row, "price"), 110'000);
  EXPECT_TRUE(row.at("deletedAt").is_null());
  EXPECT_EQ(text(row, "createdAt"), text(row, "updatedAt"));
  EXPECT_EQ(*parse_rfc3339(text(row, "expiresAt")) - *parse_rfc3339(text(row, "createdAt")), Millis(300'000));
  EXPECT_FALSE(row.as_object().contains("paymentId"));
}

// R-S2
TEST_F(Seats, the_owner_sees_the_reservation_in_the_same_shape) {
  const Visitor who = fan();
  const ApiReply held = api.send(hold(who, free_seat(who)));
  EXPECT_EQ(api.send(get_reservation(who, number(held.data(), "id"))).body, held.body);
}

// R-S5
TEST_F(Seats, holding_ones_own_seat_again_gives_the_same_hold) {
  const Visitor who = fan();
  const std::int64_t seat = free_seat(who);
  const ApiReply first = api.send(hold(who, seat));
  const ApiReply again = api.send(hold(who, seat));
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.body, first.body);
}

// R-S5
TEST_F(Seats, somebody_elses_seat_is_occupied) {
  const Visitor who = fan(), other = fan();
  const std::int64_t seat = free_seat(who);
  api.send(hold(who, seat));
  const ApiReply refused = api.send(hold(other, seat));
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.code(), "SEAT_OCCUPIED");
  EXPECT_THAT(error_paths(refused), ElementsAre("seatId"));
}

// R-S3
TEST_F(Seats, a_cancelled_seat_is_free_at_once) {
  const Visitor who = fan();
  const std::int64_t seat = free_seat(who);
  const std::int64_t id = number(api.send(hold(who, seat)).data(), "id");
  const ApiReply over = api.send(cancel(who, id));
  EXPECT_EQ(over.status, 200);
  EXPECT_EQ(text(over.data(), "status"), "CANCELLED");
  EXPECT_EQ(api.send(hold(fan(), seat)).status, 201);
  expect_refusal(cancel(who, id), 409, "WRONG_RESERVATION_STATUS");
}

// R-S4: free by rule from its end on, and reading as cancelled.
TEST_F(Seats, a_hold_lapses_at_its_end) {
  const Visitor who = fan(kShort), other = fan(kShort);
  const std::int64_t seat = free_seat(who, 70);
  const ApiReply held = api.send(hold(who, seat));
  const std::int64_t id = number(held.data(), "id");
  const TimePoint ends = *parse_rfc3339(text(held.data(), "expiresAt"));
  EXPECT_EQ(ends - *parse_rfc3339(text(held.data(), "createdAt")), Millis(1000));
  await([&] {
    const ApiReply reply = api.send(hold(other, seat));
    const bool is_early = now_of_server() < ends;
    EXPECT_TRUE(reply.ok() || reply.code() == "SEAT_OCCUPIED") << reply.body;
    EXPECT_FALSE(is_early && reply.ok());
    return reply.ok();
  });
  EXPECT_EQ(text(api.send(get_reservation(who, id)).data(), "status"), "CANCELLED");
  expect_refusal(cancel(who, id), 410, "RESERVATION_EXPIRED");
}

// R-S8
TEST_F(Seats, a_user_has_no_more_than_the_events_limit) {
  const Visitor who = fan();
  const auto free = free_seats(api, who, 2);
  ASSERT_EQ(api.send(hold_all(who, {free[0], free[1], free[2], free[3]})).status, 201);
  expect_refusal(hold(who, free[4]), 409, "SEAT_LIMIT_EXCEEDED");
  EXPECT_EQ(api.send(hold(who, free[0])).status, 200);
  api.send(leave(who.token));
}

// R-S8
TEST_F(Seats, a_lapsed_seat_stays_out_of_reach_for_the_cooldown) {
  Deployment alone(club_night("admission: capacity, capacity: 1000, active_ttl: 5m, poll_min: 0s",
                              "hold_ttl: 200ms, rehold_cooldown: 10s"));
  Api its_api(alone.urls());
  const Visitor who = enter(its_api, user(1), 1), other = enter(its_api, user(2), 1);
  const std::int64_t seat = free_seats(its_api, who, 1).front();
  const std::int64_t id = number(its_api.send(hold(who, seat)).data(), "id");
  await([&] { return text(its_api.send(get_reservation(who, id)).data(), "status") == "CANCELLED"; });
  EXPECT_EQ(its_api.send(hold(who, seat)).code(), "SEAT_LIMIT_EXCEEDED");
  EXPECT_EQ(its_api.send(hold(other, seat)).status, 201);
}

// R-S10
TEST_F(Seats, several_seats_are_held_together_or_not_at_all) {
  const Visitor who = fan(), other = fan();
  const auto free = free_seats(api, who, 2);
  const ApiReply held = api.send(hold_all(who, {free[3], free[1]}));
  ASSERT_EQ(held.status, 201);
  const auto& rows = held.data().at("reservations").as_array();
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(number(rows[0], "seatId"), free[3]);
  EXPECT_EQ(number(rows[1], "seatId"), free[1]);
  const ApiReply refused = api.send(hold_all(other, {free[0], free[1], free[2]}));
  EXPECT_EQ(refused.code(), "SEAT_OCCUPIED");
  EXPECT_THAT(error_paths(refused), ElementsAre("seatIds[1]"));
  EXPECT_THAT(api.send(list_reservations(other)).data().as_array(), IsEmpty());
  api.send(leave(who.token));
}

// R-S1, section 8
TEST_F(Seats, a_seat_that_cannot_be_had_is_refused_with_the_reason) {
  const Visitor club = fan(), windows = fan(kWindows);
  expect_refusal(hold(club, 999'999), 404, "SEAT_NOT_FOUND");
  const auto first_seat = [&](std::int64_t date) {
    const ApiReply map = api.send(list_seats(windows.token, date));
    return number(map.data().at("seat").at(0), "id");
  };
  expect_refusal(hold(windows, first_seat(51)), 409, "BOOKING_CLOSED");
  expect_refusal(hold(windows, first_seat(52)), 409, "BOOKING_CLOSED");
  expect_refusal(hold(club, first_seat(53)), 403, "WRONG_TOKEN_EVENT");
}

// R-S1, R-S11, section 8
TEST_F(Seats, holding_takes_an_active_token_of_that_user) {
  const Visitor who = fan(), other = fan();
  const std::int64_t seat = free_seat(who);
  expect_refusal(hold({who.user, other.token}, seat), 401, "TOKEN_NOT_FOUND");
  expect_refusal(hold({who.user, ""}, seat), 401, "TOKEN_NOT_FOUND");
  enter(api, user(900'000), kFull);
  const std::string me = new_user();
  const ApiReply refused = api.send(hold({me, text(api.send(join(me, kFull)).data(), "token")}, seat));
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.code(), "WRONG_TOKEN_TURN");
  EXPECT_GE(number(refused.json, "position"), 0);
  EXPECT_GE(number(refused.json, "pollAfterMs"), 1000);
}

// R-S2, R-S3, R-S11
TEST_F(Seats, a_reservation_is_its_owners_alone) {
  const Visitor who = fan(), other = fan();
  const std::int64_t id = new_hold(who);
  expect_refusal(get_reservation(other, id), 403, "FORBIDDEN");
  expect_refusal(cancel(other, id), 403, "FORBIDDEN");
  expect_refusal(pay(other, id), 403, "FORBIDDEN");
  expect_refusal(refund(other, id), 403, "FORBIDDEN");
  expect_refusal(get_reservation({"", ""}, id), 401, "TOKEN_NOT_FOUND");
  expect_refusal(get_reservation(who, 999'999), 404, "RESERVATION_NOT_FOUND");
  expect_refusal(cancel(who, 999'999), 404, "RESERVATION_NOT_FOUND");
  expect_refusal(get_reservation(who, -1), 400, "INVALID_REQUEST");
}

// R-S11: whatever its turn: with a token of another event, or after the visit.
TEST_F(Seats, the_owner_may_look_and_cancel_with_any_authentic_token) {
  const Visitor who = fan();
  const std::int64_t id = new_hold(who);
  const Visitor same{who.user, text(api.send(join(who.user, kFull)).data(), "token")};
  EXPECT_EQ(api.send(get_reservation(same, id)).status, 200);
  EXPECT_EQ(api.send(cancel(same, id)).status, 200);
  api.send(leave(who.token));
  EXPECT_EQ(api.send(get_reservation(who, id)).status, 200);
  EXPECT_EQ(api.send(list_reservations(who)).status, 200);
}

// R-X2, R-X3, R-S10
TEST_F(Seats, every_error_of_the_body_is_named_at_once) {
  const Visitor who = fan();
  const auto errors = [&](std::string body) {
    const ApiReply reply =
        api.send({.method = "POST", .target = "/events/seats", .token = who.token, .body = std::move(body)});
    EXPECT_EQ(reply.status, 400) << reply.body;
    EXPECT_EQ(reply.code(), "INVALID_REQUEST");
    return error_paths(reply);
  };
  const std::string me = "\"userId\":\"" + who.user + "\"";
  EXPECT_THAT(errors("{}"), testing::UnorderedElementsAre("userId", "seatId"));
  EXPECT_THAT(errors(R"({"seatId":"x","userId":"y","z":1})"),
              testing::UnorderedElementsAre("seatId", "userId", "z"));
  EXPECT_THAT(errors("{" + me + R"(,"seatIds":[1,"b",-3,4.5]})"),
              testing::UnorderedElementsAre("seatIds[1]", "seatIds[2]", "seatIds[3]"));
  EXPECT_THAT(errors("{" + me + R"(,"seatIds":[]})"), ElementsAre("seatIds"));
  EXPECT_THAT(errors("{" + me + R"(,"seatIds":[1,1]})"), ElementsAre("seatIds"));
  EXPECT_THAT(errors("{" + me + R"(,"seatId":1,"seatIds":[2]})"), ElementsAre("seatIds"));
  EXPECT_THAT(errors("[]"), ElementsAre(""));
}

// R-X2
TEST_F(Seats, a_numeric_text_is_an_id_too) {
  const Visitor who = fan();
  const std::int64_t seat = free_seat(who);
  const ApiReply reply =
      api.send({.method = "POST",
                .target = "/events/seats",
                .token = who.token,
                .body = R"({"seatId":")" + std::to_string(seat) + R"(","userId":")" + who.user + "\"}"});
  EXPECT_EQ(reply.status, 201) << reply.body;
  EXPECT_EQ(number(reply.data(), "seatId"), seat);
}

// R-W4, R-X6
TEST_F(Seats, a_user_lists_their_reservations_newest_first_by_status_and_page) {
  const Visitor who = fan(kClub, 1'000'000);
  std::vector<std::int64_t> ids;
  for (int i = 0; i < 4; ++i) ids.push_back(new_hold(who, 3));
  api.send(cancel(who, ids[0]));
  api.send(pay(who, ids[1]));
  const auto list = [&](std::string query) {
    return api.send(
        {.method = "GET", .target = "/users/" + who.user + "/reservations" + query, .token = who.token});
  };
  const auto ids_of = [](const ApiReply& reply) {
    std::vector<std::int64_t> found;
    for (const auto& row : reply.data().as_array()) found.push_back(number(row, "id"));
    return found;
  };
  EXPECT_THAT(ids_of(list("")), ElementsAre(ids[3], ids[2], ids[1], ids[0]));
  EXPECT_THAT(ids_of(list("?status=PAID")), ElementsAre(ids[1]));
  EXPECT_THAT(ids_of(list("?status=CANCELLED")), ElementsAre(ids[0]));
  EXPECT_THAT(ids_of(list("?status=REFUNDED")), IsEmpty());

  const ApiReply first = list("?limit=3");
  EXPECT_THAT(ids_of(first), SizeIs(3));
  const std::string cursor = text(first.json, "nextCursor");
  const ApiReply second = list("?limit=3&cursor=" + cursor);
  EXPECT_THAT(ids_of(second), ElementsAre(ids[0]));
  EXPECT_TRUE(second.json.at("nextCursor").is_null());
  EXPECT_TRUE(list("?limit=4").json.at("nextCursor").is_null());

  EXPECT_THAT(error_paths(list("?status=paid&limit=0&cursor=x")),
              testing::UnorderedElementsAre("status", "limit", "cursor"));
  EXPECT_EQ(list("?limit=201").code(), "INVALID_REQUEST");
  EXPECT_EQ(list("?limit=200").status, 200);
}

}  // namespace
}  // namespace stagedoor::test
