// The operators' calls that answer from other threads or in pieces, over a lane and a store in memory: a
// router of its own, whose parts a test may set.
#pragma once

#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <future>

#include "adapters/memory/memory_store.h"
#include "modules/operator/http.h"
#include "support/catalogue.h"
#include "support/world.h"

namespace stagedoor::operators {

struct Asked {
  std::string secret = "viewer-secret";
  http::Method method = http::Method::GET;
  std::string body = {};
  std::string tags = {};  // If-None-Match
  std::string idempotency_key = {};
};

class Console : public testing::Test {
 protected:
  Console() { world.import(test::club_night()); }

  void add_routes() { add_operator_routes(router.emplace(), deps); }

  struct Sink final : http::Reply::Sink {
    void take(Answer&& given) noexcept override { answer.set_value(std::move(given)); }
    std::promise<Answer> answer;
  };
  void send(std::string_view target, const Asked& asked, Sink& sink) {
    const std::string authorization = "Bearer " + asked.secret;
    std::vector<http::Header> headers{{"Authorization", authorization},
                                      {"Content-Type", "application/json"},
                                      {"If-None-Match", asked.tags}};
    if (!asked.idempotency_key.empty()) headers.push_back({"Idempotency-Key", asked.idempotency_key});
    const std::size_t question = std::min(target.find('?'), target.size());
    http::Request request{.method = asked.method,
                          .path = target.substr(0, question),
                          .raw_query = target.substr(std::min(question + 1, target.size())),
                          .body = asked.body,
                          .headers = headers};
    const auto found = router->find(request);
    EXPECT_TRUE(found.route) << target;
    found.route->handler(request, http::Reply(sink));
    world.run();
  }
  Answer ask(std::string_view target, const Asked& asked = {}) {
    if (!router) add_routes();
    Sink sink;
    send(target, asked, sink);
    return sink.answer.get_future().get();
  }
  static boost::json::value json_of(const Answer& answer) {
    return boost::json::parse(answer.shared ? *answer.shared : answer.body);
  }
  static boost::json::value data_of(const Answer& answer) { return json_of(answer).at("data"); }

  std::int64_t seat(int number) {
    return world.read_model().catalogue()->date({1})->first_seat.value + number - 1;
  }
  std::int64_t hold(const test::Visitor& who, int number) {
    return test::number(world.call(test::hold(who, seat(number))).data(), "id");
  }

  memory::MemoryStore store;
  test::ManualClock clock{*parse_rfc3339("2030-01-01T00:00:00Z")};
  test::World world{store.ports(), clock};
  identity::OperatorKeys keys{test::kOperatorKeys};
  http::Metrics metrics;
  QueryPool query_pool{1, [this] { return store.queries(); }};
  OperatorDeps deps{.lane = world.lane(),
                    .query_pool = query_pool,
                    .read_model = world.read_model(),
                    .rooms = world.rooms(),
                    .keys = keys,
                    .clock = clock,
                    .service_clock = nullptr,
                    .balance_max = Won{100'000'000},
                    .http_metrics = &metrics,
                    .open_queries = [this] { return store.queries(); }};
  std::optional<http::Router> router;
};

}  // namespace stagedoor::operators
