// Event streams with real sockets: what listeners see, and what slow, silent and gone ones cost.
#include <gmock/gmock.h>
#include <prometheus/text_serializer.h>

#include <atomic>
#include <boost/json/parse.hpp>
#include <chrono>
#include <future>
#include <mutex>
#include <thread>

#include "support/raw_client.h"

namespace stagedoor::http {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using testing::RawClient;
using testing::Received;
using testing::TestServer;
using Clock = std::chrono::steady_clock;
using Shared = std::shared_ptr<const std::string>;

constexpr std::string_view kGet = "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n";

// What all listeners of a test hear: events that the test adds, and how many listeners there are.
class Station {
 public:
  void tell(std::string event) {
    tell_all(std::make_shared<const std::string>("data: " + std::move(event) + "\n\n"));
  }
  void tell_all(Shared event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
  }
  void end() { is_over_ = true; }
  int listeners() const { return listeners_; }
  int asked() const { return asked_; }
  int given() const { return given_; }

  Handler handler() {
    return [this](const Request&, Reply reply) { reply({.stream = std::make_shared<Listener>(*this)}); };
  }

 private:
  class Listener : public EventStream {
   public:
    explicit Listener(Station& station) : station_(station) { ++station_.listeners_; }
    ~Listener() override { --station_.listeners_; }
    bool next(std::string& text, Shared& shared) override {
      ++station_.asked_;
      const bool is_over = station_.is_over_;
      const std::lock_guard lock(station_.mutex_);
      if (heard_ == station_.events_.size()) return !is_over;
      ++station_.given_;
      const Shared& event = station_.events_[heard_++];
      if (event->size() > 100) shared = event;
      else text += *event;
      return true;
    }

   private:
    Station& station_;
    std::size_t heard_ = 0;
  };

