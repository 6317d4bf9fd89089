// R-Q3: what a fan who listens is told, and when.
#include "modules/queue/http_stream.h"

#include <gmock/gmock.h>

#include <boost/json/parse.hpp>

#include "json/write.h"
#include "modules/queue/http.h"
#include "support/manual_clock.h"
#include "support/seeds.h"
#include "support/sse.h"
#include "support/stage.h"

namespace stagedoor::queue {
namespace {

using namespace test;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Millis kLifetime{3'600'000};

class QueueStream : public testing::Test, protected http::Reply::Sink {
 protected:
  QueueStream() {
    stage.event().queue.poll_max = Millis(10'000);
    add_queue_stream_route(router, deps);
  }
  void take(Answer&& given) noexcept override { answer = std::move(given); }

  // Fans 1, 2, 3… join in this order.
  protocol::TokenClaims join() {
    const protocol::TokenClaims token{{kClubNight, ++last_place, user_id(last_place)}, clock.now()};
    Batch batch;
    batch.line.put({kClubNight, token.place}, {kClubNight, token.place, token.user, token.issued_at, {}},
                   nullptr);
    rooms.on_commit(batch);
    return token;
  }
  void visit(const protocol::TokenClaims& token, Millis lasts) {
    Batch batch;
    batch.visits.put({token.event, token.place},
                     {token.event, token.place, token.user, clock.now(), clock.now() + lasts}, nullptr);
    rooms.on_commit(batch);
  }
  void leave(const protocol::TokenClaims& token) {
    Batch batch;
    const LinePlace before{token.event, token.place, token.user, token.issued_at, {}};
    LinePlace after = before;
    after.left_at = clock.now();
    batch.line.put({token.event, token.place}, after, &before);
    rooms.on_commit(batch);
  }

  Answer open(std::string_view query, const std::vector<http::Header>& headers) {
    http::Request request;
    request.path = "/queue/stream";
    request.raw_query = query;
    request.headers = headers;
    router.find(request).route->handler(request, http::Reply(*this));
    return std::exchange(answer, {});
  }
  std::shared_ptr<EventStream> listen(const protocol::TokenClaims& token, const std::string& last_id = "") {
    const std::string text = keys.sign(token);
    return open("", {{"queue-token", text}, {"Last-Event-ID", last_id}}).stream;
  }
  // What the stream says now; `is_open` is whether it goes on.
  std::vector<SseEvent> hear(EventStream& stream) {
    std::string text;
    std::shared_ptr<const std::string> shared;
    is_open = stream.next(text, shared);
    EXPECT_EQ(shared, nullptr);
    return events_of(text);
  }
  static std::int64_t position(const SseEvent& event) {
    return boost::json::parse(event.data).at("position").to_number<std::int64_t>();
  }
  static std::string status(const SseEvent& event) {
    return boost::json::parse(event.data).at("status").as_string().c_str();
  }
  Millis poll_after(const SseEvent& event) {
    return Millis(boost::json::parse(event.data).at("pollAfterMs").to_number<std::int64_t>());
  }

  Stage stage;
  ManualClock clock{kNow};
  identity::TokenKeys keys{{std::string(32, 'k')}};
  Rooms rooms{clock, [this] { return stage.view.catalogue; }, &seeds};
  identity::PlaceTokens tokens{keys, clock, {.lifetime = kLifetime}};
  QueueStreamDeps deps{rooms, tokens, clock, [this](EventId) { return stock; }};
  http::Router router;
  std::optional<StockUpdate> stock;
  Answer answer;
  Place last_place = 0;
  bool is_open = false;
};

// R-Q1, R-Q3
TEST_F(QueueStream, tells_at_once_that_the_room_is_paused_and_that_the_sale_is_over) {
  join();
  const protocol::TokenClaims fan = join();
  const auto stream = listen(fan);
  hear(*stream);
  const auto change = [&](const auto& f) {
    f(stage.event());
    Batch batch;
    batch.catalogue.events.push_back(stage.event());
    rooms.on_commit(batch);
    clock.advance(Millis(50));
    return hear(*stream);
  };
  auto events = change([&](Event& event) {
    event.paused = true;
    event.paused_since = clock.now();
    event.paused_text = "Soon.";
  });
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_THAT(events[0].data, testing::HasSubstr(R"("text":"Soon.")"));
  ASSERT_THAT(change([](Event& event) { event.paused_text = "Later."; }), SizeIs(1));
  ASSERT_THAT(change([](Event& event) { event.paused = false; }), SizeIs(1));
  EXPECT_THAT(change([&](Event& event) { event.on_sale.until = clock.now() + Millis(1000); }), IsEmpty());
  clock.advance(Millis(949));
  EXPECT_THAT(hear(*stream), IsEmpty());
  clock.advance(Millis(1));
  events = hear(*stream);
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_THAT(events[0].data, testing::HasSubstr(R"("reason":"SALE_OVER")"));
  EXPECT_FALSE(is_open);
}

TEST_F(QueueStream, begins_with_the_data_of_GET_queue_and_then_is_silent) {
  join();
  const protocol::TokenClaims fan = join();
  const auto stream = listen(fan);
  const auto events = hear(*stream);
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].event, "status");
  std::string expected;
  json::write(expected, to_dto(fan, keys.sign(fan), *rooms.look(fan)));
  EXPECT_EQ(events[0].data, expected);
  EXPECT_EQ(position(events[0]), 1);
  for (int i = 0; i < 100; ++i) {
    clock.advance(Millis(100));
    EXPECT_THAT(hear(*stream), IsEmpty());
    EXPECT_TRUE(is_open);
  }
}

TEST_F(QueueStream, tells_admission_and_its_end_at_once_and_then_is_over) {
  join();
  const protocol::TokenClaims fan = join();
  const auto stream = listen(fan);
  hear(*stream);
  visit(fan, Millis(1000));
  auto events = hear(*stream);
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(status(events[0]), "ACTIVATED");
  clock.advance(Millis(500));
  visit(fan, Millis(1000));  // renewed by a hold
  events = hear(*stream);
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(boost::json::parse(events[0].data).at("expiresAt").as_string(),
            to_rfc3339(clock.now() + Millis(1000)));
  clock.advance(Millis(999));
  EXPECT_THAT(hear(*stream), IsEmpty());
  clock.advance(Millis(1));
  events = hear(*stream);
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(status(events[0]), "EXPIRED");
  EXPECT_FALSE(is_open);
}

TEST_F(QueueStream, sends_a_position_every_pollAfterMs_and_no_sooner) {
  std::vector<protocol::TokenClaims> ahead;
  for (int i = 0; i < 20; ++i) ahead.push_back(join());
  const auto stream = listen(join());
  auto told = hear(*stream);
  std::int64_t last = position(told.at(0));
  EXPECT_EQ(last, 20);
  TimePoint told_at = clock.now();
  Millis wait = poll_after(told[0]);
  int times = 0;
  for (const auto& leaver : ahead) {  // one leaves every 700 ms
    leave(leaver);
    for (int i = 0; i < 7; ++i) {
      told = hear(*stream);
      if (!told.empty()) {
        ++times;
        EXPECT_GE(clock.now() - told_at, wait);
        EXPECT_LE(clock.now() - told_at, wait + Millis(100));
        EXPECT_LT(position(told[0]), last);
        last = position(told[0]);
        told_at = clock.now();
        wait = poll_after(told[0]);
      }
      clock.advance(Millis(100));
    }
  }
  EXPECT_GE(times, 1);
  clock.advance(wait);
  told = hear(*stream);
  EXPECT_EQ(told.empty() ? last : position(told[0]), 0);
}

TEST_F(QueueStream, says_that_a_place_was_given_up) {
  const protocol::TokenClaims fan = join();
  const auto stream = listen(fan);
  hear(*stream);
  leave(fan);
  const auto events = hear(*stream);
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(status(events[0]), "EXPIRED");
  EXPECT_FALSE(is_open);
}

TEST_F(QueueStream, sends_only_changes_since_Last_Event_ID) {
  const protocol::TokenClaims first = join(), fan = join();
  const std::string id = hear(*listen(fan)).at(0).id;
  const auto again = listen(fan, id);
  EXPECT_THAT(hear(*again), IsEmpty());
  EXPECT_TRUE(is_open);
  visit(fan, Millis(1000));
  EXPECT_THAT(hear(*again), SizeIs(1));
  EXPECT_THAT(hear(*listen(fan, id)), SizeIs(1));
  leave(first);
  clock.advance(Millis(1000));
  const auto over = hear(*listen(fan, id));
  ASSERT_THAT(over, SizeIs(1));
  EXPECT_EQ(status(over[0]), "EXPIRED");
  // A browser that heard of it does not connect for ever.
  const std::string text = keys.sign(fan);
  const Answer ended = open("", {{"queue-token", text}, {"Last-Event-ID", over[0].id}});
  EXPECT_EQ(ended.status, 204);
  EXPECT_EQ(ended.stream, nullptr);
}

// R-Q3, R-X4
TEST_F(QueueStream, takes_the_token_from_the_headers_or_the_query) {
  const std::string token = keys.sign(join());
  const std::string bearer = "Bearer " + token;
  EXPECT_TRUE(open("", {{"Authorization", bearer}}).stream);
  EXPECT_TRUE(open("token=" + token, {}).stream);
  EXPECT_TRUE(open("a=b&token=Bearer%20" + token, {}).stream);
  EXPECT_TRUE(open("token=wrong", {{"queue-token", token}}).stream);
  EXPECT_EQ(open("", {}).status, 401);
  EXPECT_EQ(open("token=", {}).status, 401);
  EXPECT_EQ(open("token=" + token + "A", {}).status, 401);
  EXPECT_EQ(open("tokens=" + token, {}).status, 401);
}

TEST_F(QueueStream, refuses_and_ends_as_GET_queue_would) {
  const protocol::TokenClaims fan = join();
  protocol::TokenClaims foreign = fan;
  foreign.user = user_id(77);
  EXPECT_EQ(open("token=" + keys.sign(foreign), {}).status, 401);
  const auto stream = listen(fan);
  hear(*stream);
  EXPECT_TRUE(is_open);
  clock.advance(kLifetime - Millis(1));
  hear(*stream);
  EXPECT_TRUE(is_open);
  clock.advance(Millis(1));
  EXPECT_THAT(hear(*stream), IsEmpty());
  EXPECT_FALSE(is_open);
  const Answer refused = open("token=" + keys.sign(fan), {});
  EXPECT_EQ(refused.status, 401);
  EXPECT_THAT(refused.body, testing::HasSubstr("TOKEN_EXPIRED"));
}

// R-Q16
TEST_F(QueueStream, tells_at_once_that_everything_is_sold) {
  join();
  const auto stream = listen(join());
  hear(*stream);
  stock = render(Stock{0, {{"Standard", Won{110'000}, 0}}}, true);
  const auto events = hear(*stream);
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_TRUE(boost::json::parse(events[0].data).at("soldOut").as_bool());
  EXPECT_EQ(boost::json::parse(events[0].data).at("stock").at("seatsLeft"), 0);
}

// R-Q12
TEST_F(QueueStream, is_a_sign_of_life_for_as_long_as_it_is_open) {
  stage.event().queue.presence_timeout = Millis(60'000);
  const protocol::TokenClaims fan = join();
  const auto stream = listen(fan);
  for (int second = 0; second < 300; ++second) {
    clock.advance(Millis(1000));
    hear(*stream);
    EXPECT_EQ(rooms.numbers(kClubNight).present, 1u);
    std::vector<std::unique_ptr<Command>> due;
    rooms.collect(clock.now(), due);
    ASSERT_THAT(due, SizeIs(1));
    Ids ids{1};
    stage.view.key_versions.put(events::queue_key(kClubNight), std::nullopt);
    BatchContext context{clock.now(), ids};
    EXPECT_THAT(due.front()->decide(stage.view, context).changes.visits, SizeIs(1)) << "is admitted";
  }
}

}  // namespace
}  // namespace stagedoor::queue
