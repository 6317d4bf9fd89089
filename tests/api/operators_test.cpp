// What fans see of what operators do: R-S12, R-P6, R-Q10, R-Q17, R-C1, R-C2, R-S9, R-O1.
#include "api/api_test.h"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>

namespace stagedoor::test {
namespace {

using testing::HasSubstr;

class Operators : public ApiTest {
 protected:
  boost::json::value done(std::string_view method, std::string target, std::string_view body = "") {
    const ApiReply reply = api.send(admin(method, target, body));
    EXPECT_TRUE(reply.ok()) << method << ' ' << target << ": " << reply.body;
    return reply.ok() ? reply.data() : boost::json::value();
  }
  std::string status(const std::string& token) {
    return text(api.send(queue_status(token)).data(), "status");
  }
  std::string seat_status(const Visitor& who, std::int64_t date, std::int64_t seat) {
    const ApiReply map = api.send(list_seats(who.token, date));
    for (const auto& one : map.data().at("seat").as_array())
      if (number(one, "id") == seat) return text(one, "status");
    return "";
  }
};

// R-S12
TEST_F(Operators, a_house_seat_is_occupied_until_it_is_released) {
  const Visitor who = fan();
  const std::int64_t seat = free_seat(who);
  const std::string seats = fmt::format(R"({{"seatIds":[{}]}})", seat);
  done("POST", "/admin/dates/1/seats/block", seats);
  EXPECT_EQ(seat_status(who, 1, seat), "OCCUPIED");
  expect_refusal(hold(who, seat), 409, "SEAT_OCCUPIED");
  done("POST", "/admin/dates/1/seats/unblock", seats);
  EXPECT_EQ(seat_status(who, 1, seat), "AVAILABLE");
  EXPECT_EQ(api.send(hold(who, seat)).status, 201);
}

// R-S12: what is blocked stays blocked through a restart.
TEST_F(Operators, house_seats_outlive_the_process) {
  Deployment alone{std::string(kSale)};
  auto its_api = std::make_unique<Api>(alone.urls());
  const Visitor who = enter(*its_api, user(1), kClub);
  const std::int64_t seat = free_seats(*its_api, who, 1)[4];
  ASSERT_TRUE(
      its_api->send(admin("POST", "/admin/dates/1/seats/block", fmt::format(R"({{"seatIds":[{}]}})", seat)))
          .ok());
  alone.kill9_all();
  alone.start_all();
  its_api = std::make_unique<Api>(alone.urls());
  EXPECT_EQ(its_api->send(hold(who, seat)).code(), "SEAT_OCCUPIED");
  EXPECT_EQ(free_seats(*its_api, who, 1).size(), 49u);
}

// R-P6: an operator may always, where the owner may not.
TEST_F(Operators, refund_what_the_owner_cannot) {
  const Visitor who = fan(kShort, 1000);
  const std::int64_t id = new_hold(who, 70);
  ASSERT_EQ(api.send(pay(who, id)).status, 200);
  expect_refusal(refund(who, id), 409, "WRONG_RESERVATION_STATUS");
  done("POST", fmt::format("/admin/reservations/{}/refund", id));
  EXPECT_EQ(text(api.send(get_reservation(who, id)).data(), "status"), "REFUNDED");
  EXPECT_EQ(number(api.send(get_balance(who)).data(), "balance"), 1000);
  EXPECT_EQ(api.send(admin("POST", fmt::format("/admin/reservations/{}/refund", id))).code(),
            "WRONG_RESERVATION_STATUS");
}

// R-W2, R-O1
TEST_F(Operators, charge_a_users_balance) {
  const Visitor who = fan();
  done("POST", "/admin/users/" + who.user + "/balance/charge", R"({"amount":777})");
  EXPECT_EQ(number(api.send(get_balance(who)).data(), "balance"), 777);
  EXPECT_EQ(api.send(admin("POST", "/admin/users/" + who.user + "/balance/charge", R"({"amount":0})")).code(),
            "INVALID_AMOUNT");
}

// R-Q10, R-Q17: changed while running: more are let in at once; fewer means nobody further, and nobody is
// thrown out.
TEST_F(Operators, change_how_many_are_let_in_while_people_wait) {
  Deployment alone{std::string(kSale)};
  Api its_api(alone.urls());
  std::vector<std::string> tokens;
  for (std::uint64_t n = 1; n <= 6; ++n)
    tokens.push_back(text(its_api.send(join(user(n), kFull)).data(), "token"));
  const auto inside = [&] {
    std::size_t count = 0;
    for (const auto& token : tokens)
      count += text(its_api.send(queue_status(token)).data(), "status") == "ACTIVATED";
    return count;
  };
  await([&] { return inside() == 1; });
  ASSERT_TRUE(its_api.send(admin("PATCH", "/admin/events/4/queue", R"({"capacity":4})")).ok());
  await([&] { return inside() == 4; });
  ASSERT_TRUE(its_api.send(admin("PATCH", "/admin/events/4/queue", R"({"capacity":2})")).ok());
  ASSERT_TRUE(its_api.send(leave(tokens[0])).ok());
  std::this_thread::sleep_for(std::chrono::milliseconds(150));
  EXPECT_EQ(inside(), 3u);
  ASSERT_TRUE(its_api.send(leave(tokens[1])).ok());
  ASSERT_TRUE(its_api.send(leave(tokens[2])).ok());
  await([&] { return text(its_api.send(queue_status(tokens[4])).data(), "status") == "ACTIVATED"; });
  EXPECT_EQ(inside(), 2u);
}

// R-Q17
TEST_F(Operators, pause_and_resume_admissions) {
  done("POST", "/admin/events/5/queue/pause");
  const std::string token = text(api.send(join(new_user(), kWindows)).data(), "token");
  std::this_thread::sleep_for(std::chrono::milliseconds(150));
  EXPECT_EQ(status(token), "CREATED");
  done("POST", "/admin/events/5/queue/resume");
  await([&] { return status(token) == "ACTIVATED"; });
}

// R-O1, R-C1, R-C2
TEST_F(Operators, add_events_and_dates_that_fans_see_at_once) {
  const auto event =
      done("POST", "/admin/events",
           R"({"name":"Matinee","on_sale":{"from":"2020-01-01T00:00:00Z","until":"2096-01-01T00:00:00Z"},
                              "queue":{"admission":"capacity","capacity":1000,"poll_min":"0s"}})");
  const std::int64_t id = number(event, "id");
  EXPECT_EQ(text(api.send(get_event(id)).data(), "name"), "Matinee");
  const auto date = done("POST", fmt::format("/admin/events/{}/dates", id),
                         R"({"starts_at":"2096-05-01T14:00:00Z","layout":"box","prices":{"Standard":9000}})");
  const Visitor who = fan(id);
  const ApiReply held = api.send(hold(who, free_seat(who, number(date, "id"))));
  EXPECT_EQ(held.status, 201) << held.body;
  EXPECT_EQ(number(held.data(), "price"), 9000);
}

// R-S9: a new price is for new holds.
TEST_F(Operators, a_changed_price_leaves_holds_as_they_are) {
  const Visitor who = fan(kWindows, 1000);
  const std::int64_t id = new_hold(who, 53);
  done("PATCH", "/admin/dates/53", R"({"prices":{"Standard":2}})");
  EXPECT_EQ(number(api.send(get_reservation(who, id)).data(), "price"), 1);
  const ApiReply next = api.send(hold(who, free_seat(who, 53)));
  EXPECT_EQ(number(next.data(), "price"), 2);
  EXPECT_EQ(api.send(pay(who, id)).status, 200);
  EXPECT_EQ(number(api.send(get_balance(who)).data(), "balance"), 999);
}

// R-O1, section 8: closing an event.
TEST_F(Operators, closing_an_event_ends_its_sale) {
  Deployment alone{std::string(kSale)};
  Api its_api(alone.urls());
  const Visitor who = enter(its_api, user(1), kClub);
  const auto seats = free_seats(its_api, who, 1);
  const std::int64_t id = number(its_api.send(hold(who, seats[0])).data(), "id");
  give_money(its_api, who, 110'000);
  ASSERT_TRUE(its_api.send(admin("PATCH", "/admin/events/1", R"({"closed":true})")).ok());
  EXPECT_EQ(its_api.send(join(user(2), kClub)).code(), "EVENT_NOT_ON_SALE");
  EXPECT_EQ(its_api.send(hold(who, seats[1])).code(), "EVENT_NOT_ON_SALE");
  EXPECT_EQ(its_api.send(pay(who, id)).status, 200);  // who holds may pay
  EXPECT_EQ(text(its_api.send(get_event(kClub)).data(), "status"), "CLOSED");
}

// R-Q17: every change is in the audit log, with who did it.
TEST_F(Operators, leave_a_line_in_the_log) {
  done("POST", "/admin/events/8/queue/pause");
  const ApiReply log = api.send(admin("GET", "/admin/log"));
  EXPECT_THAT(boost::json::serialize(log.data().at(0)),
              testing::AllOf(HasSubstr("queue.pause"), HasSubstr("test")));
  done("POST", "/admin/events/8/queue/resume");
}

// R-O1, section 8
TEST_F(Operators, a_fans_token_opens_nothing_here) {
  const Visitor who = fan();
  expect_refusal({.method = "GET", .target = "/admin/events", .token = who.token}, 401, "ADMIN_KEY_INVALID");
  expect_refusal({.method = "GET", .target = "/admin/events"}, 401, "ADMIN_KEY_INVALID");
  expect_refusal({.method = "POST", .target = "/admin/events/1/queue/pause", .token = "x"}, 401,
                 "ADMIN_KEY_INVALID");
}

}  // namespace
}  // namespace stagedoor::test
