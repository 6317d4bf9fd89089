// The server with real sockets: what clients see when everybody behaves, and answers from elsewhere.
#include "http/server.h"

#include <gmock/gmock.h>
#include <prometheus/text_serializer.h>

#include <boost/json/parse.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "core/log.h"
#include "http/render_refusal.h"
#include "support/raw_client.h"

namespace stagedoor::http {
namespace {

using ::testing::HasSubstr;
using testing::RawClient;
using testing::Received;
using testing::TestServer;

void echo(const Request& request, Reply reply) {
  std::string text = std::string(to_string(request.method)) + " " + std::string(request.path);
  if (!request.raw_query.empty()) text += "?" + std::string(request.raw_query);
  text += " [" + std::string(request.body) + "]";
  reply({.body = text});
}

// Keeps Replies for a thread of its own to answer, as the booking lane does.
class Elsewhere {
 public:
  Elsewhere() : thread_([this] { run(); }) {}
  ~Elsewhere() {
    {
      const std::lock_guard lock(mutex_);
      is_done_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  void keep(Reply reply, std::string text) {
    {
      const std::lock_guard lock(mutex_);
      waiting_.emplace_back(std::move(reply), std::move(text));
    }
    changed_.notify_all();
  }
  // Nothing is answered until so many wait.
  void answer_from(std::size_t count) {
    {
      const std::lock_guard lock(mutex_);
      batch_ = count;
    }
    changed_.notify_all();
  }
  void await_waiting(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_.size() >= count; });
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return is_done_ || (!waiting_.empty() && waiting_.size() >= batch_); });
      if (is_done_) return;
      auto batch = std::exchange(waiting_, {});
      lock.unlock();
      for (auto& [reply, text] : batch) reply({.body = text});
      lock.lock();
    }
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<Reply, std::string>> waiting_;
  std::size_t batch_ = 1;
  bool is_done_ = false;
  std::thread thread_;
};

TEST(Server, answers_with_status_length_type_date_and_request_id) {
  TestServer server;
  server.get("/x", [](const Request&, Reply reply) {
    reply({.status = 201, .body = "{}", .headers = "X-More: 1\r\n"});
  });
  server.start();
  RawClient client(server.port());
  const Received got = client.get("/x");
  EXPECT_EQ(got.status, 201);
  EXPECT_EQ(got.body, "{}");
  EXPECT_EQ(got.header("Content-Type"), "application/json");
  EXPECT_EQ(got.header("X-More"), "1");
  EXPECT_EQ(got.header("X-Request-Id").size(), 16u);
  EXPECT_THAT(got.header("Date"), ::testing::EndsWith(" GMT"));
  EXPECT_EQ(got.header("Connection"), "");
}

