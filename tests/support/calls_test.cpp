#include "support/calls.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "support/scripted_server.h"

namespace stagedoor::test {
namespace {

using crowd::answer;
using crowd::ScriptedServer;
using testing::HasSubstr;

TEST(Calls, carry_token_key_and_body) {
  ScriptedServer server(
      [](const auto& request) { return answer(200, std::string(request.head) + std::string(request.body)); });
  Api api(server.url());
  const Visitor fan{user(7), "Bearer tok"};
  const std::string sent = api.send(hold(fan, 12).with_key("k1").with_header("X-A", "b")).body;
  EXPECT_THAT(sent, HasSubstr("POST /events/seats HTTP/1.1\r\n"));
  EXPECT_THAT(sent, HasSubstr("Authorization: Bearer tok\r\n"));
  EXPECT_THAT(sent, HasSubstr("Idempotency-Key: k1\r\n"));
  EXPECT_THAT(sent, HasSubstr("X-A: b\r\n"));
  EXPECT_THAT(sent, HasSubstr(R"({"seatId":12,"userId":"00000000-0000-4000-8000-000000000007"})"));
  EXPECT_THAT(api.send(admin("GET", "/admin/log")).body, HasSubstr("Authorization: Bearer test-owner-key"));
  EXPECT_THAT(api.send(pay_all(fan, {3, 4})).body, HasSubstr(R"({"reservationIds":[3,4]})"));
}

TEST(ApiReply, tells_data_from_refusal) {
  ScriptedServer server([](const auto& request) {
    return request.target == "/queue"
               ? answer(200, R"({"success":true,"data":{"a":5,"b":"x"}})", "ETag: \"e\"\r\n")
               : answer(409, R"({"success":false,"code":"SEAT_OCCUPIED","message":"m"})");
  });
  Api api(server.url());
  const ApiReply good = api.send(queue_status("t"));
  EXPECT_EQ(number(good.data(), "a"), 5);
  EXPECT_EQ(text(good.data(), "b"), "x");
  EXPECT_THROW(number(good.data(), "c"), std::runtime_error);
  EXPECT_EQ(good.code(), "");
  EXPECT_EQ(good.header("etag"), "\"e\"");
  const ApiReply refused = api.send(list_events());
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.code(), "SEAT_OCCUPIED");
  EXPECT_THROW(refused.data(), std::runtime_error);
}

TEST(Enter, asks_until_it_is_active) {
  int asked = 0;
  ScriptedServer server([&](const auto& request) {
    if (request.method == "GET") ++asked;
    return answer(201, fmt::format(R"({{"data":{{"token":"Bearer t","status":"{}","pollAfterMs":1}}}})",
                                   asked == 3 ? "ACTIVATED" : "CREATED"));
  });
  Api api(server.url());
  EXPECT_EQ(enter(api, user(1), 1).token, "Bearer t");
  EXPECT_EQ(asked, 3);
}

TEST(Burst, gives_every_call_its_own_answer_over_that_many_connections) {
  ScriptedServer server([](const auto& request) {
    return request.target == "/events/reservations/13" ? "" : answer(200, request.target);
  });
  const Visitor fan{user(1), "t"};
  std::vector<Call> calls;
  for (int i = 0; i < 300; ++i) calls.push_back(get_reservation(fan, i));
  const auto replies = burst(server.url(), calls, 20);
  for (std::size_t i = 0; i < 300; ++i) {
    EXPECT_EQ(replies[i].body, i == 13 ? "" : "/events/reservations/" + std::to_string(i));
  }
  EXPECT_EQ(count_statuses(replies), (std::map<int, int>{{0, 1}, {200, 299}}));
  EXPECT_LE(server.connections_accepted(), 21);
}

}  // namespace
}  // namespace stagedoor::test
