// R-A2: what an address, a user and a token may do; by a clock that the test turns, then through sockets. And
// R-A4's order of refusal of a loop that is late.
#include "http/client_limits.h"

#include <gmock/gmock.h>

#include <boost/asio/ip/address.hpp>
#include <thread>

#include "http/large_bodies.h"
#include "http/lateness.h"
#include "http/render_refusal.h"
#include "support/raw_client.h"

namespace stagedoor::http {
namespace {

using namespace std::chrono_literals;
using http::testing::RawClient;
using http::testing::Received;
using http::testing::TestServer;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::uint64_t kSeed = 42;

UserId user(std::uint8_t n) { return UserId{{n}}; }

std::uint64_t key(const char* address) { return address_key(boost::asio::ip::make_address(address)); }

LimitedClient client(const char* address, std::chrono::seconds at = 1000s) {
  return {.address = key(address), .is_exempt = false, .at = std::chrono::steady_clock::time_point(at)};
}

class NoEvents final : public EventStream {
 public:
  bool next(std::string&, std::shared_ptr<const std::string>&) override { return true; }
};

TEST(AddressKey, is_that_of_an_address_and_of_an_ipv6_network_of_64_bits) {
  EXPECT_NE(key("192.0.2.1"), key("192.0.2.2"));
  EXPECT_EQ(key("2001:db8::1"), key("2001:db8::ffff:1"));
  EXPECT_NE(key("2001:db8::1"), key("2001:db8:0:1::1"));
}

TEST(ClientLimits, an_address_gets_its_burst_and_then_its_rate) {
  ClientLimits limits({.join_address = *parse_rate("2/s+3")}, kSeed);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(limits.check_address(LimitClass::join, client("192.0.2.1")));
  const auto refusal = limits.check_address(LimitClass::join, client("192.0.2.1"));
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code, Code::RATE_LIMITED);
  const Answer answer = render_refusal(*refusal);
  EXPECT_EQ(answer.status, 429);
  EXPECT_THAT(answer.headers, HasSubstr("Retry-After: 1\r\n"));
  EXPECT_THAT(answer.body, HasSubstr(R"("scope":"address")"));
  EXPECT_FALSE(limits.check_address(LimitClass::join, client("192.0.2.2"))) << "another address";
  EXPECT_FALSE(limits.check_address(LimitClass::join, client("192.0.2.1", 1001s))) << "a second later";
  EXPECT_FALSE(limits.check_address(LimitClass::read, client("192.0.2.1"))) << "another class, which is off";
}

TEST(ClientLimits, every_class_of_an_address_has_its_own_limit_and_operations_have_none) {
  ClientLimits limits({.join_address = *parse_rate("1/h"),
                       .poll_address = *parse_rate("1/h"),
                       .read_address = *parse_rate("1/h"),
                       .write_address = *parse_rate("1/h")},
                      kSeed);
  for (const auto limit_class : {LimitClass::join, LimitClass::poll, LimitClass::read, LimitClass::write}) {
    EXPECT_FALSE(limits.check_address(limit_class, client("192.0.2.1")));
    EXPECT_TRUE(limits.check_address(limit_class, client("192.0.2.1")));
  }
  EXPECT_TRUE(limits.check_address(LimitClass::map, client("192.0.2.1"))) << "a map is a read";
  EXPECT_TRUE(limits.check_address(LimitClass::stream, client("192.0.2.1"))) << "opening a stream is a poll";
  EXPECT_TRUE(limits.check_address(LimitClass::payment, client("192.0.2.1"))) << "a payment is a write";
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(limits.check_address(LimitClass::operation, client("192.0.2.1")));
}

TEST(ClientLimits, users_and_tokens_have_limits_of_their_own) {
  ClientLimits limits({.join_user = *parse_rate("2/s+1"),
                       .map_token = *parse_rate("2/s+1"),
                       .write_token = *parse_rate("20/s+1")},
                      kSeed);
  EXPECT_FALSE(limits.check_join(client("192.0.2.1"), user(1)));
  EXPECT_THAT(render_refusal(*limits.check_join(client("192.0.2.9"), user(1))).body,
              HasSubstr(R"("scope":"user")"));
  EXPECT_FALSE(limits.check_join(client("192.0.2.1"), user(2)));
  EXPECT_FALSE(limits.check_token(LimitClass::map, client("192.0.2.1"), user(1)));
  EXPECT_THAT(render_refusal(*limits.check_token(LimitClass::map, client("192.0.2.1"), user(1))).body,
              HasSubstr(R"("scope":"token")"));
  EXPECT_FALSE(limits.check_token(LimitClass::write, client("192.0.2.1"), user(1)));
  EXPECT_TRUE(limits.check_token(LimitClass::payment, client("192.0.2.1"), user(1)));
  for (int i = 0; i < 5; ++i)
    EXPECT_FALSE(limits.check_token(LimitClass::poll, client("192.0.2.1"), user(1)));
}

TEST(ClientLimits, exempt_clients_are_limited_by_wrong_keys_only) {
  ClientLimits limits({.join_address = *parse_rate("1/h"),
                       .join_user = *parse_rate("1/h"),
                       .write_token = *parse_rate("1/h"),
                       .keys_address = *parse_rate("5/min"),
                       .streams_token = 1},
                      kSeed);
  LimitedClient exempt = client("127.0.0.1");
  exempt.is_exempt = true;
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(limits.check_address(LimitClass::join, exempt));
    EXPECT_FALSE(limits.check_join(exempt, user(1)));
    EXPECT_FALSE(limits.check_token(LimitClass::write, exempt, user(1)));
    EXPECT_TRUE(limits.count_stream(exempt, 1, std::make_shared<NoEvents>()));
  }
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(limits.check_failed_key(exempt));
  EXPECT_TRUE(limits.check_failed_key(exempt));
}

