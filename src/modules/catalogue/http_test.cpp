// The catalogue's calls: who may ask, how, and what comes back (R-C1 – R-C7, R-X4, R-X7).
#include "modules/catalogue/http.h"

#include <gmock/gmock.h>

#include <thread>

#include "http/render_refusal.h"
#include "support/at.h"
#include "support/seeds.h"

namespace stagedoor::catalogue {
namespace {

using test::at;
using testing::HasSubstr;

struct SetClock final : Clock {
  TimePoint set = at("2026-06-01T00:00:00Z");
  TimePoint now() const override { return set; }
};

constexpr std::int64_t kHallDate = 10;  // a date of event 1

// Date 10 with 100,000 seats.
Batch large_batch() {
  Batch batch;
  EventDate date;
  date.id = DateId{kHallDate};
  date.event = EventId{1};
  date.starts_at = at("2027-02-03T10:00:00Z");
  date.booking = {at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z")};
  date.first_seat = SeatId{1000};
  date.sections = {""};
  date.categories = {{CategoryId{5}, "Standard", Won{1000}}};
  for (int i = 1; i <= 100'000; ++i) {
    date.seats.push_back({.number = i, .number_in_row = i, .section = 0, .row = 0, .category = 0});
  }
  batch.catalogue.dates.push_back(std::move(date));
  return batch;
}

// Event 1 with dates 7 (2027-02-01), 8 and 9 (both 2027-02-02); event 2 with none.
Batch first_batch() {
  Batch batch;
  for (const std::int64_t id : {1, 2}) {
    Event event;
    event.id = EventId{id};
    event.name = "Night";
    event.on_sale = {at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z")};
    event.time_zone = "UTC";
    batch.catalogue.events.push_back(event);
  }
  std::int64_t first_seat = 100;
  for (const auto& [id, start] :
       {std::pair(7, "2027-02-01T23:30:00+09:00"), std::pair(8, "2027-02-02T10:00:00Z"),
        std::pair(9, "2027-02-02T19:00:00Z")}) {
    EventDate date;
    date.id = DateId{id};
    date.event = EventId{1};
    date.starts_at = at(start);
    date.booking = batch.catalogue.events[0].on_sale;
    date.first_seat = SeatId{first_seat};
    date.sections = {""};
    date.categories = {{CategoryId{5}, "Standard", Won{1000}}};
    for (int i = 1; i <= 20; ++i) {
      date.seats.push_back({.number = i, .number_in_row = i, .section = 0, .row = 0, .category = 0});
    }
    batch.catalogue.dates.push_back(date);
    first_seat += 20;
  }
  return batch;
}

struct Pages final : http::Reply::Sink {
  SetClock clock;
  std::vector<absl::AnyInvocable<void()>> jobs;
  ReadModel read_model{[this](absl::AnyInvocable<void()> job) { jobs.push_back(std::move(job)); }};
  identity::TokenKeys keys{{std::string(32, 'k')}};
  queue::Rooms rooms{clock, [this] { return read_model.catalogue(); }, &test::seeds};
  identity::PlaceTokens tokens{keys, clock, {.lifetime = Millis(86'400'000)}};
  queue::Turns turns{rooms};
  CatalogueDeps deps{read_model, tokens, turns, clock};
  http::Router router;
  Answer answer;
  std::map<std::int64_t, Place> last_place;

  Pages() {
    add_catalogue_routes(router, deps);
    read_model.on_commit(first_batch());
  }
  void take(Answer&& given) noexcept override { answer = std::move(given); }

  // A token of `event`: of somebody inside, or of somebody who waits.
  std::string token(std::int64_t event, bool is_active) {
    const Place place = ++last_place[event];
    const protocol::TokenClaims claims{{EventId{event}, place, UserId{{std::uint8_t(place)}}}, clock.set};
    Batch batch;
    batch.now = clock.set;
    batch.line.put({claims.event, claims.place}, {claims.event, claims.place, claims.user, clock.set, {}},
                   nullptr);
    if (is_active) {
      batch.visits.put({claims.event, claims.place},
                       {claims.event, claims.place, claims.user, clock.set, clock.set + Millis(1000)},
                       nullptr);
    }
    rooms.on_commit(batch);
    return keys.sign(claims);
  }
  const Answer& get(std::string_view target, const std::string& token = "",
                    std::vector<http::Header> headers = {}) {
    const std::string bearer = "Bearer " + token;
    if (!token.empty()) headers.push_back({"Authorization", bearer});
    http::Request request;
    request.path = target.substr(0, target.find('?'));
    if (target.size() > request.path.size()) request.raw_query = target.substr(request.path.size() + 1);
    request.headers = headers;
    const auto found = router.find(request);
    if (found.route) found.route->handler(request, http::Reply(*this));
    else answer = http::render_refusal(found.refusal);
    return answer;
  }
  int status(std::string_view target, const std::string& token = "") { return get(target, token).status; }
  std::string body(std::string_view target, const std::string& token = "") {
    get(target, token);
    return answer.shared ? *answer.shared : answer.body;
  }
};

TEST(CatalogueCalls, events_are_open_to_everybody_R_C1) {
  Pages world;
  EXPECT_THAT(world.body("/events"), HasSubstr(R"([{"id":1,)"));
  EXPECT_THAT(world.body("/events?status=CLOSED"), HasSubstr(R"("data":[])"));
  EXPECT_THAT(world.body("/events/1"), HasSubstr(R"("dates":[{"id":7,)"));
  EXPECT_EQ(world.status("/events/3"), 404);
  EXPECT_EQ(world.status("/events/x"), 400);
  EXPECT_EQ(world.status("/events?status=open"), 400);
}

TEST(CatalogueCalls, dates_and_seats_need_an_active_token_of_the_event_R_S11) {
  Pages world;
  const std::string active = world.token(1, true);
  const std::string waiting = world.token(1, false);
  const std::string other = world.token(2, true);
  for (const auto* target : {"/events/1/dates", "/events/properties/7/seats",
                             "/events/1/seats?date=2027-02-01", "/events/properties/7/availability"}) {
    EXPECT_EQ(world.status(target, active), 200) << target;
    EXPECT_EQ(world.status(target), 401) << target;
    EXPECT_EQ(world.status(target, "made-up"), 401) << target;
    EXPECT_EQ(world.status(target, waiting), 403) << target;
    EXPECT_THAT(world.answer.body, HasSubstr("WRONG_TOKEN_TURN"));
    EXPECT_EQ(world.status(target, other), 403) << target;
    EXPECT_THAT(world.answer.body, HasSubstr("WRONG_TOKEN_EVENT"));
  }
}

TEST(CatalogueCalls, an_unknown_date_is_404_with_a_token_and_401_without) {
  Pages world;
  EXPECT_EQ(world.status("/events/properties/70/seats", world.token(1, true)), 404);
  EXPECT_EQ(world.status("/events/properties/70/seats"), 401);
  EXPECT_EQ(world.status("/events/properties/70/availability", world.token(1, true)), 404);
  EXPECT_EQ(world.status("/events/properties/70/availability"), 401);
}

std::string version_in(const std::string& layout) {
  const std::size_t begin = layout.find(R"("version":)") + 10;
  return layout.substr(begin, layout.find(',', begin) - begin);
}

TEST(CatalogueCalls, a_layout_is_open_and_immutable_by_its_version_R_C9) {
  Pages world;
  const std::string path = "/events/properties/7/layout";
  const std::string layout = world.body(path);
  EXPECT_THAT(layout, HasSubstr(R"("eventDateId":7,"firstSeatId":100,"totalSeats":20,)"));
  EXPECT_THAT(layout, testing::Not(HasSubstr("1000"))) << "no prices";
  EXPECT_THAT(world.answer.headers, HasSubstr("Cache-Control: public, max-age=10\r\n"));
  EXPECT_THAT(world.body("/events/1"), HasSubstr(R"("layoutVersion":)" + version_in(layout) + ','));
  EXPECT_EQ(world.body(path + "?v=" + version_in(layout)), layout);
  EXPECT_THAT(world.answer.headers, HasSubstr("Cache-Control: public, max-age=31536000, immutable\r\n"));
  // Of another version, which this instance may have had or may get: nobody may keep the present one as that.
  EXPECT_EQ(world.body(path + "?v=1"), layout);
  EXPECT_THAT(world.answer.headers, HasSubstr("Cache-Control: public, max-age=10\r\n"));
  for (const char* wrong : {"?v=", "?v=0", "?v=-1", "?v=x", "?v=99999999999999999999"})
    EXPECT_EQ(world.status(path + wrong), 400) << wrong;
  EXPECT_EQ(world.status("/events/properties/70/layout"), 404);
  EXPECT_EQ(world.status("/events/properties/x/layout?v=x"), 400);
  EXPECT_THAT(world.answer.body, testing::AllOf(HasSubstr("eventDateId"), HasSubstr(R"("path":"v")")));
}

TEST(CatalogueCalls, who_has_the_availability_gets_304_until_a_seat_changes_R_C9) {
  Pages world;
  const std::string token = world.token(1, true);
  const std::string path = "/events/properties/7/availability";
  const auto tag = [&] {
    const std::string headers = world.get(path, token, {{"Accept-Encoding", "gzip"}}).headers;
    EXPECT_THAT(headers, testing::AllOf(HasSubstr("Cache-Control: private, no-cache\r\n"),
                                        testing::Not(HasSubstr("Content-Encoding"))));
    return headers.substr(headers.find('"'), headers.find('\r') - headers.find('"'));
  };
  const std::string before = tag();
  EXPECT_EQ(world.get(path, token, {{"If-None-Match", before}}).status, 304);
  Batch batch;
  const SeatBlock stored{SeatId{100}, false};
  batch.blocks.put(SeatId{100}, {SeatId{100}, true}, &stored);
  world.read_model.on_commit(batch);
  EXPECT_EQ(world.get(path, token, {{"If-None-Match", before}}).status, 200);
  EXPECT_NE(tag(), before);
}

TEST(CatalogueCalls, no_io_thread_makes_a_layout_of_many_sections_R_A5) {
  Pages world;
  Batch batch;
  EventDate date;
  date.id = DateId{kHallDate};
  date.event = EventId{1};
  date.first_seat = SeatId{1000};
  date.categories = {{CategoryId{5}, "Standard", Won{1000}}};
  for (std::int32_t i = 0; i < 50'000; ++i) {
    date.sections.push_back("Box " + std::to_string(i));
    date.seats.push_back({i + 1, 1, static_cast<std::uint16_t>(i), 1, 0});
  }
  batch.catalogue.dates.push_back(date);
  world.read_model.on_commit(batch);
  world.answer.status = 0;
  world.get("/events/properties/10/layout");
  EXPECT_EQ(world.answer.status, 0) << "made on the asker's thread";
  ASSERT_EQ(world.jobs.size(), 1u);
  world.jobs[0]();
  EXPECT_EQ(world.answer.status, 200);
  EXPECT_THAT(*world.answer.shared, HasSubstr(R"("totalSeats":50000,)"));
}

TEST(CatalogueCalls, dates_are_the_bookable_ones_or_all_R_C2) {
  Pages world;
  const std::string token = world.token(1, true);
  EXPECT_THAT(world.body("/events/1/dates", token), testing::Not(HasSubstr("bookable")));
  EXPECT_THAT(world.body("/events/1/dates?include=all", token), HasSubstr(R"("bookable":true)"));
  EXPECT_EQ(world.status("/events/1/dates?include=some", token), 400);
}

TEST(CatalogueCalls, seats_are_filtered_by_status_R_C7) {
  Pages world;
  const std::string token = world.token(1, true);
  EXPECT_THAT(world.body("/events/properties/7/seats?status=AVAILABLE", token), HasSubstr(R"("id":100)"));
  EXPECT_THAT(world.body("/events/properties/7/seats?status=OCCUPIED", token), HasSubstr(R"("seat":[])"));
  EXPECT_EQ(world.status("/events/properties/7/seats?status=FREE", token), 400);
}

TEST(CatalogueCalls, a_day_is_meant_in_the_time_zone_of_the_event_R_C6) {
  Pages world;
  const std::string token = world.token(1, true);
  const auto dates_in = [&](const char* zone) {
    Batch batch;
    Event event = *world.read_model.catalogue()->event(EventId{1});
    event.time_zone = zone;
    batch.catalogue.events.push_back(event);
    world.read_model.on_commit(batch);
    // Date 9 starts at 2027-02-02T19:00:00Z.
    return std::pair(world.status("/events/1/seats?date=2027-02-02", token),
                     world.status("/events/1/seats?date=2027-02-03", token));
  };
  EXPECT_EQ(dates_in("UTC"), std::pair(400, 404));
  EXPECT_EQ(dates_in("Asia/Seoul"), std::pair(200, 200)) << "4 in the morning of the 3rd";
  EXPECT_THAT(world.body("/events/1/seats?date=2027-02-03", token), HasSubstr(R"("eventDateId":9)"));
  EXPECT_EQ(dates_in("America/New_York"), std::pair(400, 404));
  EXPECT_THAT(world.body("/events/1"), HasSubstr(R"("timeZone":"America/New_York")"));
}

TEST(CatalogueCalls, a_seat_is_shown_with_its_date_and_event_R_C10) {
  Pages world;
  const std::string seat = world.body("/seats/101");
  EXPECT_EQ(world.answer.status, 200) << "open to everybody";
  EXPECT_THAT(seat,
              testing::AllOf(HasSubstr(R"({"id":101,"seatNumber":2,"status":"AVAILABLE","eventDateId":7,)"),
                             HasSubstr(R"("seatProperty":{"id":5,"name":"Standard","price":1000})"),
                             HasSubstr(R"("eventDate":{"id":7,"eventId":1,)"),
                             HasSubstr(R"("prices":[{"category":"Standard","price":1000,"left":20}])"),
                             HasSubstr(R"("event":{"id":1,"name":"Night",)")));
  const std::string headers = world.answer.headers;
  const std::string tag = headers.substr(headers.find('"'), headers.find('\r') - headers.find('"'));
  EXPECT_EQ(world.get("/seats/101", "", {{"If-None-Match", tag}}).status, 304);
  Batch batch;
  const SeatBlock before{SeatId{101}, false};
  batch.blocks.put(SeatId{101}, {SeatId{101}, true}, &before);
  world.read_model.on_commit(batch);
  EXPECT_THAT(world.body("/seats/101"),
              testing::AllOf(HasSubstr(R"("status":"OCCUPIED")"), HasSubstr(R"("left":19)")));
  EXPECT_EQ(world.status("/seats/99"), 404);
  EXPECT_THAT(world.answer.body, HasSubstr("SEAT_NOT_FOUND"));
  EXPECT_EQ(world.status("/seats/x"), 400);
}

TEST(CatalogueCalls, seats_by_day_refuse_days_without_or_with_several_dates_R_C4) {
  Pages world;
  const std::string token = world.token(1, true);
  EXPECT_THAT(world.body("/events/1/seats?date=2027-02-01", token), HasSubstr(R"("eventDateId":7)"));
  EXPECT_EQ(world.status("/events/1/seats?date=2027-02-02", token), 400);
  EXPECT_THAT(world.answer.body,
              testing::AllOf(HasSubstr("DATE_AMBIGUOUS"), HasSubstr("/events/properties/8/seats")));
  EXPECT_EQ(world.status("/events/1/seats?date=2027-02-03", token), 404);
  EXPECT_THAT(world.answer.body, HasSubstr("EVENT_DATE_NOT_FOUND"));
  for (const auto* malformed :
       {"", "?date=", "?date=2027-2-1", "?date=2027-02-30", "?date=2027-02-01T00:00:00Z"}) {
    EXPECT_EQ(world.status(std::string("/events/1/seats") + malformed, token), 400) << malformed;
  }
}

TEST(CatalogueCalls, say_304_to_who_has_the_bytes_R_X7) {
  Pages world;
  const std::string token = world.token(1, true);
  for (const auto* target : {"/events", "/events/1", "/events/1/dates", "/events/properties/7/seats"}) {
    const std::string headers = world.get(target, token).headers;
    const std::string tag = headers.substr(headers.find('"'), headers.find('\r') - headers.find('"'));
    EXPECT_EQ(world.get(target, token, {{"If-None-Match", tag}}).status, 304) << target;
    EXPECT_FALSE(world.answer.shared);
    EXPECT_EQ(world.answer.headers, headers) << "a 304 names the tag as well";
    EXPECT_EQ(world.get(target, token, {{"If-None-Match", "\"other\""}}).status, 200) << target;
  }
}

TEST(CatalogueCalls, share_their_bytes_and_compress_for_who_asks) {
  Pages world;
  const std::string token = world.token(1, true);
  const auto first = world.get("/events/properties/7/seats", token).shared;
  EXPECT_EQ(world.get("/events/properties/7/seats", token).shared, first);
  for (const auto& [accepted, zipped] :
       {std::pair("gzip, deflate, br", true), std::pair("br;q=1.0, gzip;q=0.8", true),
        std::pair("gzip;q=0", false), std::pair("identity", false), std::pair("deflate", false)}) {
    const Answer& answer = world.get("/events/properties/7/seats", token, {{"Accept-Encoding", accepted}});
    EXPECT_EQ(answer.headers.find("Content-Encoding: gzip") != std::string::npos, zipped) << accepted;
    EXPECT_EQ(answer.shared != first, zipped) << accepted;
  }
}

// Six such askers once raised everybody's poll from 0.25 to 112 ms.
TEST(CatalogueCalls, no_io_thread_renders_or_compresses_a_large_map_R_A5) {
  struct Asker final : http::Reply::Sink {
    std::optional<Answer> answer;
    void take(Answer&& given) noexcept override { answer.emplace(std::move(given)); }
  };
  Pages world;
  world.read_model.on_commit(large_batch());
  const std::string bearer = "Bearer " + world.token(1, true);
  const std::vector<http::Header> headers = {{"Authorization", bearer}, {"Accept-Encoding", "gzip"}};
  const auto ask = [&](http::Method method, Asker& asker) {
    http::Request request;
    request.method = method;
    request.path = "/events/properties/10/seats";
    request.headers = headers;
    world.router.find(request).route->handler(request, http::Reply(asker));
  };
  std::vector<Asker> askers(6);
  for (std::size_t i = 0; i < askers.size(); ++i)
    ask(i % 2 == 0 ? http::Method::HEAD : http::Method::GET, askers[i]);
  for (const Asker& asker : askers) EXPECT_FALSE(asker.answer) << "made on the asker's thread";
  ASSERT_EQ(world.jobs.size(), 1u);
  std::thread([&] { world.jobs[0](); }).join();
  for (const Asker& asker : askers) {
    ASSERT_TRUE(asker.answer);
    EXPECT_EQ(asker.answer->status, 200);
    EXPECT_THAT(asker.answer->headers, HasSubstr("Content-Encoding: gzip"));
  }
  EXPECT_FALSE(askers[0].answer->shared) << "HEAD needs only the length";
  ASSERT_TRUE(askers[1].answer->shared);
  EXPECT_EQ(askers[0].answer->length, askers[1].answer->shared->size());

  Batch batch;
  const SeatBlock before{SeatId{1000}, false};
  batch.blocks.put(SeatId{1000}, {SeatId{1000}, true}, &before);
  world.read_model.on_commit(batch);
  Asker later;
  ask(http::Method::GET, later);
  ASSERT_TRUE(later.answer) << "a dear page may be stale by ten times its cost";
  EXPECT_EQ(later.answer->shared, askers[1].answer->shared);
}

}  // namespace
}  // namespace stagedoor::catalogue
