// What operators look up: reservations, and what every seat of a date is.
#include <fmt/format.h>

#include <array>

#include "core/base64url.h"
#include "protocol/ticket_layout.h"
#include "support/console.h"

namespace stagedoor::operators {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Find : public Console {
 protected:
  std::vector<std::int64_t> ids(std::string_view target) {
    std::vector<std::int64_t> found;
    const Answer answer = ask(target);
    EXPECT_FALSE(answer.refusal) << answer.body;
    if (answer.refusal) return {};
    const boost::json::value rows = data_of(answer);
    for (const auto& row : rows.as_array()) found.push_back(test::number(row, "id"));
    return found;
  }
  std::string serial_of(std::int64_t reservation, std::int32_t version) {
    return to_text(world.lane().ticket_serials().of({ReservationId{reservation}, version}));
  }
  // All that the code of such a ticket says, but for the signature.
  static std::string code_of(const std::string& serial) {
    protocol::TicketClaims claims;
    claims.serial = *parse_serial(serial);
    return base64url_encode(protocol::encode_ticket(1, claims));
  }
};

TEST_F(Find, reservations_of_a_user_newest_first) {
  const test::Visitor fan = world.enter(1);
  const std::int64_t first = hold(fan, 1);
  const std::int64_t second = hold(fan, 2);
  hold(world.enter(2), 3);
  world.call(test::cancel(fan, first));
  EXPECT_THAT(ids("/admin/reservations?user=" + fan.user), ElementsAre(second, first));
  EXPECT_THAT(ids("/admin/reservations?user=" + fan.user + "&status=RESERVED"), ElementsAre(second));
  EXPECT_THAT(ids("/admin/reservations?user=" + test::user(9)), IsEmpty());
  const auto page = json_of(ask("/admin/reservations?limit=1&user=" + fan.user));
  const std::string cursor = test::text(page, "nextCursor");
  EXPECT_THAT(ids("/admin/reservations?limit=1&user=" + fan.user + "&cursor=" + cursor), ElementsAre(first));
}

TEST_F(Find, a_reservation_by_its_id) {
  const test::Visitor fan = world.enter(1);
  const std::int64_t id = hold(fan, 1);
  const auto found = data_of(ask(fmt::format("/admin/reservations?id={}", id))).at(0);
  EXPECT_EQ(test::text(found, "userId"), fan.user);
  EXPECT_EQ(test::text(found, "status"), "RESERVED");
  EXPECT_THAT(ids("/admin/reservations?id=999999"), IsEmpty());
}

TEST_F(Find, who_has_a_seat_now) {
  const test::Visitor fan = world.enter(1);
  const std::int64_t id = hold(fan, 1);
  const std::string of_seat = fmt::format("/admin/reservations?seat={}", seat(1));
  EXPECT_THAT(ids(of_seat), ElementsAre(id));
  clock.advance(Millis(300'000));  // not swept, but over by rule (R-S4)
  EXPECT_THAT(data_of(ask(of_seat)).as_array(), IsEmpty());
}

// R-P7, R-U8: by what somebody at the door reads out, or by what a scanner types.
TEST_F(Find, the_reservation_of_a_ticket) {
  const test::Visitor fan = world.enter(1);
  const std::int64_t id = hold(fan, 1);
  world.call(test::charge(fan, 200'000));
  ASSERT_EQ(world.call(test::pay(fan, id)).status, 200);
  const auto found = data_of(ask(fmt::format("/admin/reservations?id={}", id))).at(0);
  const std::string serial = test::text(found, "ticketSerial");
  for (const std::string& ticket : {serial, code_of(serial)}) {
    const auto by_ticket = data_of(ask("/admin/reservations?ticket=" + ticket)).at(0);
    EXPECT_EQ(test::number(by_ticket, "id"), id) << ticket;
    EXPECT_FALSE(by_ticket.as_object().contains("ticketRevoked"));
  }
  EXPECT_THAT(ids("/admin/reservations?ticket=0123456789abcdef"), IsEmpty());
}

TEST_F(Find, says_that_the_ticket_is_revoked) {
  const test::Visitor fan = world.enter(1);
  const std::int64_t id = hold(fan, 1);
  const std::string of_id = fmt::format("/admin/reservations?id={}", id);
  const auto held = data_of(ask(of_id)).at(0).as_object();
  EXPECT_FALSE(held.contains("ticketSerial")) << "a hold has no ticket";
  EXPECT_THAT(ids("/admin/reservations?ticket=" + serial_of(id, 1)), IsEmpty()) << "nor had it ever one";
  world.call(test::charge(fan, 200'000));
  ASSERT_EQ(world.call(test::pay(fan, id)).status, 200);
  const std::string before = test::text(data_of(ask(of_id)).at(0), "ticketSerial");
  const std::string to = fmt::format(R"({{"userId":"{}"}})", test::user(2));
  ASSERT_EQ(world.call(test::admin("POST", fmt::format("/admin/reservations/{}/reassign", id), to)).status,
            200);
  const auto old = data_of(ask("/admin/reservations?ticket=" + before)).at(0);
  EXPECT_TRUE(old.at("ticketRevoked").as_bool());
  const std::string now = test::text(old, "ticketSerial");
  EXPECT_NE(now, before);
  EXPECT_FALSE(data_of(ask("/admin/reservations?ticket=" + now)).at(0).as_object().contains("ticketRevoked"));
  EXPECT_THAT(ids("/admin/reservations?ticket=" + serial_of(id, 9)), IsEmpty()) << "of a version to come";
  ASSERT_EQ(world.call(test::admin("POST", fmt::format("/admin/reservations/{}/refund", id))).status, 200);
  const auto refunded = data_of(ask("/admin/reservations?ticket=" + now)).at(0).as_object();
  EXPECT_TRUE(refunded.at("ticketRevoked").as_bool());
  EXPECT_FALSE(refunded.contains("ticketSerial"));
}

TEST_F(Find, takes_one_question_at_a_time) {
  for (const char* query :
       {"", "?user=x", "?id=0", "?id=x", "?seat=-1", "?id=1&seat=1", "?id=1&status=PAID", "?status=PAID",
        "?ticket=", "?ticket=0123456789ABCDEF", "?ticket=0123456789abcdef&id=1",
        "?ticket=0123456789abcdef&seat=1", "?ticket=0123456789abcdef&status=PAID"}) {
    EXPECT_EQ(ask(std::string("/admin/reservations") + query).refusal, Code::INVALID_REQUEST) << query;
  }
  EXPECT_EQ(ask("/admin/reservations?user=" + test::user(1) + "&status=GONE").refusal, Code::INVALID_REQUEST);
}

// A viewer's key in wrong hands leaves threads for the fans, who read their histories by the same ones.
TEST_F(Find, at_most_eight_at_a_time) {
  std::promise<void> may_go_on;
  const auto gate = may_go_on.get_future().share();
  query_pool.submit([gate](Queries&) { gate.wait(); });
  add_routes();
  std::array<Sink, 9> sinks;
  for (Sink& sink : sinks) send("/admin/reservations?id=1", {}, sink);
  EXPECT_EQ(sinks[8].answer.get_future().get().refusal, Code::RATE_LIMITED);
  may_go_on.set_value();
  for (std::size_t i = 0; i < 8; ++i) EXPECT_FALSE(sinks[i].answer.get_future().get().refusal);
  EXPECT_THAT(ids("/admin/reservations?id=1"), IsEmpty());
}

TEST_F(Find, what_every_seat_of_a_date_is) {
  const test::Visitor fan = world.enter(1);
  hold(fan, 1);
  const std::int64_t paid = hold(fan, 2);
  world.call(test::charge(fan, 200'000));
  ASSERT_EQ(world.call(test::pay(fan, paid)).status, 200);
  world.call(test::admin("POST", "/admin/dates/1/seats/block", R"({"seatNumbers":[4]})"));
  const Answer answer = ask("/admin/dates/1/seats");
  EXPECT_EQ(test::text(data_of(answer), "seats"), "hs.b" + std::string(46, '.'));
  EXPECT_EQ(test::number(data_of(answer), "firstSeatId"), seat(1));
  const std::size_t at = answer.headers.find("ETag: ") + 6;
  const std::string tag = answer.headers.substr(at, answer.headers.find('\r', at) - at);
  EXPECT_EQ(ask("/admin/dates/1/seats", {.tags = tag}).status, 304);
  EXPECT_EQ(ask("/admin/dates/9/seats").refusal, Code::EVENT_DATE_NOT_FOUND);
}

// However often a viewer asks.
TEST_F(Find, seats_are_rendered_at_most_twice_a_second) {
  const Answer before = ask("/admin/dates/1/seats");
  const auto begin = std::chrono::steady_clock::now();
  hold(world.enter(1), 1);
  const Answer after = ask("/admin/dates/1/seats");
  if (std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(400)) {
    EXPECT_EQ(after.shared, before.shared);
  }
}

}  // namespace
}  // namespace stagedoor::operators