  std::mutex mutex_;
  std::vector<Shared> events_;
  std::atomic<bool> is_over_{false};
  std::atomic<int> listeners_{0}, asked_{0}, given_{0};
};

template <class Condition>
bool await(const Condition& is_so) {
  const auto until = Clock::now() + std::chrono::seconds(10);
  while (!is_so()) {
    if (Clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

struct Streams : ::testing::Test {
  Streams() {
    server.config.stream_interval = Millis(5);
    server.get("/stream", station.handler());
    server.get("/x", [](const Request&, Reply reply) { reply({.body = "hello"}); });
  }
  std::string metric(const std::string& name) {
    const std::string text = ::prometheus::TextSerializer().Serialize(server.metrics->collect());
    const std::size_t at = text.find("\n" + name + " ");
    return at == text.npos
               ? ""
               : text.substr(at + name.size() + 2, text.find('\n', at + 1) - at - name.size() - 2);
  }

  Station station;  // outlives the server
  TestServer server;
};

// R-Q3, R-C5
TEST_F(Streams, tell_events_as_they_happen_until_they_are_over) {
  server.start();
  RawClient client(server.port());
  client.send(kGet);
  const Received head = client.receive();
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("Content-Type"), "text/event-stream");
  EXPECT_EQ(head.header("Cache-Control"), "no-store");
  EXPECT_EQ(head.header("X-Accel-Buffering"), "no");
  EXPECT_EQ(head.header("Connection"), "close");
  EXPECT_EQ(head.header("Content-Length"), "");
  EXPECT_THAT(client.receive_until("\n\n"), MatchesRegex("retry: [0-9]+\n\n"));
  for (const char* event : {"one", "two", "three"}) {
    station.tell(event);
    EXPECT_EQ(client.receive_until("\n\n"), "data: " + std::string(event) + "\n\n");
  }
  EXPECT_EQ(metric("stagedoor_http_streams"), "1");
  station.tell("last");
  station.end();
  EXPECT_EQ(client.receive_to_end(), "data: last\n\n");
  EXPECT_TRUE(await([&] { return metric("stagedoor_http_streams") == "0"; }));
  EXPECT_EQ(station.listeners(), 0);
}

TEST_F(Streams, begin_after_answers_to_pipelined_requests_and_ignore_further_ones) {
  server.start();
  RawClient client(server.port());
  client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n" + std::string(kGet) +
              "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.receive().body, "hello");
  EXPECT_EQ(client.receive().header("Content-Type"), "text/event-stream");
  client.send(std::string(500, 'x'));
  station.tell("one");
  EXPECT_THAT(client.receive_until("one\n\n"), Not(HasSubstr("hello")));
  EXPECT_EQ(station.listeners(), 1);
}

TEST_F(Streams, work_for_clients_of_HTTP_1_0) {
  server.start();
  RawClient client(server.port());
  client.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(client.receive().header("Connection"), "close");
  station.tell("one");
  station.end();
  EXPECT_THAT(client.receive_to_end().value_or(""), EndsWith("\n\ndata: one\n\n"));
}

TEST_F(Streams, are_not_begun_for_HEAD) {
  server.start();
  station.tell("one");
  RawClient client(server.port());
  client.send("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  const Received head = client.receive(false);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("Content-Type"), "text/event-stream");
  EXPECT_TRUE(client.is_closed_by_server());
  EXPECT_EQ(station.asked(), 0);
  EXPECT_EQ(station.listeners(), 0);
}

// R-Q3: and no time-out of the server ends it.
TEST_F(Streams, send_a_heartbeat_when_there_is_nothing_to_tell) {
  server.config.stream_heartbeat = Millis(30);
  server.config.idle_timeout = server.config.head_timeout = server.config.body_timeout =
      server.config.write_timeout = Millis(100);
  server.start();
  RawClient client(server.port());
  client.send(kGet);
  client.receive();
  client.receive_until("\n\n");
  const auto begin = Clock::now();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(client.receive_until("\n\n"), ":\n\n");
  EXPECT_GE(Clock::now() - begin, std::chrono::milliseconds(9 * 30));
  station.tell("one");
  EXPECT_THAT(client.receive_until("one\n\n"), EndsWith("data: one\n\n"));
}

TEST_F(Streams, share_one_buffer_of_a_large_event_and_tell_it_whole) {
  server.start();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 20; ++i) clients.emplace_back(new RawClient(server.port()))->send(kGet);
  ASSERT_TRUE(await([&] { return station.listeners() == 20; }));
  const auto large = std::make_shared<const std::string>("data: " + std::string(3'000'000, 'x') + "\n\n");
  station.tell_all(large);
  station.tell("behind");
  for (auto& client : clients) {
    client->receive_until("retry: ");
    client->receive_until("\n\n");
    EXPECT_TRUE(client->receive_until("\n\n") == *large);
    EXPECT_EQ(client->receive_until("\n\n"), "data: behind\n\n");
  }
  EXPECT_EQ(station.given(), 40);
}

// R-C5, R-Q3: a reader who does not read costs one message, and nobody waits for them.
TEST_F(Streams, drop_a_reader_who_does_not_read) {
  server.config.threads = 1;
  server.config.write_timeout = Millis(500);
  server.start();
  RawClient stalled(server.port(), 4096), reader(server.port());
  stalled.send(kGet);
  ASSERT_TRUE(await([&] { return station.listeners() == 1; }));
  const auto large = std::make_shared<const std::string>(8'000'000, 'x');
  station.tell_all(large);
  ASSERT_TRUE(await([&] { return station.given() == 1; }));
  for (int i = 0; i < 100; ++i) station.tell(std::to_string(i));
  EXPECT_EQ(station.given(), 1);
  reader.send(kGet);
  EXPECT_THAT(reader.receive_until("data: 99\n\n"), EndsWith("data: 99\n\n"));
  EXPECT_TRUE(await([&] { return station.listeners() == 1; }));  // the stalled one is gone
  EXPECT_EQ(station.given(), 1 + 101);
  station.tell("still here");
  EXPECT_EQ(reader.receive_until("\n\n"), "data: still here\n\n");
}

TEST_F(Streams, end_when_the_client_sends_more_than_a_kilobyte) {
  server.start();
  RawClient client(server.port());
  client.send(kGet);
  EXPECT_TRUE(await([&] { return station.listeners() == 1; }));
  client.send(std::string(1024, 'x'));
  station.tell("still there");
  EXPECT_THAT(client.receive_until("still there\n\n"), EndsWith("still there\n\n"));
  client.send("x");
  EXPECT_TRUE(await([&] { return station.listeners() == 0; }));
}

TEST_F(Streams, are_freed_as_soon_as_the_client_closes) {
  server.config.stream_interval = Millis(3'600'000);  // no round will find it out
  server.start();
  {
    RawClient client(server.port());
    client.send(kGet);
    client.receive_until("\n\n");
    EXPECT_EQ(station.listeners(), 1);
  }
  EXPECT_TRUE(await([&] { return station.listeners() == 0; }));
  EXPECT_TRUE(await([&] { return metric("stagedoor_http_connections") == "0"; }));
}

// R-M5
TEST_F(Streams, are_told_to_reconnect_when_the_server_stops_and_do_not_wait_out_the_grace) {
  server.config.stream_interval = Millis(3'600'000);
  server.start();
  RawClient first(server.port()), second(server.port());
  first.send(kGet);
  second.send(kGet);
  ASSERT_TRUE(await([&] { return station.listeners() == 2; }));
  const auto begin = Clock::now();
  server.server->stop(Millis(60'000));
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(10));
  EXPECT_THAT(first.receive_to_end().value_or(""), EndsWith("\n\nevent: reconnect\ndata: {}\n\n"));
  EXPECT_THAT(second.receive_to_end().value_or(""), EndsWith("\n\nevent: reconnect\ndata: {}\n\n"));
}

TEST_F(Streams, above_the_limit_are_refused_and_leave_the_connections_for_other_calls) {
  server.config.streams_max = 1;
  server.start();
  RawClient client(server.port());
  {
    RawClient first(server.port());
    first.send(kGet);
    EXPECT_EQ(first.receive().status, 200);
    const Received refused = client.get("/stream");
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(boost::json::parse(refused.body).at("code"), "OVERLOADED");
    EXPECT_EQ(client.get("/x").body, "hello");
  }
  EXPECT_TRUE(await([&] { return station.listeners() == 0; }));
  client.send(kGet);
  EXPECT_EQ(client.receive().status, 200);
}

TEST_F(Streams, that_fail_end_and_do_no_harm) {
  struct Failing : EventStream {
    bool next(std::string&, Shared&) override { throw std::runtime_error("planted"); }
  };
  server.get("/failing", [](const Request&, Reply reply) { reply({.stream = std::make_shared<Failing>()}); });
  server.start();
  RawClient client(server.port());
  EXPECT_EQ(client.get("/failing").status, 200);
  EXPECT_THAT(client.receive_to_end().value_or("?"), MatchesRegex("retry: [0-9]+\n\n"));
  EXPECT_EQ(RawClient(server.port()).get("/x").body, "hello");
}

TEST_F(Streams, come_and_go_in_crowds_while_events_are_sent_and_requests_answered) {
  server.config.stream_interval = Millis(1);
  server.start();
  std::atomic<bool> is_over{false}, is_wrong{false};
  std::vector<std::thread> crowd;
  for (int i = 0; i < 6; ++i) {
    crowd.emplace_back([&] {
      while (!is_over) {
        RawClient client(server.port());
        client.send(kGet);
        client.receive();
        client.receive_until("\n\n");
        for (int n = 0; n < 3 && !is_over; ++n) {
          if (!client.receive_until("\n\n").starts_with("data: ")) is_wrong = !is_over;
        }
      }
    });
  }
  RawClient caller(server.port());
  for (int n = 0; n < 300; ++n) {
    station.tell(std::to_string(n));
    EXPECT_EQ(caller.get("/x").body, "hello");
    std::this_thread::yield();
  }
  is_over = true;
  for (std::thread& one : crowd) one.join();
  EXPECT_FALSE(is_wrong);
  EXPECT_TRUE(await([&] { return station.listeners() == 0; }));
}

// Of a file: two pieces, with a round without news between them, and then its end or a fault.
class Pieces : public EventStream {
 public:
  explicit Pieces(bool breaks_off) : breaks_off_(breaks_off) {}
  bool next(std::string& text, Shared&) override {
    if (asked_ == 3 && breaks_off_) throw std::runtime_error("planted");
    if (asked_ % 2 == 0) text += asked_ == 0 ? "one\n" : "two\n";
    return asked_++ < 2 || breaks_off_;
  }

 private:
  bool breaks_off_;
  int asked_ = 0;
};

struct Files : Streams {
  Files() {
    for (const bool breaks_off : {false, true}) {
      server.get(breaks_off ? "/broken" : "/file", [breaks_off](const Request&, Reply reply) {
        reply({.headers = "Content-Type: text/csv\r\n", .stream = std::make_shared<Pieces>(breaks_off)});
      });
    }
  }
  std::string body_of(std::string_view request) {
    RawClient client(server.port());
    client.send(request);
    head = client.receive();
    return client.receive_to_end().value_or("reset");
  }
  Received head;
};

TEST_F(Files, are_sent_in_chunks_and_the_last_one_says_that_they_are_whole) {
  server.start();
  EXPECT_EQ(body_of("GET /file HTTP/1.1\r\nHost: a\r\n\r\n"), "4\r\none\n\r\n4\r\ntwo\n\r\n0\r\n\r\n");
  EXPECT_EQ(head.header("Transfer-Encoding"), "chunked");
  EXPECT_EQ(head.header("Content-Type"), "text/csv");
  EXPECT_EQ(head.header("Content-Length"), "");
}

TEST_F(Files, that_break_off_have_no_last_chunk) {
  server.start();
  EXPECT_EQ(body_of("GET /broken HTTP/1.1\r\nHost: a\r\n\r\n"), "4\r\none\n\r\n4\r\ntwo\n\r\n");
}

TEST_F(Files, are_plain_for_clients_of_HTTP_1_0) {
  server.start();
  EXPECT_EQ(body_of("GET /file HTTP/1.0\r\n\r\n"), "one\ntwo\n");
  EXPECT_EQ(head.header("Transfer-Encoding"), "");
}

// R-A2: fans who listen do not shut out who has to watch them.
TEST_F(Streams, of_operators_are_let_in_beyond_the_limit) {
  server.config.streams_max = 1;
  server.router.add({.path = "/watch", .handler = station.handler(), .limit_class = LimitClass::operation});
  server.start();
  RawClient first(server.port());
  first.send(kGet);
  EXPECT_EQ(first.receive().status, 200);
  ASSERT_TRUE(await([&] { return station.listeners() == 1; }));
  RawClient second(server.port());
  second.send(kGet);
  EXPECT_EQ(second.receive().status, 503);
  RawClient watcher(server.port());
  watcher.send("GET /watch HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(watcher.receive().status, 200);
}

}  // namespace
}  // namespace stagedoor::http
