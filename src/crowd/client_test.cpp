#include "crowd/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "crowd/call.h"
#include "support/scripted_server.h"

namespace stagedoor::crowd {
namespace {

using testing::HasSubstr;

void poll_until_answered(Client& client) {
  while (client.unanswered() > 0) client.poll(std::chrono::milliseconds(100));
}

TEST(Client, answers_each_request_once_with_its_own_tag) {
  ScriptedServer server([](const auto& request) { return answer(200, request.target); });
  const Endpoint to = resolve(server.url());
  constexpr int kRequests = 500;
  std::vector<std::string> requests;
  for (int i = 0; i < kRequests; ++i) {
    const std::string target = "/" + std::to_string(i);
    requests.push_back(render(to, {.target = target}));
  }
  std::map<Client::Tag, std::string> answers;
  Client client(to, {.connections = 7}, [&](Client::Tag tag, const Response& response) {
    EXPECT_TRUE(answers.emplace(tag, response.body).second);
  });
  for (std::size_t i = 0; i < kRequests; ++i) client.send(requests[i], i);
  poll_until_answered(client);
  ASSERT_EQ(answers.size(), kRequests);
  for (const auto& [tag, body] : answers) EXPECT_EQ(body, "/" + std::to_string(tag));
  EXPECT_EQ(server.connections_accepted(), 7);
}

TEST(Client, an_answer_may_be_followed_by_the_next_request_at_once) {
  ScriptedServer server([](const auto&) { return answer(200, "x"); });
  const std::string request = render(resolve(server.url()), {});
  int answered = 0;
  Client* self = nullptr;
  Client client(resolve(server.url()), {.connections = 1}, [&](Client::Tag tag, const Response& response) {
    EXPECT_EQ(response.status, 200);
    if (++answered < 1000) self->send(request, tag);
  });
  self = &client;
  client.send(request, 1);
  poll_until_answered(client);
  EXPECT_EQ(answered, 1000);
  EXPECT_EQ(server.connections_accepted(), 1);
}

TEST(Client, sends_and_reads_more_than_a_socket_buffer_holds) {
  ScriptedServer server([](const auto& request) { return answer(200, request.body); });
  const std::string body(8'000'000, 'b');
  const Reply reply = call(server.url(), {.method = "POST", .target = "/", .body = body});
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, body);
}

TEST(Client, opens_a_new_connection_when_the_server_closes) {
  ScriptedServer server([](const auto&) { return answer(200, "x", "Connection: close\r\n"); });
  Caller caller(server.url());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(caller.call({}).status, 200);
  EXPECT_EQ(server.connections_accepted(), 5);
}

TEST(Client, says_why_there_was_no_answer) {
  {
    ScriptedServer server([](const auto&) { return ""; });
    EXPECT_EQ(call(server.url(), {}).error, "closed before an answer");
  }
  {
    ScriptedServer server(
        [](const auto&) { return "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nabc"; });
    EXPECT_EQ(call(server.url(), {}).error, "closed within an answer");
  }
  {
    ScriptedServer server([](const auto&) { return "220 mail ESMTP\r\n\r\n"; });
    EXPECT_EQ(call(server.url(), {}).error, "malformed answer");
  }
  {
    ScriptedServer server([](const auto&) { return "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc"; });
    const Reply reply = Caller(server.url(), std::chrono::milliseconds(30)).call({});
    EXPECT_EQ(reply.status, 0);
    EXPECT_EQ(reply.error, "no answer in time");
  }
  std::string url;
  {
    ScriptedServer server([](const auto&) { return ""; });
    url = server.url();
  }
  EXPECT_THAT(call(url, {}).error, HasSubstr("refused"));
}

TEST(Client, requests_that_wait_for_a_connection_are_sent_when_others_fail) {
  ScriptedServer server([](const auto& request) { return request.target == "/bad" ? "" : answer(200, ""); });
  const Endpoint to = resolve(server.url());
  const std::string good = render(to, {});
  const std::string bad = render(to, {.target = "/bad"});
  int answered = 0;
  int failed = 0;
  Client client(to, {.connections = 2}, [&](Client::Tag, const Response& response) {
    ++(response.status == 200 ? answered : failed);
  });
  for (Client::Tag i = 0; i < 100; ++i) client.send(i % 3 == 0 ? bad : good, i);
  poll_until_answered(client);
  EXPECT_EQ(failed, 34);
  EXPECT_EQ(answered, 66);
}

TEST(Endpoint, takes_plain_http_addresses_only) {
  EXPECT_EQ(resolve("http://127.0.0.1:8080").authority, "127.0.0.1:8080");
  EXPECT_EQ(resolve("http://127.0.0.1/").authority, "127.0.0.1");
  EXPECT_NO_THROW(resolve("http://[::1]:8080"));
  for (const char* wrong :
       {"https://127.0.0.1", "127.0.0.1:8080", "http://", "http://127.0.0.1:80/path", "http://:80"}) {
    EXPECT_THROW(resolve(wrong), std::runtime_error) << wrong;
  }
}

TEST(Endpoint, renders_requests_with_headers_and_body) {
  const Endpoint to = resolve("http://127.0.0.1:81");
  EXPECT_EQ(render(to, {.target = "/queue", .headers = {{"Authorization", "Bearer t"}}}),
            "GET /queue HTTP/1.1\r\nHost: 127.0.0.1:81\r\nAuthorization: Bearer t\r\n\r\n");
  EXPECT_EQ(render(to, {.method = "PUT", .target = "/x", .body = "{}"}),
            "PUT /x HTTP/1.1\r\nHost: 127.0.0.1:81\r\nContent-Type: application/json\r\nContent-Length: "
            "2\r\n\r\n{}");
  EXPECT_EQ(render(to, {.method = "DELETE", .target = "/x"}),
            "DELETE /x HTTP/1.1\r\nHost: 127.0.0.1:81\r\nContent-Length: 0\r\n\r\n");
}

}  // namespace
}  // namespace stagedoor::crowd