TEST(ClientLimits, streams_and_connections_count_while_they_are_open) {
  ClientLimits limits({.streams_address = 3, .streams_token = 2, .connections_address = 2}, kSeed);
  const auto open = [&](std::uint64_t token) {
    return limits.count_stream(client("192.0.2.1"), token, std::make_shared<NoEvents>());
  };
  auto first = open(1), second = open(1);
  ASSERT_TRUE(first && second);
  EXPECT_THAT(render_refusal(open(1).error()).body, HasSubstr(R"("scope":"token")"));
  const auto other = open(2);
  EXPECT_TRUE(other);
  EXPECT_THAT(render_refusal(open(3).error()).body, HasSubstr(R"("scope":"address")"));
  *first = nullptr;
  EXPECT_TRUE(open(1));

  auto one = limits.count_connection(7);
  {
    const auto two = limits.count_connection(7);
    EXPECT_TRUE(one && two);
    EXPECT_FALSE(limits.count_connection(7));
    EXPECT_TRUE(limits.count_connection(8));
  }
  EXPECT_TRUE(limits.count_connection(7));
}

TEST(ClientLimits, are_counted_by_class_and_scope) {
  ClientLimits limits({.join_address = *parse_rate("1/h")}, kSeed);
  for (int i = 0; i < 4; ++i) limits.check_address(LimitClass::join, client("192.0.2.1"));
  double joins = 0, others = 0;
  const auto families = limits.collect();
  for (const auto& metric : families.at(0).metric) {
    const bool is_join = metric.label[0].value == "join" && metric.label[1].value == "address";
    (is_join ? joins : others) += metric.counter.value;
  }
  EXPECT_EQ(joins, 3);
  EXPECT_EQ(others, 0);
}

