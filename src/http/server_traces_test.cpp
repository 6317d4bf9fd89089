// The state machine of a connection, with real sockets: random requests, of which some are malformed, cut
// into random pieces; answers that come at once, later or from another thread; clients that read slowly or
// hang up. Every request that arrived whole is answered once, in order, and the server goes on.
#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <random>
#include <thread>
#include <vector>

#include "support/raw_client.h"
#include "support/test_seed.h"

namespace stagedoor::http {
namespace {

using namespace std::chrono_literals;
using testing::RawClient;
using testing::Received;
using testing::TestServer;

struct Sent {
  std::string bytes;
  int status = 200;
  std::string body = {};  // of the answer; empty: not compared
  bool is_head = false;
  bool ends = false;  // the server closes after it
};

class Traces {
 public:
  explicit Traces(unsigned seed) : random_(seed) {}

  int below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }

  Sent next() {
    const std::string id = std::to_string(++number_);
    const std::string head = " HTTP/1.1\r\nHost: a\r\nX-Request-Id: " + id + "\r\n";
    switch (below(12)) {
      case 0:
        return {.bytes = "HEAD /now" + head + "\r\n", .is_head = true};
      case 1:
        return {.bytes = "GET /large" + head + "\r\n", .body = std::string(300'000, 'x')};
      case 2:
      case 3:
        return {.bytes = "GET /later" + head + "\r\n", .body = id};
      case 4:
        return {.bytes = "GET /nothing" + head + "\r\n", .status = 404};
      case 5: {
        const std::string body(static_cast<std::size_t>(below(5'000)), 'b');
        return {.bytes = "POST /echo" + head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                         body,
                .body = body};
      }
      case 6:
        return {.bytes = "POST /echo" + head +
                         "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1;x=y\r\nd\r\n0\r\n\r\n",
                .body = "abcd"};
      case 7:
        return {.bytes = "GET /drop" + head + "\r\n", .status = 500};
      case 8:
        if (below(4) != 0) break;
        return {.bytes = "GET /now" + head + "Content-Length: x\r\n\r\n", .status = 400, .ends = true};
      case 9:
        if (below(4) != 0) break;
        return {.bytes = "GET /now" + head + "Connection: close\r\n\r\n", .body = id, .ends = true};
      default:
        break;
    }
    return {.bytes = "GET /now" + head + "\r\n", .body = id};
  }

 private:
  std::mt19937 random_;
  int number_ = 0;
};

// Gives answers later, from a thread of its own, in another order.
class Answerer {
 public:
  void take(Reply reply, std::string body) {
    const std::lock_guard lock(mutex_);
    waiting_.emplace_back(std::move(reply), std::move(body));
  }

 private:
  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::deque<std::pair<Reply, std::string>> due;
      {
        const std::lock_guard lock(mutex_);
        due.swap(waiting_);
      }
      for (; !due.empty(); due.pop_back()) due.back().first({.body = std::move(due.back().second)});
      std::this_thread::sleep_for(1ms);
    }
  }

  std::mutex mutex_;
  std::deque<std::pair<Reply, std::string>> waiting_;
  std::jthread thread_{[this](const std::stop_token& stop) { run(stop); }};  // last: it uses the others
};

struct TraceServer : TestServer {
  Answerer answerer;
  const std::shared_ptr<const std::string> large = std::make_shared<const std::string>(300'000, 'x');

  TraceServer() {
    get("/now",
        [](const Request& request, Reply reply) { reply({.body = std::string(request.request_id)}); });
    get("/later", [this](const Request& request, Reply reply) {
      answerer.take(std::move(reply), std::string(request.request_id));
    });
    get("/large", [this](const Request&, Reply reply) { reply({.shared = large}); });
    get("/drop", [](const Request&, Reply) {});
    post("/echo", [](const Request& request, Reply reply) { reply({.body = std::string(request.body)}); });
    start();
  }
  ~TraceServer() { server.reset(); }
};

void send_in_pieces(RawClient& client, std::string_view bytes, Traces& traces) {
  while (!bytes.empty()) {
    const auto size = traces.below(4) == 0 ? std::min<std::size_t>(
                                                 bytes.size(), 1 + static_cast<std::size_t>(traces.below(60)))
                                           : bytes.size();
    if (!client.send(bytes.substr(0, size))) return;  // the server has closed after a malformed request
    bytes.remove_prefix(size);
    if (traces.below(8) == 0) std::this_thread::sleep_for(std::chrono::microseconds(traces.below(2'000)));
  }
}

void run_connection(const TraceServer& server, Traces& traces) {
  RawClient client(server.port(), traces.below(3) == 0 ? 8 * 1024 : 0);
  ASSERT_TRUE(client.is_connected());
  std::vector<Sent> sent;
  std::string bytes;
  for (int i = 1 + traces.below(12); i > 0 && (sent.empty() || !sent.back().ends); --i) {
    sent.push_back(traces.next());
    bytes += sent.back().bytes;
  }
  const bool hangs_up = traces.below(5) == 0;
  if (hangs_up) bytes.resize(static_cast<std::size_t>(traces.below(static_cast<int>(bytes.size()) + 1)));
  send_in_pieces(client, bytes, traces);
  if (hangs_up) return;
  for (const Sent& one : sent) {
    if (traces.below(6) == 0) std::this_thread::sleep_for(std::chrono::microseconds(traces.below(3'000)));
    const Received got = client.receive(!one.is_head);
    ASSERT_EQ(got.status, one.status) << one.bytes;
    ASSERT_TRUE(one.body.empty() || got.body == one.body) << one.bytes;
  }
  EXPECT_TRUE(!sent.back().ends || client.is_closed_by_server());
}

TEST(ServerTraces, answers_each_whole_request_once_and_in_order_however_it_arrives) {
  TraceServer server;
  std::vector<std::thread> clients;
  for (unsigned number = 0; number < 4; ++number) {
    clients.emplace_back([&server, seed = test::test_seed(number)] {
      Traces traces(seed);
      for (int i = 0; i < 60 && !::testing::Test::HasFailure(); ++i) run_connection(server, traces);
    });
  }
  for (auto& client : clients) client.join();
  EXPECT_EQ(RawClient(server.port()).get("/now").status, 200);
}

}  // namespace
}  // namespace stagedoor::http
