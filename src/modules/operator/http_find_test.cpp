// What operators look up: reservations, and what every seat of a date is.
#include <fmt/format.h>

#include <array>

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

TEST_F(Find, takes_one_question_at_a_time) {
  for (const char* query :
       {"", "?user=x", "?id=0", "?id=x", "?seat=-1", "?id=1&seat=1", "?id=1&status=PAID", "?status=PAID"}) {
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
