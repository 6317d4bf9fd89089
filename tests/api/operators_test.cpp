// What fans see of what operators do: R-S12, R-P6, R-Q10, R-Q17, R-C1, R-C2, R-S9, R-O1.
#include "api/api_test.h"
#include "support/listener.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
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

// R-O2: consoles see what happens, wherever it happens.
TEST_F(Operators, watch_a_sale_as_it_goes) {
  const auto sold_of = [](const boost::json::value& live) { return number(live.at("events").at(0), "sold"); };
  Listener console(sale().server(0).url(), "/admin/live/stream",
                   {{"Authorization", "Bearer " + std::string(kOwnerKey)}});
  ASSERT_EQ(console.status(), 200);
  const auto first = console.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->event, "live");
  const std::int64_t before = sold_of(boost::json::parse(first->data));
  const Visitor who = fan(kClub, 110'000);
  ASSERT_EQ(api.send(pay(who, new_hold(who))).status, 200);
  await([&] { return sold_of(boost::json::parse(console.next().value().data)) == before + 1; });
  const auto live = boost::json::parse(console.next().value().data);
  EXPECT_GT(live.at("instance").at("seconds").to_number<double>(), 0.5);
  EXPECT_FALSE(live.at("instance").at("storeAway").as_bool());
  EXPECT_EQ(sold_of(done("GET", "/admin/live")), before + 1);
}

// R-O2: also those that another instance made.
TEST_F(Operators, find_and_export_reservations) {
  const Visitor who = fan();
  const std::int64_t seat = free_seat(who);
  const std::int64_t id = number(api.send(hold(who, seat)).data(), "id");
  for (const std::string& query :
       {fmt::format("id={}", id), fmt::format("seat={}", seat), "user=" + who.user})
    EXPECT_EQ(number(done("GET", "/admin/reservations?" + query).at(0), "id"), id) << query;
  const auto seats = done("GET", "/admin/dates/1/seats");
  EXPECT_EQ(text(seats, "seats").at(std::size_t(seat - number(seats, "firstSeatId"))), 'h');
  const ApiReply file = api.send(admin("GET", "/admin/export/reservations.csv?date=1"));
  ASSERT_EQ(file.status, 200) << file.body;
  EXPECT_EQ(file.header("Transfer-Encoding"), "chunked");
  EXPECT_EQ(file.header("Cache-Control"), "no-store");
  EXPECT_THAT(file.body, HasSubstr(fmt::format("\r\n{},RESERVED,1,Winter Club Night,1,", id)));
  EXPECT_THAT(boost::json::serialize(done("GET", "/admin/log").at(0)), HasSubstr("reservations.export"));
}

// R-P7, R-Q17, R-U8: from the store, also what other instances did.
TEST_F(Operators, find_by_ticket_and_judge_the_room) {
  const Visitor who = fan(kClub, 110'000);
  const std::int64_t id = new_hold(who);
  ASSERT_EQ(api.send(pay(who, id)).status, 200);
  const auto of_id = done("GET", fmt::format("/admin/reservations?id={}", id)).at(0);
  const auto found = done("GET", "/admin/reservations?ticket=" + text(of_id, "ticketSerial")).at(0);
  EXPECT_EQ(number(found, "id"), id);
  const auto judged = done("GET", "/admin/events/1/fairness");
  EXPECT_GE(number(judged, "admissions"), 1);
  EXPECT_EQ(number(judged, "inversions"), 0);
}

// R-K4
TEST_F(Operators, export_the_catalogue_that_import_reads) {
  const ApiReply file = api.send(admin("GET", "/admin/export/catalogue.json"));
  ASSERT_EQ(file.status, 200) << file.body;
  for (const char* query : {"?dry_run=true", ""}) {
    const auto summary = done("POST", std::string("/admin/import") + query, file.body);
    for (const char* list : {"added", "changed", "kept"})
      EXPECT_EQ(summary.at(list).as_array().size(), 0U) << list;
  }
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
