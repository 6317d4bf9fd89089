// Limits of clients on a server of its own, with nobody exempt: R-A2, R-A3, R-O7.
#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <chrono>
#include <set>
#include <thread>

#include "api/api_test.h"
#include "support/raw_client.h"

namespace stagedoor::test {
namespace {

using http::testing::RawClient;
using http::testing::Received;
using testing::HasSubstr;

std::uint16_t port_of(const std::string& url) {
  return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
}

std::string request(std::string_view method, std::string_view target, std::string_view headers = "",
                    std::string_view body = "") {
  return fmt::format(
      "{} {} HTTP/1.1\r\nHost: a\r\n{}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}", method,
      target, headers, body.size(), body);
}

std::string join_request(const std::string& who) {
  return request("POST", "/queue", "", fmt::format(R"({{"userId":"{}","eventId":1}})", who));
}

// Attackers at 100 addresses join as many made-up users as they can. Each address gets its burst and its
// rate; the fans, at other addresses, join as if nothing happened.
TEST(Limits, attackers_at_100_addresses_do_not_keep_fans_from_joining_R_A3) {
  constexpr int kAddresses = 100, kEach = 60, kBurst = 20, kFans = 50;
  ServerProcess server({.catalogue = std::string(kSale),
                        .settings = {{"limits.exempt", ""}, {"limits.join", "1/s+20,2/s+5,10/h"}}});
  const std::uint16_t port = port_of(server.url());
  const auto begin = std::chrono::steady_clock::now();
  std::atomic<int> accepted{0}, limited{0}, others{0};
  std::vector<std::thread> attackers;
  for (int thread = 0; thread < 4; ++thread) {
    attackers.emplace_back([&, thread] {
      for (int i = thread; i < kAddresses; i += 4) {
        RawClient client(port, 0, fmt::format("127.1.0.{}", i + 1).c_str());
        std::string all;
        for (int n = 0; n < kEach; ++n) all += join_request(user(std::uint64_t(1'000'000 + i * kEach + n)));
        client.send(all);
        for (int n = 0; n < kEach; ++n) {
          const int status = client.receive().status;
          ++(status == 201 ? accepted : status == 429 ? limited : others);
        }
      }
    });
  }
  std::map<int, int> fans;
  for (int n = 0; n < kFans; ++n) {
    RawClient fan(port, 0, fmt::format("127.2.0.{}", n + 1).c_str());
    fan.send(join_request(user(std::uint64_t(n + 1))));
    ++fans[fan.receive().status];
  }
  for (auto& attacker : attackers) attacker.join();
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(std::chrono::steady_clock::now() - begin);
  EXPECT_EQ(fans, (std::map<int, int>{{201, kFans}}));
  EXPECT_EQ(others, 0);
  EXPECT_EQ(accepted + limited, kAddresses * kEach);
  EXPECT_LE(accepted, kAddresses * (kBurst + int(seconds.count())));
  const std::string metrics = Api(server.url()).send({"GET", "/metrics"}).body;
  EXPECT_THAT(metrics, HasSubstr(fmt::format("stagedoor_limited_total{{class=\"join\",scope=\"address\"}} {}",
                                             limited.load())));
}

TEST(Limits, a_user_who_joins_and_leaves_gets_ten_places_in_an_hour_R_A2) {
  ServerProcess server(
      {.catalogue = std::string(kSale),
       .settings = {{"limits.exempt", ""}, {"limits.join", "0,0,10/h"}, {"limits.write", "0"}}});
  RawClient client(port_of(server.url()));
  const auto join = [&] {
    client.send(join_request(user(1)));
    return client.receive();
  };
  for (int i = 0; i < 10; ++i) {
    const Received joined = join();
    ASSERT_EQ(joined.status, 201) << joined.body;
    const auto token = text(boost::json::parse(joined.body).at("data"), "token");
    client.send(request("DELETE", "/queue", fmt::format("Authorization: {}\r\n", token)));
    ASSERT_EQ(client.receive().status, 200);
  }
  const Received refused = join();
  EXPECT_EQ(refused.status, 429);
  EXPECT_THAT(refused.body, HasSubstr(R"("code":"RATE_LIMITED")"));
  EXPECT_THAT(refused.body, HasSubstr(R"("scope":"user")"));
  EXPECT_GT(std::stoi(refused.header("Retry-After")), 3500);
}

TEST(Limits, tokens_have_limits_of_their_own_from_any_address_R_A2) {
  ServerProcess server(
      {.catalogue = std::string(kSale),
       .settings = {{"limits.exempt", ""}, {"limits.read", "0,1/h+2"}, {"limits.write", "0,1/h+3"}}});
  const std::uint16_t port = port_of(server.url());
  RawClient client(port), elsewhere(port, 0, "127.3.0.1");
  client.send(join_request(user(1)));
  const auto token = text(boost::json::parse(client.receive().body).at("data"), "token");
  const std::string authorization = fmt::format("Authorization: {}\r\n", token);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  std::string place;
  while (place.find("ACTIVATED") == std::string::npos && std::chrono::steady_clock::now() < until) {
    client.send(request("GET", "/queue", authorization));
    place = client.receive().body;
  }
  for (const auto& [from, expected] :
       {std::pair(&client, 200), std::pair(&elsewhere, 200), std::pair(&client, 429)}) {
    from->send(request("GET", "/events/properties/1/seats", authorization));
    const Received got = from->receive();
    EXPECT_EQ(got.status, expected);
    EXPECT_EQ(got.body.find(R"("scope":"token")") != std::string::npos, expected == 429);
  }
  for (const int expected : {200, 200, 200, 429}) {
    client.send(
        request("PUT", fmt::format("/users/{}/balance/charge", user(1)), authorization, R"({"amount":1})"));
    EXPECT_EQ(client.receive().status, expected);
  }
  client.send(request("GET", "/events/1/dates", authorization));
  EXPECT_EQ(client.receive().status, 200) << "other reads are not maps";

  std::vector<std::unique_ptr<RawClient>> streams;
  for (const int expected : {200, 200, 429}) {
    auto& stream = streams.emplace_back(std::make_unique<RawClient>(port));
    stream->send(request("GET", "/queue/stream", authorization));
    EXPECT_EQ(stream->receive().status, expected);
  }
}

// Also of exempt clients: the pace of polls.
TEST(Limits, joining_again_counts_as_a_poll_R_A2) {
  ServerProcess server({.catalogue = std::string(kSale)});
  Api api(server.url());
  const auto fan = [&](int n) { return join(user(std::uint64_t(n)), kPolled); };
  api.send(fan(1));
  ASSERT_EQ(api.send(fan(2)).status, 201);  // waits
  std::map<std::string, int> again;
  for (int i = 0; i < 30; ++i) ++again[api.send(fan(2)).status == 200 ? "200" : api.send(fan(2)).code()];
  EXPECT_GE(again["POLL_TOO_SOON"], 15);
  EXPECT_LE(again["200"], 15);
}

TEST(Limits, wrong_operator_keys_are_limited_and_a_right_one_never_R_A2) {
  ServerProcess server({.catalogue = std::string(kSale)});
  RawClient client(port_of(server.url()));
  const auto ask = [&](std::string_view key) {
    client.send(request("GET", "/admin/live", fmt::format("Authorization: Bearer {}\r\n", key)));
    return client.receive().status;
  };
  std::map<int, int> wrong;
  for (int i = 0; i < 20; ++i) ++wrong[ask("guess")];
  EXPECT_LE(wrong[401], 6);
  EXPECT_GE(wrong[429], 14);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ask(kOwnerKey), 200);
  for (int i = 0; i < 500 && server.log().find("wrong operator key") == std::string::npos; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));  // the log has a thread of its own
  EXPECT_THAT(server.log(), HasSubstr("wrong operator key"));
}

}  // namespace
}  // namespace stagedoor::test
