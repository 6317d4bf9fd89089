// R-C1 – R-C4, R-C6 – R-C9: events, dates and seats as fans see them.
#include "api/api_test.h"

#include <algorithm>
#include <set>

#include "support/free_seats.h"

namespace stagedoor::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class CatalogueApi : public ApiTest {
 protected:
  static std::vector<std::int64_t> ids(const boost::json::value& list) {
    std::vector<std::int64_t> found;
    for (const auto& one : list.as_array()) found.push_back(number(one, "id"));
    return found;
  }
  ApiReply get(std::string target, const Visitor& who) {
    return api.send({.method = "GET", .target = std::move(target), .token = who.token});
  }
  std::vector<std::string> statuses(const ApiReply& map) {
    std::vector<std::string> found;
    for (const auto& seat : map.data().at("seat").as_array()) found.push_back(text(seat, "status"));
    return found;
  }
};

// R-C1
TEST_F(CatalogueApi, events_are_open_to_everybody) {
  const ApiReply all = api.send(list_events());
  EXPECT_THAT(ids(all.data()), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  const ApiReply one = api.send(get_event(kClub));
  const auto& event = one.data();
  EXPECT_EQ(text(event, "name"), "Winter Club Night");
  EXPECT_EQ(text(event, "performer"), "The Understudies");
  EXPECT_EQ(text(event, "venue"), "Stagedoor Club");
  EXPECT_EQ(text(event, "status"), "ON_SALE");
  EXPECT_EQ(number(event, "totalSeats"), 140);
  EXPECT_THAT(ids(event.at("dates")), ElementsAre(1, 2, 3));
}

// R-C1
TEST_F(CatalogueApi, events_can_be_asked_for_by_status) {
  const auto with = [&](const std::string& status) {
    const ApiReply reply = api.send({.method = "GET", .target = "/events?status=" + status});
    return ids(reply.data());
  };
  EXPECT_THAT(with("UPCOMING"), ElementsAre(kSoon, kGathering));
  EXPECT_THAT(with("CLOSED"), ElementsAre(kOver));
  EXPECT_THAT(with("SOLD_OUT"), IsEmpty());
  const ApiReply wrong = api.send({.method = "GET", .target = "/events?status=open"});
  EXPECT_EQ(wrong.code(), "INVALID_REQUEST");
  EXPECT_THAT(error_paths(wrong), ElementsAre("status"));
}

// Section 8
TEST_F(CatalogueApi, what_is_not_there_is_404) {
  const Visitor who = fan();
  expect_refusal(get_event(999), 404, "EVENT_NOT_FOUND");
  expect_refusal(get_event(9'000'000'000'000'000'000), 404, "EVENT_NOT_FOUND");
  expect_refusal(list_seats(who.token, 999), 404, "EVENT_DATE_NOT_FOUND");
  expect_refusal({.method = "GET", .target = "/events/1/seats?date=2096-03-01", .token = who.token}, 404,
                 "EVENT_DATE_NOT_FOUND");
  expect_refusal({.method = "GET", .target = "/events/abc"}, 400, "INVALID_REQUEST");
  expect_refusal({.method = "GET", .target = "/events/0"}, 400, "INVALID_REQUEST");
  expect_refusal({.method = "GET", .target = "/events/-1"}, 400, "INVALID_REQUEST");
}

// R-C2 – R-C4, R-S11
TEST_F(CatalogueApi, dates_and_seats_need_an_active_token_of_the_event) {
  enter(api, user(900'000), kFull);
  const std::string waiting = text(api.send(join(new_user(), kFull)).data(), "token");
  const Visitor elsewhere = fan(kWindows);
  const Visitor gone = fan();
  api.send(leave(gone.token));
  const auto each = [&](std::int64_t event, std::int64_t date, const std::string& token, int status,
                        std::string_view code) {
    expect_refusal(list_dates(token, event), status, code);
    expect_refusal(list_seats(token, date), status, code);
    expect_refusal({.method = "GET",
                    .target = "/events/properties/" + std::to_string(date) + "/availability",
                    .token = token},
                   status, code);
    expect_refusal({.method = "GET",
                    .target = "/events/" + std::to_string(event) + "/seats?date=2096-02-01",
                    .token = token},
                   status, code);
  };
  each(kFull, 40, waiting, 403, "WRONG_TOKEN_TURN");
  each(kClub, 1, elsewhere.token, 403, "WRONG_TOKEN_EVENT");
  each(kClub, 1, gone.token, 401, "TOKEN_EXPIRED");
  each(kClub, 1, "", 401, "TOKEN_NOT_FOUND");
  each(kClub, 1, "Bearer x", 401, "TOKEN_NOT_FOUND");

  const ApiReply refused = api.send(list_dates(waiting, kFull));
  EXPECT_GE(number(refused.json, "position"), 0);
  EXPECT_GE(number(refused.json, "pollAfterMs"), 1000);
}

// R-C2
TEST_F(CatalogueApi, dates_are_those_that_can_be_booked_unless_all_are_asked_for) {
  const Visitor who = fan(kWindows);
  EXPECT_THAT(ids(api.send(list_dates(who.token, kWindows)).data()), ElementsAre(53, 54, 55, 56));
  const ApiReply all = get("/events/5/dates?include=all", who);
  EXPECT_THAT(ids(all.data()), ElementsAre(51, 52, 53, 54, 55, 56));
  EXPECT_FALSE(all.data().at(0).at("bookable").as_bool());
  EXPECT_TRUE(all.data().at(2).at("bookable").as_bool());
  EXPECT_EQ(get("/events/5/dates?include=some", who).code(), "INVALID_REQUEST");
}

// R-C2
TEST_F(CatalogueApi, a_date_says_when_it_is_and_when_it_can_be_booked) {
  const ApiReply reply = api.send(list_dates(fan().token, kClub));
  const auto& date = reply.data().at(0);
  EXPECT_EQ(number(date, "eventId"), kClub);
  EXPECT_EQ(text(date, "startDate"), "2096-02-01T10:00:00.000Z");
  EXPECT_EQ(text(date, "eventDate"), text(date, "startDate"));
  EXPECT_EQ(text(date, "bookStartDate"), "2020-01-01T00:00:00.000Z");
  EXPECT_EQ(text(date, "bookEndDate"), "2096-01-01T00:00:00.000Z");
  EXPECT_TRUE(date.at("deletedAt").is_null());
  for (const char* name : {"seatCount", "totalSeats", "createdAt", "updatedAt"})
    EXPECT_TRUE(date.as_object().contains(name)) << name;
}

// R-C3, R-C6
TEST_F(CatalogueApi, seats_are_numbered_with_their_category_and_price) {
  const ApiReply map = api.send(list_seats(fan().token, 2));
  const auto& seats = map.data().at("seat").as_array();
  ASSERT_EQ(seats.size(), 40u);
  std::set<std::int64_t> numbers;
  for (const auto& seat : seats) {
    numbers.insert(number(seat, "seatNumber"));
    EXPECT_EQ(number(seat, "eventDateId"), 2);
  }
  EXPECT_EQ(numbers.size(), 40u);
  EXPECT_EQ(*numbers.begin(), 1);
  EXPECT_EQ(*numbers.rbegin(), 40);
  EXPECT_EQ(text(seats[0].at("seatProperty"), "name"), "VIP");
  EXPECT_EQ(number(seats[0].at("seatProperty"), "price"), 300'000);
  EXPECT_EQ(text(seats[39].at("seatProperty"), "name"), "Regular");
}

// R-C4
TEST_F(CatalogueApi, seats_can_be_asked_for_by_the_day) {
  const Visitor club = fan();
  const ApiReply by_day = get("/events/1/seats?date=2096-02-01", club);
  EXPECT_EQ(by_day.body, api.send(list_seats(club.token, 1)).body);
  const Visitor who = fan(kWindows);
  EXPECT_EQ(get("/events/5/seats?date=2096-02-04", who).code(), "DATE_AMBIGUOUS");
  EXPECT_EQ(get("/events/5/seats?date=2096-02-04", who).status, 400);
  for (const char* wrong : {"", "?date=", "?date=today", "?date=2096-02-30", "?date=2096-2-1"})
    EXPECT_EQ(get(std::string("/events/5/seats") + wrong, who).code(), "INVALID_REQUEST") << wrong;
}

// R-X3
TEST_F(CatalogueApi, every_wrong_query_parameter_is_named_at_once) {
  const ApiReply reply = get("/events/5/seats?date=today&status=FREE", fan(kWindows));
  EXPECT_THAT(error_paths(reply), UnorderedElementsAre("date", "status"));
}

// R-C7, R-C8: a change is seen by the very next reader of the instance that made it.
TEST_F(CatalogueApi, seat_counts_and_maps_follow_every_change_at_once) {
  const Visitor who = fan(kClub, 1'000'000);
  const std::int64_t date = 3;
  const auto left = [&] {
    const ApiReply reply = api.send(list_dates(who.token, kClub));
    for (const auto& one : reply.data().as_array())
      if (number(one, "id") == date) return number(one, "seatCount");
    return std::int64_t(-1);
  };
  const auto is_free = [&](std::int64_t seat) {
    const auto free = free_seats(api, who, date);
    return std::find(free.begin(), free.end(), seat) != free.end();
  };
  const std::int64_t before = left();
  const std::int64_t seat = free_seat(who, date);
  const std::int64_t id = number(api.send(hold(who, seat)).data(), "id");
  EXPECT_EQ(left(), before - 1);
  EXPECT_FALSE(is_free(seat));
  api.send(cancel(who, id));
  EXPECT_EQ(left(), before);
  EXPECT_TRUE(is_free(seat));
  const std::int64_t again = number(api.send(hold(who, seat)).data(), "id");
  const std::int64_t keep = number(api.send(hold(who, free_seat(who, date))).data(), "id");
  api.send(pay(who, again));
  EXPECT_EQ(left(), before - 2);
  api.send(refund(who, again));
  EXPECT_EQ(left(), before - 1);
  EXPECT_TRUE(is_free(seat));
  api.send(cancel(who, keep));
}

// R-S4, R-C8: a lapsed hold shows as free within a second of its end.
TEST_F(CatalogueApi, a_lapsed_hold_is_shown_free_within_a_second) {
  const Visitor who = fan(kShort);
  const std::int64_t seat = free_seat(who, 70);
  const ApiReply held = api.send(hold(who, seat));
  const TimePoint ends = *parse_rfc3339(text(held.data(), "expiresAt"));
  EXPECT_NE(free_seat(who, 70), seat);
  await([&] { return free_seat(who, 70) == seat; });
  EXPECT_GE(now_of_server(), ends);
  EXPECT_LE(now_of_server() - ends, Millis(1000));
}

// R-C9: the two parts together name the seats that the seats call names, on every instance.
TEST_F(CatalogueApi, a_map_in_two_parts_is_the_map_of_the_seats_call) {
  const Visitor who = fan();
  const std::int64_t id = new_hold(who, 2);
  const auto layout = api.send({.method = "GET", .target = "/events/properties/2/layout"}).data();
  const auto free = free_seats_of(get("/events/properties/2/availability", who).data());
  const ApiReply map = api.send(list_seats(who.token, 2));
  const auto& seats = map.data().at("seat").as_array();
  ASSERT_EQ(free.size(), seats.size());
  ASSERT_EQ(number(layout, "totalSeats"), std::int64_t(seats.size()));
  std::size_t index = 0;
  for (const auto& section : layout.at("sections").as_array()) {
    for (std::int64_t i = 0; i < number(section, "seats"); ++i, ++index) {
      const auto& seat = seats.at(index);
      EXPECT_EQ(number(section, "firstSeatId") + i, number(seat, "id"));
      EXPECT_EQ(text(section, "name"), text(seat, "section"));
      EXPECT_EQ(text(section, "category"), text(seat.at("seatProperty"), "name"));
      EXPECT_EQ(i / number(section, "seatsPerRow") + 1, number(seat, "row"));
      EXPECT_EQ(i % number(section, "seatsPerRow") + 1, number(seat, "numberInRow"));
      EXPECT_EQ(free[index], text(seat, "status") == "AVAILABLE");
    }
  }
  EXPECT_EQ(index, seats.size());
  EXPECT_GE(std::ranges::count(free, false), 1);
  api.send(cancel(who, id));
}

// R-C9
TEST_F(CatalogueApi, a_layout_needs_no_token_and_may_be_kept_for_ever_by_its_version) {
  const Call call{.method = "GET", .target = "/events/properties/2/layout"};
  const ApiReply first = api.send(call);
  EXPECT_EQ(first.header("Cache-Control"), "public, max-age=10");
  const std::string named = call.target + "?v=" + std::to_string(number(first.data(), "version"));
  for (std::size_t i = 0; i < 3; ++i) {  // whichever instance answers
    const ApiReply again = api.send({.method = "GET", .target = named});
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(again.header("ETag"), first.header("ETag"));
    EXPECT_EQ(again.header("Cache-Control"), "public, max-age=31536000, immutable");
  }
  EXPECT_EQ(api.send({.method = "GET", .target = call.target + "?v=1"}).header("Cache-Control"),
            "public, max-age=10");
  expect_refusal({.method = "GET", .target = call.target + "?v=new"}, 400, "INVALID_REQUEST");
  expect_refusal({.method = "GET", .target = "/events/properties/999/layout"}, 404, "EVENT_DATE_NOT_FOUND");
}

// R-C7
TEST_F(CatalogueApi, a_date_with_none_left_says_so) {
  const Visitor who = fan(kWindows);
  const ApiReply some = get("/events/properties/56/seats?status=OCCUPIED", who);
  EXPECT_THAT(statuses(some), IsEmpty());
  ASSERT_EQ(api.send(hold_all(who, free_seats(api, who, 56))).status, 201);
  expect_refusal(list_seats(who.token, 56), 409, "NO_SEAT_AVAILABLE");
  EXPECT_THAT(ids(api.send(list_dates(who.token, kWindows)).data()), ElementsAre(53, 54, 55));
  api.send(leave(who.token));
  EXPECT_THAT(statuses(api.send(list_seats(fan(kWindows).token, 56))), testing::Each("AVAILABLE"));
}

// R-C7
TEST_F(CatalogueApi, seats_can_be_filtered_by_status) {
  const Visitor who = fan();
  const std::int64_t seat = free_seat(who, 2);
  api.send(hold(who, seat));
  EXPECT_THAT(statuses(get("/events/properties/2/seats?status=AVAILABLE", who)), testing::Each("AVAILABLE"));
  const ApiReply taken = get("/events/properties/2/seats?status=OCCUPIED", who);
  EXPECT_THAT(statuses(taken), testing::Each("OCCUPIED"));
  EXPECT_THAT(ids(taken.data().at("seat")), testing::Contains(seat));
  EXPECT_EQ(get("/events/properties/2/seats?status=FREE", who).code(), "INVALID_REQUEST");
}

// R-X7: the same tag as long as nothing changes, another one when something has.
TEST_F(CatalogueApi, hot_reads_answer_304_until_something_changes) {
  const Visitor who = fan();
  const Call availability{.method = "GET", .target = "/events/properties/1/availability", .token = who.token};
  for (const Call& call : {list_events(), get_event(kClub), list_dates(who.token, kClub),
                           list_seats(who.token, 1), availability}) {
    SCOPED_TRACE(call.target);
    const std::string tag = api.send(call).header("ETag");
    ASSERT_FALSE(tag.empty());
    const ApiReply same = api.send(call.with_header("If-None-Match", tag));
    EXPECT_EQ(same.status, 304);
    EXPECT_EQ(same.body, "");
    EXPECT_EQ(same.header("ETag"), tag);
    EXPECT_EQ(api.send(call.with_header("If-None-Match", "\"other\", " + tag)).status, 304);
    EXPECT_EQ(api.send(call.with_header("If-None-Match", "\"other\"")).status, 200);
    const std::int64_t id = new_hold(who);
    EXPECT_EQ(api.send(call.with_header("If-None-Match", tag)).status, 200);
    api.send(cancel(who, id));
  }
}

// R-C8: as after a restart.
TEST_F(CatalogueApi, the_maps_are_right_from_the_first_answer_after_a_restart) {
  Deployment alone{std::string(kSale)};
  auto its_api = std::make_unique<Api>(alone.urls());
  const Visitor who = enter(*its_api, user(1), kClub);
  const auto seats = free_seats(*its_api, who, 1);
  its_api->send(hold_all(who, {seats[0], seats[2]}));
  alone.kill9_all();
  alone.start_all();
  its_api = std::make_unique<Api>(alone.urls());
  const auto now = free_seats(*its_api, who, 1);
  EXPECT_EQ(now.size(), 48u);
  EXPECT_EQ(now[0], seats[1]);
  EXPECT_EQ(now[1], seats[3]);
}

}  // namespace
}  // namespace stagedoor::test
