#include "crowd/journey.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stagedoor::crowd {
namespace {

using testing::HasSubstr;
using testing::Not;

// One fan, told answer after answer.
struct OneFan {
  Journey journey;
  Fan fan = journey.arrive(0);

  explicit OneFan(Journey::Options options = {.event = 3})
      : journey(resolve("http://127.0.0.1:81"), std::move(options), 1) {
    fan.second_tab = fan.forgetful = false;
  }

  Journey::Next told(int status, std::string body, std::string headers = "") {
    return journey.answered(
        fan, {.status = status, .headers = headers, .body = body, .error = status == 0 ? "lost" : ""});
  }
  Journey::Next told_place(const char* status, int position, int poll_after = 2500) {
    return told(
        200, fmt::format(R"({{"data":{{"token":"Bearer t","status":"{}","position":{},"pollAfterMs":{}}}}})",
                         status, position, poll_after));
  }
  void reach_availability() {
    told_place("ACTIVATED", 0);
    told(200, R"({"data":[{"id":5,"seatCount":2,"prices":[{"category":"VIP","price":9,"left":2}]}]})");
    told(200, R"({"data":{"firstSeatId":8,"totalSeats":2}})", "ETag: \"l1\"\r\n");
  }
  std::uint64_t breaches(Rule rule) const { return journey.breaches().count(rule); }
};

TEST(Journey, asks_again_when_told_to) {  // R-Q15
  OneFan one;
  EXPECT_THAT(one.fan.request, HasSubstr("POST /queue HTTP/1.1"));
  const auto next = one.told_place("CREATED", 7);
  EXPECT_EQ(next.after, Millis(2500));
  EXPECT_THAT(one.fan.request, HasSubstr("GET /queue HTTP/1.1"));
  EXPECT_THAT(one.fan.request, HasSubstr("Authorization: Bearer t\r\n"));
  EXPECT_EQ(one.told(429, R"({"code":"POLL_TOO_SOON"})", "Retry-After: 4\r\n").after, Millis(4000));
  EXPECT_THAT(one.fan.request, HasSubstr("GET /queue HTTP/1.1"));
  EXPECT_EQ(one.told_place("ACTIVATED", 0).after, Millis(0));
  EXPECT_THAT(one.fan.request, HasSubstr("GET /events/3/dates HTTP/1.1"));
  EXPECT_EQ(one.journey.breaches().total(), 0u);
}

TEST(Journey, a_status_that_goes_back_breaks_the_rule) {  // R-Q5
  OneFan one;
  one.fan.second_tab = true;
  one.told_place("ACTIVATED", 0);
  one.told_place("CREATED", 0);
  EXPECT_EQ(one.breaches(Rule::status_went_back), 1u);
}

TEST(Journey, a_position_that_grows_breaks_the_rule) {  // R-Q5
  OneFan one;
  one.told_place("CREATED", 5);
  one.told_place("CREATED", 5);
  EXPECT_EQ(one.breaches(Rule::position_grew), 0u);
  one.told_place("CREATED", 6);
  EXPECT_EQ(one.breaches(Rule::position_grew), 1u);
}

TEST(Journey, repeats_unanswered_requests_unchanged_and_then_gives_up) {  // R-X5
  OneFan one;
  one.reach_availability();
  one.told(200, R"({"data":{"bits":"Aw"}})");
  const std::string request = one.fan.request;
  EXPECT_THAT(request, HasSubstr("POST /events/seats/best"));
  EXPECT_THAT(request, HasSubstr(R"("category":"VIP")"));
  EXPECT_THAT(request, HasSubstr("Idempotency-Key: "));
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(one.told(0, "").over);
    EXPECT_EQ(one.fan.request, request);
  }
  EXPECT_EQ(one.breaches(Rule::not_answered), 0u);
  EXPECT_TRUE(one.told(0, "").over);
  EXPECT_EQ(one.breaches(Rule::not_answered), 1u);
  EXPECT_EQ(one.journey.tally().in(Stage::failed), 1);
}