TEST(Lateness, refuses_maps_first_then_joins_holds_polls_payments_and_operators_never_R_A4) {
  Lateness lateness;
  const auto admitted = [&](std::chrono::milliseconds late) {
    for (int i = 0; i < 3; ++i) lateness.measure(late);
    std::string classes;
    for (const auto limit_class : {LimitClass::map, LimitClass::join, LimitClass::write, LimitClass::poll,
                                   LimitClass::payment, LimitClass::operation})
      classes += lateness.admits(limit_class) ? 'y' : 'n';
    return classes;
  };
  EXPECT_EQ(admitted(1ms), "yyyyyy");
  EXPECT_EQ(admitted(35ms), "nyyyyy");
  EXPECT_EQ(admitted(50ms), "nnyyyy");
  EXPECT_EQ(admitted(70ms), "nnnyyy");
  EXPECT_EQ(admitted(100ms), "nnnnyy");
  EXPECT_EQ(admitted(10'000ms), "nnnnny");
  EXPECT_EQ(admitted(0ms), "yyyyyy");
  lateness.measure(10'000ms);
  EXPECT_TRUE(lateness.admits(LimitClass::map)) << "the thread was interrupted once";
}

// A server that limits joins to two at once, and nobody is exempt.
struct LimitedServer : TestServer {
  ClientLimitSettings settings{.join_address = *parse_rate("1/h+2"), .write_address = *parse_rate("1/h+2")};
  std::unique_ptr<ClientLimits> limits;
  std::atomic<int> handled{0};

  LimitedServer() {
    router.add({.method = Method::POST,
                .path = "/queue",
                .handler =
                    [this](const Request&, Reply reply) {
                      ++handled;
                      reply({.status = 201});
                    },
                .limit_class = LimitClass::join});
    post("/write", [this](const Request&, Reply reply) {
      ++handled;
      reply({});
    });
  }
  ~LimitedServer() { server.reset(); }
  void start() {
    limits = std::make_unique<ClientLimits>(settings, kSeed);
    server = std::make_unique<Server>(config, router, metrics, limits.get());
    server->start();
  }
  static std::string join(std::string_view headers = "") {
    return "POST /queue HTTP/1.1\r\nHost: a\r\n" + std::string(headers) + "Content-Length: 2\r\n\r\n{}";
  }
  int status(RawClient& raw, std::string_view headers = "") {
    raw.send(join(headers));
    return raw.receive().status;
  }
};

TEST(ServerClientLimits, an_address_over_its_limit_gets_429_on_all_its_connections) {
  LimitedServer server;
  server.start();
  RawClient one(server.port()), two(server.port());
  EXPECT_EQ(server.status(one), 201);
  EXPECT_EQ(server.status(two), 201);
  one.send(LimitedServer::join());
  const Received refused = one.receive();
  EXPECT_EQ(refused.status, 429);
  EXPECT_NE(refused.header("Retry-After"), "");
  EXPECT_THAT(refused.body, HasSubstr("RATE_LIMITED"));
  EXPECT_EQ(server.status(two), 429);
  EXPECT_EQ(server.handled, 2);
  two.send("POST /write HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(two.receive().status, 200) << "the connection stays open for what is allowed";
}

TEST(ServerClientLimits, refuse_before_the_body_is_read) {
  LimitedServer server;
  server.start();
  RawClient first(server.port());
  for (int i = 0; i < 2; ++i) EXPECT_EQ(server.status(first), 201);
  RawClient announced(server.port());
  announced.send("POST /queue HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\nExpect: 100-continue\r\n\r\n");
  const Received refused = announced.receive();
  EXPECT_EQ(refused.status, 429) << "without the body, and without asking for it";
  EXPECT_EQ(refused.header("Connection"), "close");
  EXPECT_EQ(server.handled, 2);
}

TEST(ServerClientLimits, a_request_whose_body_comes_late_counts_once) {
  LimitedServer server;
  server.start();
  RawClient slow(server.port());
  for (int i = 0; i < 2; ++i) {
    const std::string request = LimitedServer::join();
    slow.send(request.substr(0, request.size() - 1));
    std::this_thread::sleep_for(20ms);
    slow.send(request.substr(request.size() - 1));
    EXPECT_EQ(slow.receive().status, 201);
  }
  EXPECT_EQ(server.status(slow), 429);
}

TEST(ServerClientLimits, exempt_addresses_are_free_unless_a_stranger_forwards_for_them) {
  LimitedServer server;
  server.settings.exempt = {"127.0.0.1/32"};
  server.start();
  RawClient raw(server.port());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(server.status(raw), 201);
  for (const int expected : {201, 201, 429})
    EXPECT_EQ(server.status(raw, "X-Forwarded-For: 127.0.0.1\r\n"), expected);
  EXPECT_EQ(server.status(raw, "Forwarded: for=127.0.0.1\r\n"), 429);
  EXPECT_EQ(server.status(raw), 201);
}

TEST(ServerClientLimits, behind_a_trusted_proxy_each_client_has_its_own) {
  LimitedServer server;
  server.config.trusted_proxies = {"127.0.0.1/32"};
  server.settings.connections_address = 1;
  server.start();
  RawClient proxy(server.port()), second(server.port());
  for (const int expected : {201, 201, 429})
    EXPECT_EQ(server.status(proxy, "X-Forwarded-For: 192.0.2.1\r\n"), expected);
  EXPECT_EQ(server.status(second, "X-Forwarded-For: 192.0.2.1\r\n"), 429);
  EXPECT_EQ(server.status(second, "X-Forwarded-For: 192.0.2.2\r\n"), 201)
      << "a proxy's own address has any number of connections";
}

TEST(ServerClientLimits, an_address_has_a_share_of_the_connections) {
  LimitedServer server;
  server.settings = {.connections_address = 2};
  server.start();
  RawClient one(server.port());
  EXPECT_EQ(server.status(one), 201);
  {
    RawClient two(server.port());
    EXPECT_EQ(server.status(two), 201);
    RawClient three(server.port());
    const Received refused = three.receive();
    EXPECT_EQ(refused.status, 429);
    EXPECT_THAT(refused.body, HasSubstr(R"("scope":"address")"));
  }
  const auto until = std::chrono::steady_clock::now() + 10s;
  int status = 0;
  while (status != 201 && std::chrono::steady_clock::now() < until) {
    RawClient again(server.port());
    status = server.status(again);
  }
  EXPECT_EQ(status, 201) << "a closed connection counts no more";
}

// R-A4 through sockets: requests that keep the only I/O thread busy make others wait for their turn.
TEST(ServerLateness, a_late_loop_refuses_maps_and_never_operators_until_it_has_caught_up_R_A4) {
  TestServer server;
  server.config.threads = 1;
  const auto answer = [](const Request&, Reply reply) { reply({}); };
  server.get("/slow", [](const Request&, Reply reply) {
    std::this_thread::sleep_for(20ms);  // the work of many requests
    reply({});
  });
  server.router.add(
      {.method = Method::GET, .path = "/map", .handler = answer, .limit_class = LimitClass::map});
  server.router.add(
      {.method = Method::GET, .path = "/admin", .handler = answer, .limit_class = LimitClass::operation});
  server.start();
  std::atomic<bool> is_over{false};
  std::vector<std::thread> crowd;
  for (int i = 0; i < 8; ++i) {
    crowd.emplace_back([&] {
      for (RawClient client(server.port()); !is_over && client.get("/slow").status != 0;) {
      }
    });
  }
  RawClient client(server.port());
  const auto until = std::chrono::steady_clock::now() + 10s;
  const auto wait_for = [&](int status) {
    int got = 0;
    while (got != status && std::chrono::steady_clock::now() < until) got = client.get("/map").status;
    return got;
  };
  EXPECT_EQ(wait_for(503), 503);
  EXPECT_EQ(client.get("/admin").status, 200);
  is_over = true;
  for (auto& one : crowd) one.join();
  EXPECT_EQ(wait_for(200), 200);
}

// Makes the only I/O thread late: connections that keep it busy.
class Crowd {
 public:
  explicit Crowd(const TestServer& server) {
    for (int i = 0; i < 8; ++i) {
      threads_.emplace_back([&] {
        for (RawClient client(server.port()); !is_over_ && client.get("/slow").status != 0;) {
        }
      });
    }
  }
  void leave() {
    is_over_ = true;
    for (auto& one : threads_) one.join();
    threads_.clear();
  }
  ~Crowd() { leave(); }

 private:
  std::atomic<bool> is_over_{false};
  std::vector<std::thread> threads_;
};

struct PacingServer : LimitedServer {
  PacingServer() {
    config.threads = 1;
    get("/slow", [](const Request&, Reply reply) {
      std::this_thread::sleep_for(20ms);  // the work of many requests
      reply({});
    });
    get("/x", [](const Request&, Reply reply) { reply({}); });
  }
  // The time that a client alone needs for five requests after a crowd has made the loop late.
  std::chrono::nanoseconds time_of_five_after_a_crowd() {
    RawClient client(port());
    {
      Crowd crowd(*this);
      std::this_thread::sleep_for(2s);  // three measurements of the lateness, each behind the whole crowd
    }
    // Until the next measurement the loop counts as late, and refuses (R-A4).
    for (int i = 0; i < 500 && client.get("/x").status != 200; ++i) std::this_thread::sleep_for(10ms);
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 5; ++i) EXPECT_EQ(client.get("/x").status, 200);
    return std::chrono::steady_clock::now() - begin;
  }
};

TEST(ServerPacing, a_client_that_asks_without_pause_is_read_ten_times_a_second_once_the_loop_was_late_R_A4) {
  PacingServer server;
  server.start();
  EXPECT_GE(server.time_of_five_after_a_crowd(), 490ms);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(RawClient(server.port()).get("/x").status, 200);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 50ms) << "nor does it help to connect anew";
}

TEST(ServerPacing, leaves_out_addresses_that_are_exempt) {
  PacingServer server;
  server.settings.exempt = {"127.0.0.1/32"};
  server.start();
  EXPECT_LT(server.time_of_five_after_a_crowd(), 490ms);
}

TEST(LargeBodies, admits_the_rate_with_a_burst_and_does_not_count_small_bodies) {
  LargeBodies bodies;
  const SteadyClock::time_point now{1h};
  bodies.count(now, LargeBodies::kBytesPerSecond / 20);
  EXPECT_TRUE(bodies.admits(now));
  bodies.count(now, LargeBodies::kLarge);
  EXPECT_FALSE(bodies.admits(now));
  EXPECT_TRUE(bodies.admits(now + 1ms));
  for (int i = 0; i < 100'000; ++i) bodies.count(now, LargeBodies::kLarge - 1);
  EXPECT_TRUE(bodies.admits(now + 1ms));
}

TEST(ServerLateness, maps_beyond_a_share_of_the_loop_are_refused_and_nothing_else_R_A4) {
  TestServer server;
  server.config.threads = 1;
  const auto large = std::make_shared<const std::string>(LargeBodies::kBytesPerSecond / 4, 'x');
  server.router.add({.method = Method::GET,
                     .path = "/map",
                     .handler = [&](const Request&, Reply reply) { reply({.shared = large}); },
                     .limit_class = LimitClass::map});
  server.get("/x", [](const Request&, Reply reply) { reply({}); });
  server.start();
  RawClient client(server.port()), other(server.port());
  client.send("GET /map HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(other.get("/x").status, 200) << "the first map has been begun";
  EXPECT_EQ(other.get("/map").status, 503);
  EXPECT_EQ(other.get("/x").status, 200);
  EXPECT_EQ(client.receive().body.size(), large->size());
  const auto until = std::chrono::steady_clock::now() + 10s;
  int status = 0;
  while (status != 200 && std::chrono::steady_clock::now() < until) status = other.get("/map").status;
  EXPECT_EQ(status, 200);
}

}  // namespace
}  // namespace stagedoor::http
