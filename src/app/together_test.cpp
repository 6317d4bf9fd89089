// Calls where several instances serve one store (R-M1): none is answered from what is outdated, none refused
// for what this instance has not heard yet.
#include "app/together.h"

#include <gmock/gmock.h>

#include <chrono>
#include <future>
#include <thread>

#include "http/problem.h"
#include "support/manual_clock.h"
#include "support/shared_store.h"

namespace stagedoor {
namespace {

using testing::HasSubstr;

class Asked final : public http::Reply::Sink {
 public:
  void take(Answer&& answer) noexcept override { answer_.set_value(std::move(answer)); }
  Answer get() { return answer_.get_future().get(); }

 private:
  std::promise<Answer> answer_;
};

struct Together : testing::Test {
  test::SharedRows rows;
  test::SharedStore store{rows, 1};
  test::ManualClock clock{from_ms(1'790'000'000'000)};
  Lane lane{store.ports(), clock, [] { return std::make_shared<const Catalogue>(); }, &http::problem, {}};
  http::Route route{.method = http::Method::GET, .path = "/x", .refusals = {Code::WRONG_TOKEN_TURN}};
  std::vector<std::string> seen;  // token of each call of the handler

  Answer call(http::Handler inside) {
    route.handler = std::move(inside);
    const http::Handler handler = together(route, lane);
    Asked asked;
    {
      std::string token = "Bearer abc";
      const http::Header header{"Authorization", token};
      http::Request request{.method = http::Method::GET, .path = "/x", .headers = {&header, 1}};
      handler(request, http::Reply(asked));
      token.assign(token.size(), '-');  // the request ends with the handler
    }
    while (lane.run_once()) {
    }
    return asked.get();
  }
  http::Handler refuses(int times, Code code) {
    return [this, times, code](const http::Request& request, http::Reply reply) {
      seen.emplace_back(request.header("Authorization"));
      if (int(seen.size()) <= times) return reply(http::problem({code, "not yet", {}, {}, {}}));
      reply({.body = "fine"});
    };
  }
};

TEST_F(Together, a_turn_that_has_come_elsewhere_is_looked_for_again) {
  EXPECT_EQ(call(refuses(1, Code::WRONG_TOKEN_TURN)).body, "fine");
  EXPECT_THAT(seen, testing::ElementsAre("Bearer abc", "Bearer abc"));
}

TEST_F(Together, a_visit_that_seems_over_is_looked_for_again) {
  EXPECT_EQ(call(refuses(1, Code::TOKEN_EXPIRED)).body, "fine");
}

TEST_F(Together, what_is_refused_twice_is_refused) {
  EXPECT_EQ(call(refuses(2, Code::WRONG_TOKEN_TURN)).status, 403);
  EXPECT_EQ(seen.size(), 2U);
}

TEST_F(Together, other_refusals_and_answers_pass_at_once) {
  EXPECT_EQ(call(refuses(1, Code::TOKEN_NOT_FOUND)).status, 401);
  EXPECT_EQ(seen.size(), 1U);
  EXPECT_EQ(call(refuses(0, Code::NOT_FOUND)).body, "fine");
  EXPECT_EQ(seen.size(), 2U);
}

TEST_F(Together, writes_are_not_sent_twice) {
  route.method = http::Method::POST;
  EXPECT_EQ(call(refuses(1, Code::WRONG_TOKEN_TURN)).status, 403);
  EXPECT_EQ(seen.size(), 1U);
}

// The lane hears of the others once an hour here: after a second it does not know what they did.
TEST_F(Together, an_instance_that_is_behind_answers_nothing) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (lane.is_fresh(kStaleMax) && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  const Answer answer = call(refuses(0, Code::NOT_FOUND));
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, HasSubstr("STORE_UNAVAILABLE"));
  EXPECT_TRUE(seen.empty());
}

// "Nor answers from a stale memory", for as long as somebody listens.
TEST_F(Together, a_stream_of_an_instance_that_is_behind_ends) {
  struct Endless final : EventStream {
    bool next(std::string& text, std::shared_ptr<const std::string>&) override {
      text += "x";
      return true;
    }
  };
  route.path = "/x/stream";
  const int looks = 2;
  for (int refused = 0; refused < looks; ++refused) {  // at the first look, or at the second
    seen.clear();
    const Answer answer = call([&](const http::Request&, http::Reply reply) {
      seen.emplace_back();
      if (int(seen.size()) <= refused)
        return reply(http::problem({Code::WRONG_TOKEN_TURN, "not yet", {}, {}, {}}));
      reply({.stream = std::make_shared<Endless>()});
    });
    ASSERT_TRUE(answer.stream);
    std::string text;
    std::shared_ptr<const std::string> shared;
    EXPECT_TRUE(answer.stream->next(text, shared));
    if (refused + 1 < looks) continue;
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (lane.is_fresh(kStaleMax) && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    EXPECT_FALSE(answer.stream->next(text, shared));
    EXPECT_EQ(text, "x");
  }
}

}  // namespace
}  // namespace stagedoor