TEST(Journey, a_lost_race_for_a_picked_seat_leads_to_a_fresh_map_and_another_seat) {
  OneFan one({.event = 3, .pick = true});
  one.reach_availability();
  one.told(200, R"({"data":{"bits":"Aw"}})", "ETag: \"v1\"\r\n");
  const std::int64_t first = one.fan.wanted_seat;
  one.told(409, R"({"code":"SEAT_OCCUPIED"})");
  EXPECT_THAT(one.fan.request, HasSubstr("GET /events/properties/5/availability"));
  EXPECT_THAT(one.fan.request, HasSubstr("If-None-Match: \"v1\"\r\n"));
  one.told(200, R"({"data":{"bits":"Aw"}})", "ETag: \"v2\"\r\n");
  EXPECT_EQ(one.fan.wanted_seat, 17 - first);
  one.told(409, R"({"code":"SEAT_OCCUPIED"})");
  one.told(304, "",
           "ETag: \"v2\"\r\n");  // the same map, and nothing of it is left to try: the whole map is asked for
  EXPECT_THAT(one.fan.request, Not(HasSubstr("If-None-Match")));
  EXPECT_EQ(one.journey.breaches().total(), 0u);
}

// R-S13
TEST(Journey, a_fan_who_finds_no_seats_together_tries_any_category_and_then_fewer) {
  OneFan one({.event = 3, .seats_per_fan = 2});
  one.reach_availability();
  one.told(200, R"({"data":{"bits":"Aw"}})");
  const std::string none = R"({"success":false,"code":"NO_SEATS_TOGETHER","largest":1})";
  one.told(409, none);
  EXPECT_THAT(one.fan.request, HasSubstr(R"("count":2)"));
  EXPECT_THAT(one.fan.request, Not(HasSubstr("category")));
  one.told(409, none);
  EXPECT_THAT(one.fan.request, HasSubstr(R"("count":1)"));
  one.told(409, R"({"success":false,"code":"NO_SEATS_TOGETHER","largest":0})");
  EXPECT_THAT(one.fan.request, HasSubstr("GET /events/3/dates"));
  EXPECT_EQ(one.journey.breaches().total(), 0u);
}

// R-C9
TEST(Journey, a_fan_fetches_the_layout_once) {
  OneFan one;
  one.told_place("ACTIVATED", 0);
  const std::string dates = R"({"data":[{"id":5,"seatCount":2}]})";
  one.told(200, dates);
  EXPECT_THAT(one.fan.request, HasSubstr("GET /events/properties/5/layout"));
  EXPECT_THAT(one.fan.request, HasSubstr("Accept-Encoding: gzip\r\n"));
  one.told(200, R"({"data":{"firstSeatId":8,"totalSeats":2}})");
  one.told(409, R"({"code":"NO_SEAT_AVAILABLE"})");
  one.told(200, dates);
  EXPECT_THAT(one.fan.request, HasSubstr("GET /events/properties/5/availability"));
}

TEST(Journey, a_fan_told_that_nothing_is_left_leaves_the_line) {  // R-Q16
  OneFan one;
  one.told(
      200,
      R"({"data":{"token":"Bearer t","status":"CREATED","position":3,"pollAfterMs":1000,"soldOut":true}})");
  EXPECT_THAT(one.fan.request, HasSubstr("DELETE /queue"));
  EXPECT_TRUE(one.told(200, R"({"data":{}})").over);
  EXPECT_EQ(one.journey.tally().in(Stage::nothing_left), 1);
}

TEST(Journey, only_those_without_a_seat_go_home_when_it_is_sold_out) {
  OneFan waiting;
  waiting.told_place("CREATED", 3);
  EXPECT_FALSE(waiting.journey.interrupted(waiting.fan).has_value());
  waiting.journey.announce_sold_out();
  ASSERT_TRUE(waiting.journey.interrupted(waiting.fan).has_value());
  EXPECT_THAT(waiting.fan.request, HasSubstr("DELETE /queue"));

  OneFan holding;
  holding.reach_availability();
  holding.told(200, R"({"data":{"bits":"Aw"}})");
  holding.journey.announce_sold_out();
  EXPECT_FALSE(holding.journey.interrupted(holding.fan).has_value());
  holding.journey.stop_all();
  EXPECT_TRUE(holding.journey.interrupted(holding.fan).has_value());
}

TEST(Journey, a_visit_that_is_over_ends_the_journey_without_blame) {  // R-Q11
  OneFan one;
  one.reach_availability();
  EXPECT_TRUE(one.told(401, R"({"code":"TOKEN_EXPIRED"})").over);
  EXPECT_EQ(one.journey.tally().in(Stage::too_late), 1);
  EXPECT_EQ(one.journey.breaches().total(), 0u);
}

}  // namespace
}  // namespace stagedoor::crowd
