// Calls where several instances serve one store (R-M1): none is answered from stale memory, none is refused
// because this instance has not synced yet.
#include "app/instance/staleness_guard.h"

#include <gmock/gmock.h>

#include <chrono>
#include <future>
#include <thread>

#include "http/render_refusal.h"
#include "support/manual_clock.h"
#include "support/shared_store.h"

namespace stagedoor {
namespace {

using testing::HasSubstr;

class Pending final : public http::Reply::Sink {
 public:
  void take(Answer&& answer) noexcept override { answer_.set_value(std::move(answer)); }
  Answer get() { return answer_.get_future().get(); }

 private:
  std::promise<Answer> answer_;
};

struct StalenessGuard : testing::Test {
  test::SharedRows rows;
  test::SharedStore store{rows, 1};
  test::ManualClock clock{from_ms(1'790'000'000'000)};
  Lane lane{
      store.ports(), clock, [] { return std::make_shared<const Catalogue>(); }, &http::render_refusal, {}};
  http::Route route{.method = http::Method::GET, .path = "/x", .refusals = {Code::WRONG_TOKEN_TURN}};
  std::vector<std::string> seen;  // token of each read

  Answer call(http::Read read) {
    route.read = std::move(read);
    return call();
  }
  Answer call() {
    const http::Handler handler = with_staleness_guard(route, lane);
    Pending pending;
    {
      std::string token = "Bearer abc";
      const http::Header header{"Authorization", token};
      http::Request request{.method = http::Method::GET, .path = "/x", .headers = {&header, 1}};
      handler(request, http::Reply(pending));
      token.assign(token.size(), '-');  // the request ends with the handler
    }
    while (lane.run_once()) {
    }
    return pending.get();
  }
  http::Read refuses(int times, Code code) {
    return [this, times, code](const http::Request& request) -> Answer {
      seen.emplace_back(request.header("Authorization"));
      if (int(seen.size()) <= times) return http::render_refusal({.code = code, .message = "not yet"});
      return {.body = "fine"};
    };
  }
};

TEST_F(StalenessGuard, a_turn_that_has_come_on_another_instance_is_found) {
  EXPECT_EQ(call(refuses(1, Code::WRONG_TOKEN_TURN)).body, "fine");
  EXPECT_THAT(seen, testing::ElementsAre("Bearer abc", "Bearer abc"));
}

TEST_F(StalenessGuard, a_visit_that_seems_over_is_read_again) {
  EXPECT_EQ(call(refuses(1, Code::TOKEN_EXPIRED)).body, "fine");
}

// A crowd that polls too early costs one sync, and no command can be refused for it.
TEST_F(StalenessGuard, all_that_wait_are_read_again_after_one_sync) {
  struct Counting : test::SharedStore {
    using SharedStore::SharedStore;
    void poll() override {
      ++polls;
      SharedStore::poll();
    }
    int polls = 0;
  } counting(rows, 2);
  Lane shared(counting.ports(), clock, [] { return std::make_shared<const Catalogue>(); },
              &http::render_refusal, {.queue_max = {0, 0, 0, 0, 0}});
  shared.run_once();  // the first sync
  const int before = counting.polls;
  route.read = refuses(100, Code::WRONG_TOKEN_TURN);
  const http::Handler handler = with_staleness_guard(route, shared);
  std::array<Pending, 100> pending;
  for (Pending& one : pending) handler({.method = http::Method::GET, .path = "/x"}, http::Reply(one));
  while (shared.run_once()) {
  }
  for (Pending& one : pending) EXPECT_EQ(one.get().body, "fine");
  EXPECT_EQ(counting.polls, before + 1);
  EXPECT_EQ(shared.counters().batches, 0U);
}

TEST_F(StalenessGuard, a_read_that_waits_when_the_lane_stops_is_answered) {
  route.read = refuses(1, Code::WRONG_TOKEN_TURN);
  Pending before;
  Pending after;
  with_staleness_guard(route, lane)({.method = http::Method::GET, .path = "/x"}, http::Reply(before));
  lane.stop();
  EXPECT_EQ(before.get().status, 503);
  seen.clear();
  with_staleness_guard(route, lane)({.method = http::Method::GET, .path = "/x"}, http::Reply(after));
  EXPECT_EQ(after.get().status, 503);
}

TEST_F(StalenessGuard, what_is_refused_twice_is_refused) {
  EXPECT_EQ(call(refuses(2, Code::WRONG_TOKEN_TURN)).status, 403);
  EXPECT_EQ(seen.size(), 2U);
}

TEST_F(StalenessGuard, other_refusals_and_answers_pass_at_once) {
  EXPECT_EQ(call(refuses(1, Code::TOKEN_NOT_FOUND)).status, 401);
  EXPECT_EQ(seen.size(), 1U);
  EXPECT_EQ(call(refuses(0, Code::NOT_FOUND)).body, "fine");
  EXPECT_EQ(seen.size(), 2U);
}

TEST_F(StalenessGuard, refusals_that_no_other_instance_can_lift_cost_no_batch) {
  for (const Code code : {Code::WRONG_TOKEN_EVENT, Code::FORBIDDEN}) {
    seen.clear();
    EXPECT_EQ(call(refuses(1, code)).status, 403);
    EXPECT_EQ(seen.size(), 1U);
  }
  EXPECT_EQ(lane.counters().batches, 0U);
}

TEST_F(StalenessGuard, writes_are_not_sent_twice) {
  route.method = http::Method::POST;
  route.handler = [read = refuses(1, Code::WRONG_TOKEN_TURN)](const http::Request& request,
                                                              http::Reply reply) { reply(read(request)); };
  EXPECT_EQ(call().status, 403);
  EXPECT_EQ(seen.size(), 1U);
}

// A handler that fails is answered for, at the first read by the server and at the second by the guard.
TEST_F(StalenessGuard, a_second_read_that_throws_is_answered) {
  const Answer answer = call([this](const http::Request&) -> Answer {
    seen.emplace_back();
    if (seen.size() == 2) throw std::runtime_error("planted");
    return http::render_refusal({.code = Code::WRONG_TOKEN_TURN, .message = "not yet"});
  });
  EXPECT_EQ(answer.status, 500);
}

// The lane syncs once an hour here: after a second it is stale.
TEST_F(StalenessGuard, an_instance_that_is_behind_answers_nothing) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (lane.is_fresh(kStaleMax) && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  const Answer answer = call(refuses(0, Code::NOT_FOUND));
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, HasSubstr("STORE_UNAVAILABLE"));
  EXPECT_TRUE(seen.empty());
}

TEST_F(StalenessGuard, what_says_how_stale_it_is_is_answered_all_the_same) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (lane.is_fresh(kStaleMax) && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  route.shows_staleness = true;
  route.handler = [](const http::Request&, http::Reply reply) { reply({.status = 201}); };
  EXPECT_EQ(call().status, 201);
}

// R-M1, for as long as the stream is open.
TEST_F(StalenessGuard, a_stream_of_an_instance_that_is_behind_ends) {
  struct Endless final : EventStream {
    bool next(std::string& text, std::shared_ptr<const std::string>&) override {
      text += "x";
      return true;
    }
  };
  const int reads = 2;
  for (int refused = 0; refused < reads; ++refused) {  // at the first read, or at the second
    seen.clear();
    const Answer answer = call([&](const http::Request&) -> Answer {
      seen.emplace_back();
      if (int(seen.size()) <= refused)
        return http::render_refusal({.code = Code::WRONG_TOKEN_TURN, .message = "not yet"});
      return {.stream = std::make_shared<Endless>()};
    });
    ASSERT_TRUE(answer.stream);
    std::string text;
    std::shared_ptr<const std::string> shared;
    EXPECT_TRUE(answer.stream->next(text, shared));
    if (refused + 1 < reads) continue;
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (lane.is_fresh(kStaleMax) && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    EXPECT_FALSE(answer.stream->next(text, shared));
    EXPECT_EQ(text, "x");
  }
}

}  // namespace
}  // namespace stagedoor
