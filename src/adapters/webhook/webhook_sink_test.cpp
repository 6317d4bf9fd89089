#include "adapters/webhook/webhook_sink.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <mutex>
#include <thread>

#include "adapters/webhook/signature.h"
#include "support/scripted_server.h"

namespace stagedoor::webhook {
namespace {

using crowd::ScriptedServer;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using Result = Delivered::Result;

const std::vector<std::string> kSecrets = {"new-secret-new-secret", "old-secret-old-secret"};

OutboxEvent event(std::int64_t id, const std::string& key) {
  return {.row = {.id = {id}, .key = key}, .json = R"({"id":")" + std::to_string(id) + "\"}"};
}

class Webhooks : public testing::Test {
 protected:
  // What a receiver answers to an event; its bodies are kept.
  using Script = std::function<std::string(const ScriptedServer::Request&)>;
  std::vector<Delivered> deliver(const Script& script, const std::vector<OutboxEvent>& events,
                                 bool private_targets = true, const std::stop_token& stop = {}) {
    ScriptedServer server([&](const ScriptedServer::Request& request) {
      const std::lock_guard lock(mutex_);
      heads_.emplace_back(request.head);
      bodies_.emplace_back(request.body);
      return script(request);
    });
    WebhookSink sink({.url = server.url() + "/hook?a=b",
                      .secrets = kSecrets,
                      .private_targets = private_targets,
                      .wall_clock = [] { return from_ms(1'700'000'000'999); },
                      .total_limit = Millis(2000)});
    return sink.deliver(events, stop);
  }
  Delivered deliver_one(const Script& script) { return deliver(script, {event(1, "wallet/1")}).at(0); }

