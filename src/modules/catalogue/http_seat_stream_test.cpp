// R-C5, R-C9: who may listen to the seats of a date, and until when.
#include "modules/catalogue/http_seat_stream.h"

#include <gmock/gmock.h>

#include "support/manual_clock.h"
#include "support/seeds.h"
#include "support/sse.h"

namespace stagedoor::catalogue {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const TimePoint kStreamTime = *parse_rfc3339("2026-06-01T00:00:00Z");
constexpr std::string_view kPath = "/events/properties/7/seats/stream";

// Event 1 with date 7, event 2 with none.
struct Streams final : http::Reply::Sink {
  test::ManualClock clock{kStreamTime};
  ReadModel read_model;
  identity::TokenKeys keys{{std::string(32, 'k')}};
  queue::Rooms rooms{clock, [this] { return read_model.catalogue(); }, &test::seeds};
  identity::PlaceTokens tokens{keys, clock, {.lifetime = Millis(86'400'000)}};
  queue::Turns turns{rooms};
  SeatFeeds feeds{read_model, clock, 1};
  SeatStreamDeps deps{read_model, feeds, rooms, tokens, turns, clock};
  http::Router router;
  Answer answer;
  Place last_place = 0;
  EventDate date;
  bool is_open = false;

  Streams() {
    add_seat_stream_route(router, deps);
    Batch batch;
    for (const std::int64_t id : {1, 2}) {
      Event event;
      event.id = EventId{id};
      event.on_sale = {kStreamTime - Millis(1), kStreamTime + Millis(86'400'000)};
      batch.catalogue.events.push_back(event);
    }
    date.id = DateId{7};
    date.event = EventId{1};
    date.first_seat = SeatId{100};
    date.sections = {""};
    date.categories = {{CategoryId{5}, "Standard", Won{1000}}};
    for (int i = 1; i <= 2; ++i) date.seats.push_back({i, i, 0, 0, 0});
    batch.catalogue.dates = {date};
    read_model.on_commit(batch);
  }
  void take(Answer&& given) noexcept override { answer = std::move(given); }

  // Of somebody inside until `until`, or who waits.
  std::string token(std::int64_t event, std::optional<TimePoint> until = {}) {
    const Place place = ++last_place;
    const protocol::TokenClaims claims{{EventId{event}, place, UserId{{std::uint8_t(place)}}}, clock.now()};
    for (Place before = 1; before < place; ++before) {  // places have no gaps
      if (last_of[event] >= before) continue;
      join({{claims.event, before, UserId{{std::uint8_t(before)}}}, clock.now()});
    }
    join(claims);
    if (until) {
      Batch batch;
      batch.visits.put({claims.event, place}, {claims.event, place, claims.user, clock.now(), *until},
                       nullptr);
      rooms.on_commit(batch);
    }
    return keys.sign(claims);
  }
  void join(const protocol::TokenClaims& claims) {
    Batch batch;
    batch.line.put({claims.event, claims.place},
                   {claims.event, claims.place, claims.user, claims.issued_at, {}}, nullptr);
    rooms.on_commit(batch);
    last_of[claims.event.value] = claims.place;
  }
  std::map<std::int64_t, Place> last_of;

  void hold(std::int64_t seat) {
    Reservation row;
    row.id = ReservationId{seat};
    row.seat = SeatId{seat};
    row.date = date.id;
    row.event = EventId{1};
    Batch batch;
    batch.reservations.put(row.id, row, nullptr);
    read_model.on_commit(batch);
  }