TEST(Server, answers_10000_requests_in_a_row_on_one_connection) {
  TestServer server;
  server.post("/e/{id}", echo);
  server.start();
  RawClient client(server.port());
  for (int i = 0; i < 10'000; ++i) {
    const std::string body = "b" + std::to_string(i);
    client.send("POST /e/" + std::to_string(i) + "?q HTTP/1.1\r\nHost: a\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body);
    ASSERT_EQ(client.receive().body, "POST /e/" + std::to_string(i) + "?q [" + body + "]");
  }
}

TEST(Server, answers_pipelined_requests_in_order_whoever_answers_them) {
  TestServer server;
  Elsewhere elsewhere;
  server.get("/now/{n}", echo);
  server.get("/later/{n}", [&](const Request& request, Reply reply) {
    elsewhere.keep(std::move(reply), "later " + std::string(request.path));
  });
  server.start();
  RawClient client(server.port());
  std::string requests;
  for (int i = 0; i < 300; ++i) {
    requests += "GET /" + std::string(i % 3 == 0 ? "later" : "now") + "/" + std::to_string(i) +
                " HTTP/1.1\r\nHost: a\r\n\r\n";
  }
  client.send(requests);
  for (int i = 0; i < 300; ++i) {
    const std::string body = client.receive().body;
    ASSERT_EQ(body,
              i % 3 == 0 ? "later /later/" + std::to_string(i) : "GET /now/" + std::to_string(i) + " []");
  }
}

TEST(Server, sends_answers_without_waiting_for_the_next_pipelined_request) {
  TestServer server;
  Elsewhere elsewhere;
  elsewhere.answer_from(2);
  server.get("/now", echo);
  server.get("/later", [&](const Request&, Reply reply) { elsewhere.keep(std::move(reply), "later"); });
  server.start();
  RawClient client(server.port());
  client.send("GET /now HTTP/1.1\r\nHost: a\r\n\r\nGET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.receive().body, "GET /now []");
  elsewhere.answer_from(1);
  EXPECT_EQ(client.receive().body, "later");
}

TEST(Server, takes_a_thousand_answers_from_another_thread) {
  TestServer server;
  Elsewhere elsewhere;
  elsewhere.answer_from(1000);
  server.get("/seat/{n}", [&](const Request& request, Reply reply) {
    elsewhere.keep(std::move(reply), std::string(request.parameter("n")));
  });
  server.start();
  for (int round = 0; round < 3; ++round) {
    std::deque<RawClient> clients;
    for (int i = 0; i < 1000; ++i) {
      clients.emplace_back(server.port())
          .send("GET /seat/" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    for (int i = 0; i < 1000; ++i)
      ASSERT_EQ(clients[static_cast<std::size_t>(i)].receive().body, std::to_string(i));
  }
}

TEST(Server, survives_clients_that_left_before_their_answer) {
  TestServer server;
  Elsewhere elsewhere;
  elsewhere.answer_from(100);
  server.get("/x", [&](const Request&, Reply reply) {
    elsewhere.keep(std::move(reply), std::string(100'000, 'x'));
  });
  server.start();
  for (int i = 0; i < 99; ++i) RawClient(server.port()).send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  elsewhere.await_waiting(99);
  RawClient last(server.port());
  EXPECT_EQ(last.get("/x").body.size(), 100'000u);
}

TEST(Server, sends_large_bodies_whole_to_slow_readers_owned_or_shared) {
  TestServer server;
  auto bytes = std::make_shared<std::string>();
  for (int i = 0; bytes->size() < 3'000'000; ++i) *bytes += std::to_string(i);
  server.get("/shared", [&](const Request&, Reply reply) { reply({.shared = bytes}); });
  server.get("/own", [&](const Request&, Reply reply) { reply({.body = *bytes}); });
  server.start();
  RawClient client(server.port(), 4096);
  client.send(
      "GET /shared HTTP/1.1\r\nHost: a\r\n\r\nGET /own HTTP/1.1\r\nHost: a\r\n\r\nGET /shared "
      "HTTP/1.1\r\nHost: a\r\n\r\n");
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(client.receive().body == *bytes);
}

TEST(Server, answers_HEAD_with_the_length_and_without_the_body) {
  TestServer server;
  server.get("/x", echo);
  server.start();
  RawClient client(server.port());
  client.send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n");
  const Received got = client.receive(false);
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.header("Content-Length"), "10");
  EXPECT_EQ(client.get("/x").body, "GET /x []");
}

TEST(Server, answers_unknown_paths_and_methods_as_section_8_says) {
  TestServer server;
  server.get("/x", echo);
  server.start();
  RawClient client(server.port());
  const Received missing = client.get("/y");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(boost::json::parse(missing.body).at("code"), "NOT_FOUND");
  client.send("DELETE /x HTTP/1.1\r\nHost: a\r\n\r\n");
  const Received refused = client.receive();
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.header("Allow"), "GET, HEAD");
  EXPECT_EQ(boost::json::parse(refused.body).at("code"), "METHOD_NOT_ALLOWED");
}

TEST(Server, keeps_the_connection_as_version_and_header_say) {
  TestServer server;
  server.get("/x", echo);
  server.start();
  for (const char* request :
       {"GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET /x HTTP/1.0\r\n\r\n"}) {
    RawClient client(server.port());
    client.send(request);
    const Received got = client.receive();
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.header("Connection"), "close");
    EXPECT_TRUE(client.is_closed_by_server());
  }
  RawClient kept(server.port());
  for (int i = 0; i < 2; ++i) {
    kept.send("GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(kept.receive().header("Connection"), "keep-alive");
  }
}

TEST(Server, answers_a_client_that_has_closed_its_sending_side) {
  TestServer server;
  server.get("/x", echo);
  server.start();
  RawClient client(server.port());
  client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  ::shutdown(client.fd(), SHUT_WR);
  EXPECT_EQ(client.receive().status, 200);
  EXPECT_TRUE(client.is_closed_by_server());
}

TEST(Server, sends_100_continue_when_asked) {
  TestServer server;
  server.post("/x", echo);
  server.start();
  RawClient client(server.port());
  client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.receive().status, 100);
  client.send("ab");
  EXPECT_EQ(client.receive().body, "POST /x [ab]");
}

TEST(Server, takes_chunked_bodies) {
  TestServer server;
  server.post("/x", echo);
  server.start();
  RawClient client(server.port());
  client.send("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n");
  client.send("1\r\nc\r\n0\r\n\r\nGET /none HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.receive().body, "POST /x [abc]");
  EXPECT_EQ(client.receive().status, 404);
}

TEST(Server, answers_500_and_lives_on_when_a_handler_throws_or_forgets) {
  TestServer server;
  server.get("/throws", [](const Request&, Reply) { throw std::runtime_error("secret"); });
  server.get("/throws-int", [](const Request&, Reply) { throw 1; });
  server.get("/forgets", [](const Request&, Reply) {});
  server.get("/x", echo);
  server.start();
  RawClient client(server.port());
  for (const char* path : {"/throws", "/throws-int", "/forgets"}) {
    const Received got = client.get(path);
    EXPECT_EQ(got.status, 500) << path;
    EXPECT_EQ(boost::json::parse(got.body).at("code"), "INTERNAL");
    EXPECT_EQ(got.body.find("secret"), std::string::npos);
  }
  EXPECT_EQ(client.get("/x").status, 200);
}

std::mutex g_log_mutex;
std::vector<std::string> g_log;
void keep_log(LogLevel, std::string_view message, std::span<const LogField> fields) {
  std::string line(message);
  for (const LogField& field : fields) {
    line += " " + std::string(field.name) + "=";
    line += field.number ? std::to_string(*field.number) : std::string(field.text);
  }
  const std::lock_guard lock(g_log_mutex);
  g_log.push_back(line);
}

TEST(Server, logs_failures_with_the_request_id_and_never_the_query) {
  TestServer server;
  server.get("/throws", [](const Request&, Reply) { throw std::runtime_error("why"); });
  server.start();
  set_log_writer(keep_log);
  RawClient client(server.port());
  client.get("/throws?token=secret", "X-Request-Id: my-id\r\n");
  set_log_writer(nullptr);
  const std::lock_guard lock(g_log_mutex);
  ASSERT_EQ(g_log.size(), 2u);
  EXPECT_THAT(g_log[0], AllOf(HasSubstr("error.message=why"), HasSubstr("http.request.id=my-id")));
  EXPECT_THAT(g_log[1], AllOf(HasSubstr("http.response.status_code=500"), HasSubstr("http.request.id=my-id"),
                              HasSubstr("url.path=/throws"), HasSubstr("http.route=/throws")));
  for (const std::string& line : g_log) EXPECT_EQ(line.find("secret"), std::string::npos);
}

TEST(Server, never_logs_a_token_or_key_of_the_path_and_leaves_out_an_empty_trace) {  // R-A9
  TestServer server;
  server.get("/throws/{id}/x", [](const Request&, Reply) { throw std::runtime_error("why"); });
  {
    const std::lock_guard lock(g_log_mutex);
    g_log.clear();
  }
  set_log_sink({.write = keep_log, .least = LogLevel::debug});
  server.start();
  const std::string user = "0a8fe2a2-4e5b-4c8e-9f0e-0123456789ab", secret = "0123456789abcdef";
  RawClient client(server.port());
  client.get("/throws/" + user + "/x");
  client.get("/throws/" + secret + "/x",
             "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n");
  client.get("/nosuch/" + secret);
  client.get("/nosuch/" + user);
  set_log_writer(nullptr);
  const std::lock_guard lock(g_log_mutex);
  std::vector<std::string> requests;
  for (const std::string& line : g_log) {
    EXPECT_EQ(line.find(secret), std::string::npos) << line;
    if (line.starts_with("request ")) requests.push_back(line);
  }
  g_log.clear();
  ASSERT_EQ(requests.size(), 4u);
  EXPECT_THAT(requests[0], AllOf(HasSubstr("url.path=/throws/" + user + "/x"), Not(HasSubstr("trace.id"))));
  EXPECT_THAT(requests[1], AllOf(HasSubstr("url.path=/throws/…/x"),
                                 HasSubstr("trace.id=4bf92f3577b34da6a3ce929d0e0e4736")));
  EXPECT_THAT(requests[2], HasSubstr("url.path=/nosuch/…"));
  EXPECT_THAT(requests[3], HasSubstr("url.path=/nosuch/…"));
}

TEST(Server, takes_sane_request_ids_and_continues_traces_R_O4) {
  TestServer server;
  server.get("/x", [](const Request& request, Reply reply) {
    reply({.body = std::string(request.request_id) + " " + std::string(request.traceparent)});
  });
  server.start();
  RawClient client(server.port());
  const Received sane = client.get("/x", "x-request-id: abc-1\r\n");
  EXPECT_EQ(sane.header("X-Request-Id"), "abc-1");
  EXPECT_EQ(sane.body, "abc-1 ");
  EXPECT_NE(client.get("/x", "X-Request-Id: a\"b\r\n").header("X-Request-Id"), "a\"b");
  const Received traced =
      client.get("/x", "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n");
  const std::string trace = traced.header("traceparent");
  EXPECT_THAT(trace, ::testing::StartsWith("00-4bf92f3577b34da6a3ce929d0e0e4736-"));
  EXPECT_THAT(traced.body, ::testing::EndsWith(trace));
  EXPECT_EQ(trace.find("00f067aa0ba902b7"), std::string::npos);
}

TEST(Server, counts_requests_by_route_and_status_and_the_open_connections) {
  TestServer server;
  server.get("/x/{id}", echo);
  server.start();
  RawClient client(server.port());
  client.get("/x/1");
  client.get("/x/2");
  client.get("/none");
  const std::string text = prometheus::TextSerializer().Serialize(server.metrics->collect());
  EXPECT_THAT(text,
              HasSubstr("stagedoor_http_requests_total{route=\"/x/{id}\",method=\"GET\",code=\"200\"} 2"));
  EXPECT_THAT(text, HasSubstr("stagedoor_http_requests_total{route=\"none\",method=\"any\",code=\"404\"} 1"));
  EXPECT_THAT(text, HasSubstr("stagedoor_http_connections 1"));
}

TEST(Server, spreads_connections_over_its_threads) {
  TestServer server;
  std::mutex mutex;
  std::vector<std::thread::id> threads;
  server.get("/x", [&](const Request&, Reply reply) {
    {
      const std::lock_guard lock(mutex);
      threads.push_back(std::this_thread::get_id());
    }
    reply({});
  });
  server.start();
  std::deque<RawClient> clients;
  for (int i = 0; i < 10; ++i) clients.emplace_back(server.port()).get("/x");
  std::sort(threads.begin(), threads.end());
  EXPECT_EQ(std::unique(threads.begin(), threads.end()) - threads.begin(), 2);
}

TEST(Server, listens_on_IPv6) {
  TestServer server;
  server.config.address = "::1";
  server.get("/x", [](const Request& request, Reply reply) { reply({.body = request.peer.to_string()}); });
  server.start();
  const int fd = ::socket(AF_INET6, SOCK_STREAM, 0);
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(server.port());
  address.sin6_addr = in6addr_loopback;
  ASSERT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const std::string_view request = "GET /x HTTP/1.0\r\n\r\n";
  ASSERT_EQ(::send(fd, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
  char bytes[4096];
  std::string text;
  for (ssize_t n = 0; (n = ::recv(fd, bytes, sizeof bytes, 0)) > 0;)
    text.append(bytes, static_cast<std::size_t>(n));
  ::close(fd);
  EXPECT_THAT(text, ::testing::EndsWith("\r\n\r\n::1"));
}

TEST(Server, shows_the_paths_of_operators_only_at_their_own_address_R_A10) {
  TestServer server;
  server.config.admin_address = "127.0.0.1";
  server.config.admin_paths = {"/admin", "/metrics"};
  server.config.connections_max = 1;
  for (const char* path : {"/x", "/administration", "/metrics", "/admin", "/admin/{id}"})
    server.get(path, [](const Request&, Reply reply) { reply({}); });
  server.start();
  RawClient fan(server.port());
  for (const char* path : {"/x", "/administration"}) EXPECT_EQ(fan.get(path).status, 200) << path;
  for (const char* path : {"/metrics", "/metrics/", "/admin", "/admin/1", "/admin/1?a=b", "/admin/none"})
    EXPECT_EQ(fan.get(path).status, 404) << path;
  fan.send("PUT /admin HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(fan.receive().status, 404) << "the allowed methods would show that there is something";
  RawClient operators(server.server->admin_port());  // above connections_max
  for (const char* path : {"/x", "/administration", "/metrics", "/admin", "/admin/1"})
    EXPECT_EQ(operators.get(path).status, 200) << path;
}

TEST(Server, says_what_is_wrong_when_it_cannot_start) {
  const Router router;
  const auto why = [&](ServerConfig config) -> std::string {
    try {
      Server(std::move(config), router, std::make_shared<Metrics>()).start();
      return "";
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  };
  TestServer first;
  first.start();
  EXPECT_THAT(why({.port = first.port()}), HasSubstr("in use"));
  EXPECT_THAT(why({.address = "localhost"}), HasSubstr("is not an IP address"));
  EXPECT_THAT(why({.trusted_proxies = {"10/8"}}), HasSubstr("trusted proxy"));
  EXPECT_THAT(why({.tls_certificate = "/nonexistent", .tls_key = "/nonexistent"}), HasSubstr("/nonexistent"));
}

}  // namespace
}  // namespace stagedoor::http
