// The small parts of the server: response heads, proxies, names of requests, counters.
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <set>

#include "http/metrics.h"
#include "http/proxies.h"
#include "http/response.h"
#include "http/trace.h"

namespace stagedoor::http {
namespace {

constexpr const char* kDate = "Thu, 01 Jan 2026 00:00:00 GMT";

std::string head_of(const Answer& answer, ResponseHead head) {
  std::string out;
  append_head(out, answer, head);
  return out;
}

TEST(ResponseHead, says_length_type_date_and_request_id) {
  EXPECT_EQ(head_of({.body = "{}"}, {.date = kDate, .request_id = "r1"}),
            "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Type: "
            "application/json\r\nContent-Length: 2\r\n"
            "X-Request-Id: r1\r\n\r\n");
}

TEST(ResponseHead, takes_the_answers_own_headers_and_type) {
  EXPECT_EQ(head_of({.status = 409, .headers = "Content-Type: text/plain\r\nETag: \"a\"\r\n"},
                    {.date = kDate, .close = true}),
            "HTTP/1.1 409 Conflict\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Length: "
            "0\r\nConnection: close\r\n"
            "Content-Type: text/plain\r\nETag: \"a\"\r\n\r\n");
}

TEST(ResponseHead, has_no_length_and_body_for_204_and_304) {
  for (const int status : {204, 304}) {
    const Answer answer{.status = status, .body = "x"};
    EXPECT_EQ(head_of(answer, {.date = kDate}).find("Content-Length"), std::string::npos);
    EXPECT_EQ(body_of(answer), "");
  }
}

TEST(ResponseHead, measures_shared_bytes) {
  const Answer answer{.shared = std::make_shared<const std::string>("12345")};
  EXPECT_NE(head_of(answer, {.date = kDate}).find("Content-Length: 5\r\n"), std::string::npos);
  EXPECT_EQ(body_of(answer), "12345");
}

TEST(HttpDate, is_an_IMF_fixdate) {
  EXPECT_EQ(http_date(1767225600), kDate);
  EXPECT_EQ(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(TrustedProxies, decide_whose_forwarded_address_counts_R_O7_R_A1) {
  const auto proxies = TrustedProxies::parse({"10.0.0.0/8", "192.168.1.1", "fd00::/8", "172.16.0.0/12"});
  ASSERT_TRUE(proxies);
  const auto client = [&](std::string_view peer, const std::vector<std::string_view>& lines) {
    std::vector<Header> headers = {{"Host", "a"}};
    for (const std::string_view line : lines) headers.push_back({"x-forwarded-for", line});
    headers.push_back({"Accept", "1.1.1.1"});
    return proxies->client(boost::asio::ip::make_address(peer), headers).to_string();
  };
  EXPECT_EQ(client("203.0.113.5", {"1.2.3.4"}), "203.0.113.5");
  EXPECT_EQ(client("10.1.2.3", {"1.2.3.4"}), "1.2.3.4");
  EXPECT_EQ(client("10.1.2.3", {}), "10.1.2.3");
  EXPECT_EQ(client("10.1.2.3", {""}), "10.1.2.3");
  EXPECT_EQ(client("10.1.2.3", {"6.6.6.6, 1.2.3.4 , 192.168.1.1"}), "1.2.3.4");
  EXPECT_EQ(client("10.1.2.3", {"10.9.9.9, 10.8.8.8"}), "10.9.9.9");
  EXPECT_EQ(client("10.1.2.3", {"10.9.9.9", "10.8.8.8"}), "10.9.9.9");
  EXPECT_EQ(client("10.1.2.3", {"6.6.6.6", "7.7.7.7, 1.2.3.4", "10.8.8.8"}), "1.2.3.4");
  EXPECT_EQ(client("10.1.2.3", {"1.2.3.4, nonsense"}), "10.1.2.3");
  EXPECT_EQ(client("10.1.2.3", {"1.2.3.4, nonsense, 10.8.8.8"}), "10.8.8.8");
  EXPECT_EQ(client("10.1.2.3", {"1.2.3.4, , 10.8.8.8"}), "10.8.8.8");
  EXPECT_EQ(client("10.1.2.3", {"1.2.3.4:4711"}), "1.2.3.4");
  EXPECT_EQ(client("10.1.2.3", {"1.2.3.4:471100"}), "10.1.2.3");
  EXPECT_EQ(client("10.1.2.3", {"[2001:db8::1]:4711"}), "2001:db8::1");
  EXPECT_EQ(client("10.1.2.3", {"[2001:db8::1]"}), "2001:db8::1");
  EXPECT_EQ(client("10.1.2.3", {"[2001:db8::1"}), "10.1.2.3");
  EXPECT_EQ(client("10.1.2.3", {"fe80::1%eth0"}), "10.1.2.3");
  EXPECT_EQ(client("10.1.2.3", {"1.2.3.4, ::ffff:10.8.8.8"}), "1.2.3.4");
  EXPECT_EQ(client("fd12::1", {"2001:db8::1"}), "2001:db8::1");
  std::string many = "1.2.3.4";
  for (int i = 1; i <= 20; ++i) many += ", 10.0.0." + std::to_string(i);
  EXPECT_EQ(client("10.1.2.3", {many}), "10.0.0.1") << "the 21st part from the right is not looked at";
}

TEST(TrustedProxies, are_the_named_networks) {
  const auto proxies = TrustedProxies::parse({"172.16.0.0/12", "192.168.1.1", "fd00::/8"});
  ASSERT_TRUE(proxies);
  const auto trusts = [&](const char* address) {
    return proxies->trusts(boost::asio::ip::make_address(address));
  };
  EXPECT_TRUE(trusts("172.31.255.255"));
  EXPECT_FALSE(trusts("172.32.0.0"));
  EXPECT_FALSE(trusts("192.168.1.2"));
  EXPECT_TRUE(trusts("fdff::1"));
  EXPECT_FALSE(trusts("fe00::1"));
  EXPECT_FALSE(TrustedProxies().trusts(boost::asio::ip::make_address("10.1.2.3")));
}

TEST(TrustedProxies, refuse_what_is_no_network) {
  for (const char* text : {"", "fe80::1%eth0", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/",
                           "10.0.0.0/8x", "localhost", "/8"}) {
    EXPECT_FALSE(TrustedProxies::parse({text})) << text;
  }
}

TEST(RequestId, is_unique_and_taken_from_clients_only_when_sane) {
  IdSource ids;
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) {
    const auto id = ids.next();
    seen.emplace(id.data(), id.size());
  }
  EXPECT_EQ(seen.size(), 10'000u);
  EXPECT_TRUE(is_sane_request_id("Az09-_.:"));
  for (const std::string& text :
       {std::string(), std::string("a b"), std::string("a\"b"), std::string("a\nb"), std::string(129, 'a')}) {
    EXPECT_FALSE(is_sane_request_id(text)) << text;
  }
}

TEST(TraceContext, keeps_the_trace_and_names_a_new_span_R_O4) {
  const IdSource::Text span = {'0', '1', '2', '3', '4', '5', '6', '7',
                               '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};
  EXPECT_EQ(continue_trace("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", span),
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0123456789abcdef-01");
  for (const char* text : {"", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
                           "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                           "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                           "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0\""}) {
    EXPECT_EQ(continue_trace(text, span), "") << text;
  }
}

TEST(Metrics, add_up_the_threads_and_routes_of_one_label) {
  Router router;
  const auto nothing = [](const Request&, Reply reply) { reply({}); };
  router.add({.path = "/events", .handler = nothing});
  router.add({.path = "/docs/a", .handler = nothing, .label = "/docs/*"});
  router.add({.path = "/docs/b", .handler = nothing, .label = "/docs/*"});
  Metrics metrics;
  const auto blocks = metrics.open(router, 2);
  using namespace std::chrono_literals;
  blocks[0]->count(0, 200, 80us);
  blocks[1]->count(0, 200, 300us);
  blocks[1]->count(0, 418, 20s);
  blocks[0]->count(1, 304, 1us);
  blocks[1]->count(2, 304, 1us);
  blocks[0]->count(3, 404, 1us);
  blocks[0]->connections = 3;
  blocks[0]->count_untrusted_forward();
  blocks[1]->count_untrusted_forward();
  const std::string text = prometheus::TextSerializer().Serialize(metrics.collect());
  for (const char* line :
       {"stagedoor_http_requests_total{route=\"/events\",method=\"GET\",code=\"200\"} 2",
        "stagedoor_http_requests_total{route=\"/events\",method=\"GET\",code=\"other\"} 1",
        "stagedoor_http_requests_total{route=\"/docs/*\",method=\"GET\",code=\"304\"} 2",
        "stagedoor_http_requests_total{route=\"none\",method=\"any\",code=\"404\"} 1",
        "stagedoor_http_request_duration_seconds_bucket{route=\"/events\",method=\"GET\",le=\"0.0001\"} 1",
        "stagedoor_http_request_duration_seconds_bucket{route=\"/events\",method=\"GET\",le=\"0.0005\"} 2",
        "stagedoor_http_request_duration_seconds_bucket{route=\"/events\",method=\"GET\",le=\"10\"} 2",
        "stagedoor_http_request_duration_seconds_bucket{route=\"/events\",method=\"GET\",le=\"+Inf\"} 3",
        "stagedoor_http_request_duration_seconds_count{route=\"/events\",method=\"GET\"} 3",
        "stagedoor_http_connections 3", "stagedoor_http_untrusted_forwards_total 2"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "\nin\n" << text;
  }
}

}  // namespace
}  // namespace stagedoor::http