  std::mutex mutex_;
  std::vector<std::string> heads_, bodies_;
};

const auto kTaken = [](const ScriptedServer::Request&) { return crowd::answer(200, "{}"); };

// R-E2
TEST_F(Webhooks, post_each_event_as_a_signed_cloud_event) {
  EXPECT_EQ(deliver_one(kTaken).result, Result::accepted);
  ASSERT_THAT(bodies_, ElementsAre(R"({"id":"1"})"));
  EXPECT_THAT(
      heads_.at(0),
      AllOf(HasSubstr("POST /hook?a=b HTTP/1.1\r\n"), HasSubstr("Content-Type: application/cloudevents+json"),
            HasSubstr("Stagedoor-Signature: " + signature(kSecrets, 1'700'000'000, bodies_.at(0)) + "\r\n")));
}

TEST_F(Webhooks, keep_the_order_of_a_key_and_deliver_nothing_behind_a_refusal) {
  const auto refuses_3 = [](const ScriptedServer::Request& request) {
    return crowd::answer(request.body.find("\"3\"") == std::string_view::npos ? 204 : 500, "");
  };
  const auto results = deliver(
      refuses_3, {event(1, "a"), event(2, "b"), event(3, "a"), event(4, "a"), event(5, "b"), event(6, "a")});
  std::vector<Result> outcomes;
  for (const auto& one : results) outcomes.push_back(one.result);
  EXPECT_THAT(outcomes, ElementsAre(Result::accepted, Result::accepted, Result::refused, Result::not_tried,
                                    Result::accepted, Result::not_tried));
  EXPECT_EQ(results[2].reason, "it answered with status 500");
}

TEST_F(Webhooks, follow_no_redirect) {
  int asked = 0;
  const auto delivered = deliver_one([&](const ScriptedServer::Request&) {
    ++asked;
    return crowd::answer(307, "", "Location: /elsewhere\r\n");
  });
  EXPECT_EQ(delivered.result, Result::refused);
  EXPECT_THAT(delivered.reason, HasSubstr("redirects are not followed"));
  EXPECT_EQ(asked, 1);
}

TEST_F(Webhooks, do_not_go_to_private_addresses_unless_they_may) {
  const auto results = deliver(kTaken, {event(1, "a")}, false);
  EXPECT_EQ(results.at(0).result, Result::refused);
  EXPECT_THAT(results.at(0).reason, HasSubstr("not public"));
  EXPECT_THAT(bodies_, testing::IsEmpty());
}

// A name is judged by the address that it leads to: localhost stands for a name that was bound again.
TEST_F(Webhooks, judge_a_name_by_the_address_that_is_connected_to) {
  ScriptedServer server(kTaken);
  std::string url = server.url();
  url.replace(url.find("127.0.0.1"), 9, "localhost");
  for (const bool may : {false, true}) {
    WebhookSink sink(
        {.url = url, .secrets = kSecrets, .private_targets = may, .wall_clock = [] { return TimePoint{}; }});
    const std::vector<OutboxEvent> events = {event(1, "a")};
    EXPECT_EQ(sink.deliver(events, {}).at(0).result, may ? Result::accepted : Result::refused);
  }
}

TEST_F(Webhooks, do_not_use_the_proxy_of_the_environment) {
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  EXPECT_EQ(deliver_one(kTaken).result, Result::accepted);
  ::unsetenv("http_proxy");
}

// The end of these answers never comes, so who reads on waits until the time is over.
TEST_F(Webhooks, stop_reading_a_long_answer_and_go_by_its_status) {
  const std::string endless = "Content-Length: 3000000\r\n\r\n" + std::string(2'000'000, 'x');
  EXPECT_EQ(deliver_one([&](const auto&) { return "HTTP/1.1 200 OK\r\n" + endless; }).result,
            Result::accepted);
  EXPECT_EQ(deliver_one([&](const auto&) { return "HTTP/1.1 500 No\r\n" + endless; }).reason,
            "it answered with status 500");
  const std::string long_head = "HTTP/1.1 200 OK\r\nX-Long: " + std::string(90'000, 'x');
  EXPECT_EQ(deliver_one([&](const auto&) { return long_head; }).result, Result::refused)
      << "not a whole head";
}

TEST_F(Webhooks, take_an_answer_that_ends_half_way_for_a_refusal) {
  EXPECT_EQ(deliver_one([](const auto&) { return std::string(); }).result, Result::refused);
  EXPECT_EQ(deliver_one([](const auto&) {
              return std::string("HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nhalf");
            }).result,
            Result::refused);
}

TEST_F(Webhooks, give_a_receiver_that_is_silent_a_limited_time) {
  const auto begin = std::chrono::steady_clock::now();
  const auto delivered = deliver_one(
      [](const auto&) { return std::string("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"); });
  EXPECT_EQ(delivered.result, Result::refused);
  EXPECT_THAT(delivered.reason, HasSubstr("Timeout"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, Millis(10'000));
}

TEST_F(Webhooks, stop_after_many_refusals_in_a_row) {
  std::vector<OutboxEvent> events;
  for (int i = 1; i <= 200; ++i) events.push_back(event(i, "key/" + std::to_string(i)));
  const auto results = deliver([](const auto&) { return crowd::answer(503, ""); }, events);
  const auto tried = std::count_if(results.begin(), results.end(),
                                   [](const auto& one) { return one.result != Result::not_tried; });
  EXPECT_GE(std::size_t(tried), WebhookSink::kRefusalsMax);
  EXPECT_LE(std::size_t(tried), WebhookSink::kRefusalsMax + WebhookSink::kInFlightMax);
}

TEST_F(Webhooks, end_soon_after_a_stop_request) {
  std::stop_source stop;
  std::jthread later([&] {
    std::this_thread::sleep_for(Millis(100));
    stop.request_stop();
  });
  const auto begin = std::chrono::steady_clock::now();
  const auto results =
      deliver([](const auto&) { return std::string("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"); },
              {event(1, "a")}, true, stop.get_token());
  EXPECT_EQ(results.at(0).result, Result::not_tried);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, Millis(1500));
}

}  // namespace
}  // namespace stagedoor::webhook