  Answer open(std::string_view query, const std::string& last_id = "", std::string_view path = kPath) {
    const std::vector<http::Header> headers = {{"Last-Event-ID", last_id}};
    http::Request request;
    request.path = path;
    request.raw_query = query;
    request.headers = headers;
    router.find(request).route->handler(request, http::Reply(*this));
    return std::exchange(answer, {});
  }
  std::string refusal(std::string_view query, std::string_view path = kPath) {
    const Answer given = open(query, "", path);
    if (given.stream) return "none";
    const std::size_t begin = given.body.find("\"code\":\"") + 8;
    return given.body.substr(begin, given.body.find('"', begin) - begin);
  }
  std::vector<test::SseEvent> hear(EventStream& stream) {
    std::string text;
    std::shared_ptr<const std::string> shared;
    is_open = stream.next(text, shared);
    return test::events_of(text + (shared ? *shared : ""));
  }
};

TEST(SeatStream, is_for_active_visits_to_the_event_of_the_date) {
  Streams world;
  EXPECT_EQ(world.refusal("token=" + world.token(1, kStreamTime + Millis(1000))), "none");
  EXPECT_EQ(world.refusal(""), "TOKEN_NOT_FOUND");
  EXPECT_EQ(world.refusal("token=" + world.token(1)), "WRONG_TOKEN_TURN");
  EXPECT_EQ(world.refusal("token=" + world.token(1, kStreamTime)), "TOKEN_EXPIRED");
  EXPECT_EQ(world.refusal("token=" + world.token(2, kStreamTime + Millis(1000))), "WRONG_TOKEN_EVENT");
  const std::string other = "/events/properties/8/seats/stream";
  EXPECT_EQ(world.refusal("token=" + world.token(1, kStreamTime + Millis(1000)), other),
            "EVENT_DATE_NOT_FOUND");
  EXPECT_EQ(world.refusal("", other), "TOKEN_NOT_FOUND");
}

TEST(SeatStream, ends_with_the_visit_and_not_before) {
  Streams world;
  const auto stream = world.open("token=" + world.token(1, kStreamTime + Millis(1000))).stream;
  EXPECT_THAT(world.hear(*stream), SizeIs(1));
  world.clock.advance(Millis(999));
  EXPECT_THAT(world.hear(*stream), IsEmpty());
  EXPECT_TRUE(world.is_open);
  world.clock.advance(Millis(1));
  EXPECT_THAT(world.hear(*stream), IsEmpty());
  EXPECT_FALSE(world.is_open);
}

// Where the seats call has only NO_SEAT_AVAILABLE to say, a listener hears when a seat comes back.
TEST(SeatStream, goes_on_when_no_seat_is_left) {
  Streams world;
  const auto stream = world.open("token=" + world.token(1, kStreamTime + Millis(10'000))).stream;
  world.hear(*stream);
  world.hold(100);
  world.hold(101);
  world.clock.advance(Millis(100));
  EXPECT_THAT(world.hear(*stream), SizeIs(1));
  EXPECT_TRUE(world.is_open);
  const auto late = world.hear(*world.open("token=" + world.token(1, kStreamTime + Millis(10'000))).stream);
  ASSERT_THAT(late, SizeIs(2));  // the snapshot that there was, and what has changed
  EXPECT_THAT(late[1].data, testing::Not(HasSubstr("AVAILABLE")));
}

TEST(SeatStream, tells_only_what_has_changed_after_Last_Event_ID) {
  Streams world;
  const std::string query = "token=" + world.token(1, kStreamTime + Millis(10'000));
  const auto first = world.hear(*world.open(query).stream);
  ASSERT_THAT(first, SizeIs(1));
  EXPECT_THAT(world.hear(*world.open(query, first[0].id).stream), IsEmpty());
  world.hold(100);
  world.clock.advance(Millis(100));
  const auto since = world.hear(*world.open(query, first[0].id).stream);
  ASSERT_THAT(since, SizeIs(1));
  EXPECT_EQ(since[0].event, "seats");
  EXPECT_EQ(world.hear(*world.open(query, "unknown").stream).at(0).event, "snapshot");
}

TEST(SeatStream, has_two_forms_R_C9) {
  Streams world;
  const std::string token = "&token=" + world.token(1, kStreamTime + Millis(10'000));
  EXPECT_EQ(world.refusal("form=words" + token), "INVALID_REQUEST");
  EXPECT_EQ(world.hear(*world.open("form=seats" + token).stream).at(0).event, "snapshot");
  const auto stream = world.open("form=bits" + token).stream;
  const auto first = world.hear(*stream);
  ASSERT_THAT(first, SizeIs(1));
  EXPECT_EQ(first[0].event, "bits");
  EXPECT_EQ(first[0].data, R"({"eventDateId":7,"seatCount":2,"totalSeats":2,"bits":"Aw"})");
  world.hold(101);
  world.clock.advance(Millis(100));
  const auto second = world.hear(*stream);
  ASSERT_THAT(second, SizeIs(1));
  EXPECT_EQ(second[0].event, "changes");
  EXPECT_EQ(second[0].data, "[[1,0]]");
  const auto resumed = world.hear(*world.open("form=bits" + token, first[0].id).stream);
  ASSERT_THAT(resumed, SizeIs(1));
  EXPECT_EQ(resumed[0].data, "[[1,0]]");
  EXPECT_THAT(world.hear(*world.open("form=bits" + token, second[0].id).stream), IsEmpty());
}

}  // namespace
}  // namespace stagedoor::catalogue
