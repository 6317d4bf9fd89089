// The server with real sockets: clients that are malformed, slow, many, or cut off; and the end of the
// server.
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

#include "http/render_refusal.h"
#include "support/raw_client.h"

namespace stagedoor::http {
namespace {

using testing::RawClient;
using testing::Received;
using testing::TestServer;
using Clock = std::chrono::steady_clock;

void hello(const Request&, Reply reply) { reply({.body = "hello"}); }

// Lets a test hold the answer back until it says so.
class Gate {
 public:
  Handler handler() {
    return [this](const Request&, Reply reply) {
      {
        const std::lock_guard lock(mutex_);
        replies_.push_back(std::move(reply));
      }
      changed_.notify_all();
    };
  }
  void await(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return replies_.size() >= count; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    for (Reply& reply : replies_) reply({.body = "late"});
    replies_.clear();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Reply> replies_;
};

TEST(ServerLimits, answers_malformed_requests_with_400_in_json_and_closes_R_X1) {
  TestServer server;
  server.get("/x", hello);
  server.start();
  for (const char* request :
       {"nonsense\r\n\r\n", "GET /x HTTP/1.1\r\n\r\n", "GET /x HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
        "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
        "GET /x HTTP/1.1\r\nHost : a\r\n\r\n", "GET /x HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
        "GET /x HTTP/1.1\nHost: a\n\n", "GET /x HTTP/3.0\r\nHost: a\r\n\r\n"}) {
    RawClient client(server.port());
    // What comes behind must not be taken for a request.
    client.send(std::string(request) + "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    const Received got = client.receive();
    EXPECT_EQ(got.status, 400) << request;
    EXPECT_EQ(got.header("Content-Type"), "application/json");
    EXPECT_EQ(got.header("Connection"), "close");
    EXPECT_EQ(boost::json::parse(got.body).at("code"), "INVALID_REQUEST") << request;
    ::shutdown(client.fd(), SHUT_WR);
    EXPECT_TRUE(client.is_closed_by_server()) << request;
  }
}

TEST(ServerLimits, answers_the_good_requests_before_a_malformed_one) {
  TestServer server;
  server.get("/x", hello);
  server.start();
  RawClient client(server.port());
  client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\nbad\r\n\r\n");
  EXPECT_EQ(client.receive().status, 200);
  EXPECT_EQ(client.receive().status, 400);
}

TEST(ServerLimits, refuses_CONNECT_with_405) {
  TestServer server;
  server.start();
  RawClient client(server.port());
  client.send("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n");
  const Received got = client.receive();
  EXPECT_EQ(got.status, 405);
  EXPECT_NE(got.header("Allow"), "");
}

TEST(ServerLimits, refuses_a_head_over_8_KiB) {
  TestServer server;
  server.get("/x", hello);
  server.start();
  RawClient client(server.port());
  client.send("GET /x HTTP/1.1\r\nHost: a\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n");
  EXPECT_EQ(client.receive().status, 400);
}

TEST(ServerLimits, refuses_a_body_over_64_KiB_before_it_arrives_and_the_client_gets_the_answer) {
  TestServer server;
  server.post("/x", hello);
  server.start();
  RawClient announced(server.port());
  announced.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\nExpect: 100-continue\r\n\r\n");
  const Received got = announced.receive();
  EXPECT_EQ(got.status, 413);
  EXPECT_EQ(boost::json::parse(got.body).at("code"), "PAYLOAD_TOO_LARGE");
  RawClient sent(server.port());
  sent.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n" + std::string(300'000, 'x'));
  EXPECT_EQ(sent.receive().status, 413);
}

TEST(ServerLimits, closes_idle_connections_after_the_idle_timeout) {
  TestServer server;
  server.config.idle_timeout = Millis(50);
  server.get("/x", hello);
  server.start();
  RawClient silent(server.port());
  EXPECT_TRUE(silent.is_closed_by_server());
  RawClient used(server.port());
  EXPECT_EQ(used.get("/x").status, 200);
  EXPECT_TRUE(used.is_closed_by_server());
}

TEST(ServerLimits, closes_clients_that_dribble_their_head) {
  TestServer server;
  server.config.head_timeout = Millis(100);
  server.start();
  RawClient client(server.port());
  const auto begin = Clock::now();
  client.send("GET /");
  // Each byte comes in time, all together do not.
  while (Clock::now() - begin < std::chrono::seconds(5) && client.send("x")) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(5));
}

TEST(ServerLimits, closes_clients_that_do_not_send_their_body) {
  TestServer server;
  server.config.body_timeout = Millis(50);
  server.post("/x", hello);
  server.start();
  RawClient client(server.port());
  client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  EXPECT_TRUE(client.is_closed_by_server());
}

TEST(ServerLimits, closes_clients_that_do_not_read_their_answer) {
  TestServer server;
  server.config.write_timeout = Millis(50);
  const auto bytes = std::make_shared<const std::string>(20'000'000, 'x');
  server.get("/x", [&](const Request&, Reply reply) { reply({.shared = bytes}); });
  server.start();
  RawClient client(server.port(), 4096);
  client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  // The bytes are let go when the connection has ended.
  const auto begin = Clock::now();
  while (bytes.use_count() < 2 && Clock::now() - begin < std::chrono::seconds(5)) std::this_thread::yield();
  while (bytes.use_count() > 1 && Clock::now() - begin < std::chrono::seconds(5)) std::this_thread::yield();
  EXPECT_EQ(bytes.use_count(), 1);
  EXPECT_LT(client.receive_to_end().value_or(*bytes).size(), bytes->size());
}

// The size of the body that a client gets that reads so many bytes each millisecond, at most.
std::size_t received_slowly(TestServer& server, std::size_t bytes_per_ms) {
  RawClient client(server.port(), 64 * 1024);
  client.send("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  std::vector<char> bytes(bytes_per_ms);
  std::size_t received = 0;
  for (ssize_t n = 0; (n = ::recv(client.fd(), bytes.data(), bytes.size(), MSG_WAITALL)) > 0;) {
    received += static_cast<std::size_t>(n);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return received;
}

TEST(ServerLimits, gives_a_slow_reader_the_time_that_its_rate_needs) {
  TestServer server;
  server.config.write_timeout = Millis(100);
  server.config.read_rate_min = 100'000;
  const auto bytes = std::make_shared<const std::string>(20'000'000, 'x');
  server.get("/x", [&](const Request&, Reply reply) { reply({.shared = bytes}); });
  server.start();
  EXPECT_GT(received_slowly(server, 40'000), bytes->size());
}

TEST(ServerLimits, closes_a_reader_below_the_minimum_rate_although_it_goes_on_reading) {
  TestServer server;
  server.config.write_timeout = Millis(100);
  server.config.read_rate_min = 100'000'000;
  const auto bytes = std::make_shared<const std::string>(60'000'000, 'x');
  server.get("/x", [&](const Request&, Reply reply) { reply({.shared = bytes}); });
  server.start();
  EXPECT_LT(received_slowly(server, 40'000), bytes->size());
}

TEST(ServerLimits, never_times_out_a_request_that_waits_for_its_answer) {
  TestServer server;
  server.config.idle_timeout = server.config.head_timeout = server.config.body_timeout = Millis(20);
  Gate gate;
  server.get("/late", gate.handler());
  server.start();
  RawClient client(server.port());
  client.send("GET /late HTTP/1.1\r\nHost: a\r\n\r\n");
  gate.await(1);
  RawClient other(server.port());
  EXPECT_TRUE(other.is_closed_by_server());  // the time-out has passed
  gate.open();
  EXPECT_EQ(client.receive().body, "late");
}

TEST(ServerLimits, refuses_clients_above_the_cap_with_503_and_accepts_others_when_there_is_room) {
  TestServer server;
  server.config.connections_max = 2;
  server.get("/x", hello);
  server.start();
  auto first = std::make_unique<RawClient>(server.port());
  RawClient second(server.port());
  EXPECT_EQ(first->get("/x").status, 200);
  EXPECT_EQ(second.get("/x").status, 200);
  RawClient third(server.port());
  const Received got = third.receive();
  EXPECT_EQ(got.status, 503);
  EXPECT_EQ(boost::json::parse(got.body).at("code"), "OVERLOADED");
  EXPECT_EQ(got.header("Retry-After"), "1");
  EXPECT_EQ(got.header("Connection"), "close");
  first.reset();
  const auto begin = Clock::now();
  int status = 0;
  while (status != 200 && Clock::now() - begin < std::chrono::seconds(5))
    status = RawClient(server.port()).get("/x").status;
  EXPECT_EQ(status, 200);
}

// One thread; a client sends many requests at once, and another one asks while they are answered.
class ServerTurns : public ::testing::Test {
 protected:
  static constexpr int kPipelined = 1500;

  // The number of requests of the first client that are answered between the other one's request and its
  // answer.
  int answered_before_other(std::chrono::milliseconds each) {
    std::unique_ptr<RawClient> other;
    std::promise<void> all_are_sent;
    std::promise<int> before;
    int answered = 0;
    bool is_other_answered = false;
    server_.config.threads = 1;
    server_.get("/other", [&](const Request&, Reply reply) {
      is_other_answered = answered > 0;
      if (is_other_answered) before.set_value(answered - 1);
      reply({});
    });
    // A large body first, which makes the server's buffer large enough for all the others.
    server_.post("/first", [&](const Request&, Reply reply) {
      all_are_sent.get_future().wait();
      reply({});
    });
    server_.get("/many", [&](const Request&, Reply reply) {
      if (++answered == 1) other->send("GET /other HTTP/1.1\r\nHost: a\r\n\r\n");
      if (!is_other_answered) std::this_thread::sleep_for(each);
      reply({.body = std::to_string(answered)});
    });
    server_.start();
    other = std::make_unique<RawClient>(server_.port());
    other->get("/other");
    RawClient first(server_.port());
    std::string requests = "POST /first HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nea60\r\n" +
                           std::string(60'000, 'x') + "\r\n0\r\n\r\n";
    for (int i = 0; i < kPipelined; ++i) requests += "GET /many HTTP/1.1\r\nHost: a\r\n\r\n";
    first.send(requests);
    all_are_sent.set_value();
    EXPECT_EQ(first.receive().status, 200);
    for (int i = 1; i <= kPipelined; ++i) EXPECT_EQ(first.receive().body, std::to_string(i));
    return before.get_future().get();
  }

  TestServer server_;
};

TEST_F(ServerTurns, of_others_come_after_64_pipelined_requests) {
  EXPECT_LE(answered_before_other(std::chrono::milliseconds(0)), 2 * 64);
}

TEST_F(ServerTurns, of_others_come_after_a_millisecond) {
  EXPECT_LE(answered_before_other(std::chrono::milliseconds(2)), 4);
}

TEST(ServerStop, lets_requests_under_way_finish_and_closes_idle_connections_R_M5) {
  TestServer server;
  server.config.threads = 1;
  Gate gate;
  server.get("/late", gate.handler());
  server.get("/x", hello);
  server.start();
  RawClient idle(server.port());
  EXPECT_EQ(idle.get("/x").status, 200);
  RawClient late(server.port());
  late.send("GET /late HTTP/1.1\r\nHost: a\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  gate.await(1);
  auto stopped = std::async(std::launch::async, [&] { server.server->stop(Millis(8'000)); });
  EXPECT_TRUE(idle.is_closed_by_server());
  EXPECT_NE(stopped.wait_for(std::chrono::milliseconds(0)), std::future_status::ready);
  RawClient refused(server.port());
  EXPECT_TRUE(!refused.is_connected() || refused.is_closed_by_server());
  gate.open();
  const Received got = late.receive();
  EXPECT_EQ(got.body, "late");
  EXPECT_EQ(got.header("Connection"), "close");
  EXPECT_TRUE(late.is_closed_by_server());
  EXPECT_EQ(stopped.wait_for(std::chrono::seconds(5)), std::future_status::ready);
}

TEST(ServerStop, waits_no_longer_than_the_grace_period) {
  TestServer server;
  Gate gate;
  server.get("/late", gate.handler());
  server.start();
  RawClient late(server.port());
  late.send("GET /late HTTP/1.1\r\nHost: a\r\n\r\n");
  RawClient half(server.port());
  half.send("GET /la");
  gate.await(1);
  const auto begin = Clock::now();
  server.server->stop(Millis(100));
  EXPECT_GE(Clock::now() - begin, std::chrono::milliseconds(90));
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(5));
  EXPECT_TRUE(late.is_closed_by_server());
  EXPECT_TRUE(half.is_closed_by_server());
  gate.open();  // too late for the client, and no harm
}

TEST(ServerStop, loses_no_answer_under_load) {
  TestServer server;
  server.get("/x", hello);
  server.start();
  std::atomic<bool> is_cut_off{false};
  std::atomic<int> answered{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] {
      RawClient client(server.port());
      while (true) {
        const Received got = client.get("/x");
        if (got.status == 0) return;  // closed between two requests
        if (got.body != "hello") is_cut_off = true;
        ++answered;
        if (got.header("Connection") == "close") return;
      }
    });
  }
  while (answered < 1000) std::this_thread::yield();
  server.server->stop(Millis(5'000));
  for (std::thread& client : clients) client.join();
  EXPECT_FALSE(is_cut_off);
}

}  // namespace
}  // namespace stagedoor::http
