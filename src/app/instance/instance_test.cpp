#include "app/instance/instance.h"

#include <gtest/gtest.h>

#include <future>

#include "adapters/memory/memory_store.h"
#include "adapters/system/random.h"
#include "support/manual_clock.h"

namespace stagedoor {
namespace {

class LastAnswer final : public http::Reply::Sink {
 public:
  void take(Answer&& answer) noexcept override { answer_.set_value(std::move(answer)); }
  std::future<Answer> answer() { return answer_.get_future(); }

 private:
  std::promise<Answer> answer_;
};

// A thread that answered later would wake a loop of the server that is gone.
TEST(Instance, answers_from_none_of_its_threads_after_stop) {
  memory::MemoryStore store;
  const test::ManualClock clock(from_ms(1'790'000'000'000));
  Instance instance({.store = store.ports(),
                     .queries = [&] { return store.queries(); },
                     .clock = clock,
                     .random = &system::system_random,
                     .token_keys = {std::string(32, 'k')},
                     .token_lifetime = Millis(60'000),
                     .operator_keys = {"vera:viewer:viewer-secret"},
                     .balance_max = Won{1}});
  const http::Header key{"Authorization", "Bearer viewer-secret"};
  const auto ask = [&](LastAnswer& pending) {
    http::Request request{.method = http::Method::GET, .path = "/admin/log", .headers = {&key, 1}};
    instance.router().find(request).route->handler(request, http::Reply(pending));
    return pending.answer();
  };
  LastAnswer before;
  auto answer = ask(before);
  instance.stop();
  EXPECT_EQ(answer.wait_for(std::chrono::seconds(0)), std::future_status::ready) << "reads end first";
  EXPECT_EQ(answer.get().status, 200);
  LastAnswer after;
  answer = ask(after);
  ASSERT_EQ(answer.wait_for(std::chrono::seconds(0)), std::future_status::ready);
  EXPECT_EQ(answer.get().refusal, Code::OVERLOADED);
}

}  // namespace
}  // namespace stagedoor
