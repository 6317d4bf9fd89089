#include "http/parser.h"

#include <gtest/gtest.h>

#include <cstring>

namespace stagedoor::http {
namespace {

using State = RequestParser::State;

struct Seen {
  State state = State::need_more;
  std::string text;  // "GET /a?q=1 [body] {name: value}…" or the refusal
  bool keep_alive = false;
};

// Feeds `bytes` in pieces of `step` until a request is complete or refused.
Seen feed(RequestParser& parser, std::string_view bytes, std::size_t step, std::string_view* rest = nullptr) {
  Seen seen;
  seen.state = parser.parse();
  while (seen.state == State::need_more && !bytes.empty()) {
    const auto space = parser.space();
    const std::size_t n = std::min({step, bytes.size(), space.size()});
    std::memcpy(space.data(), bytes.data(), n);
    parser.commit(n);
    bytes.remove_prefix(n);
    seen.state = parser.parse();
  }
  if (rest) *rest = bytes;
  if (seen.state == State::refused) seen.text = parser.refusal().message;
  if (seen.state != State::complete) return seen;
  Request request;
  std::vector<Header> headers;
  parser.fill(request, headers);
  seen.keep_alive = parser.keep_alive();
  seen.text = std::string(to_string(request.method)) + " " + std::string(request.path);
  if (!request.raw_query.empty()) seen.text += "?" + std::string(request.raw_query);
  if (!request.body.empty()) seen.text += " [" + std::string(request.body) + "]";
  for (const Header& header : request.headers) {
    if (header.name == "Host") continue;
    seen.text += " {" + std::string(header.name) + ": " + std::string(header.value) + "}";
  }
  return seen;
}

// The same whatever the pieces.
Seen parse(std::string_view bytes, Limits limits = {}) {
  RequestParser at_once(limits);
  const Seen whole = feed(at_once, bytes, bytes.size());
  for (const std::size_t step : {1u, 2u, 3u, 7u}) {
    RequestParser in_pieces(limits);
    const Seen seen = feed(in_pieces, bytes, step);
    EXPECT_EQ(static_cast<int>(seen.state), static_cast<int>(whole.state))
        << bytes << " in pieces of " << step;
    if (whole.state == State::complete) {
      EXPECT_EQ(seen.text, whole.text);
      EXPECT_EQ(seen.keep_alive, whole.keep_alive);
    }
  }
  return whole;
}

std::string text_of(std::string_view bytes) {
  const Seen seen = parse(bytes);
  return seen.state == State::complete  ? seen.text
         : seen.state == State::refused ? "refused: " + seen.text
                                        : "incomplete";
}

bool is_refused(std::string_view bytes) { return parse(bytes).state == State::refused; }

std::string with(std::string_view headers, std::string_view body = {}) {
  return "POST /x HTTP/1.1\r\nHost: a\r\n" + std::string(headers) + "\r\n" + std::string(body);
}

TEST(RequestParser, takes_request_line_headers_and_body_apart) {
  EXPECT_EQ(
      text_of(
          "GET /events/7/dates?include=all&x HTTP/1.1\r\nHost: a\r\nX-One:  two words \t\r\nEmpty:\r\n\r\n"),
      "GET /events/7/dates?include=all&x {X-One: two words} {Empty: }");
  EXPECT_EQ(text_of(with("Content-Length: 5\r\n", "hello")), "POST /x [hello] {Content-Length: 5}");
  EXPECT_EQ(text_of("GET /? HTTP/1.1\r\nHost: a\r\n\r\n"), "GET /");
}

TEST(RequestParser, waits_for_what_is_missing) {
  for (const char* text : {"", "G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: a\r\n",
                           "GET / HTTP/1.1\r\nHost: a\r\n\r", "\r\n"}) {
    EXPECT_EQ(text_of(text), "incomplete") << text;
  }
  EXPECT_EQ(text_of(with("Content-Length: 5\r\n", "hell")), "incomplete");
}

TEST(RequestParser, gives_pipelined_requests_one_after_the_other) {
  const std::string bytes = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n" + with("Content-Length: 2\r\n", "ab") +
                            with("Transfer-Encoding: chunked\r\n", "1\r\nc\r\n0\r\n\r\n") +
                            "\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const std::size_t step : {std::size_t{1}, std::size_t{5}, bytes.size()}) {
    RequestParser parser({});
    std::string_view rest = bytes;
    for (const char* expected : {"GET /1", "POST /x [ab] {Content-Length: 2}",
                                 "POST /x [c] {Transfer-Encoding: chunked}", "GET /2"}) {
      const Seen seen = feed(parser, rest, step, &rest);
      ASSERT_EQ(static_cast<int>(seen.state), static_cast<int>(State::complete)) << seen.text;
      EXPECT_EQ(seen.text, expected);
      parser.next();
    }
    EXPECT_EQ(static_cast<int>(parser.parse()), static_cast<int>(State::need_more));
    EXPECT_EQ(static_cast<int>(parser.phase()), static_cast<int>(RequestParser::Phase::idle));
  }
}

TEST(RequestParser, joins_the_chunks_of_a_body_and_reads_over_extensions_and_trailers) {
  EXPECT_EQ(text_of(with("Transfer-Encoding: chunked\r\n",
                         "5\r\nhello\r\n6;a=b;c=\"d e\"\r\n world\r\n0\r\nHost: evil\r\nX: y\r\n\r\n")),
            "POST /x [hello world] {Transfer-Encoding: chunked}");
  EXPECT_EQ(text_of(with("transfer-encoding: CHUNKED\r\n", "A\r\n0123456789\r\n00\r\n\r\n")),
            "POST /x [0123456789] {transfer-encoding: CHUNKED}");
  EXPECT_EQ(text_of(with("Transfer-Encoding: chunked\r\n", "0\r\n\r\n")),
            "POST /x {Transfer-Encoding: chunked}");
}

TEST(RequestParser, joins_many_small_chunks_up_to_the_limit) {
  std::string body;
  std::string expected;
  for (int i = 0; i < 64 * 1024; ++i) body += "1\r\nx\r\n", expected += 'x';
  RequestParser parser({});
  const Seen seen = feed(parser, with("Transfer-Encoding: chunked\r\n", body + "0\r\n\r\n"), 1000);
  EXPECT_EQ(seen.text, "POST /x [" + expected + "] {Transfer-Encoding: chunked}");
}

TEST(RequestParser, refuses_malformed_chunks) {
  for (const char* body : {"x\r\n", "-1\r\n", "0x1\r\na\r\n0\r\n\r\n", " 1\r\na\r\n0\r\n\r\n", "1\na\n0\n\n",
                           "1\r\nab\r\n0\r\n\r\n", "1\r\na\n0\r\n\r\n", "1 a\r\na\r\n0\r\n\r\n",
                           "fffffffffffffffff\r\n", "0\r\nbad trailer\r\n\r\n", "0\r\n: x\r\n\r\n"}) {
    EXPECT_TRUE(is_refused(with("Transfer-Encoding: chunked\r\n", body))) << body;
  }
}

TEST(RequestParser, refuses_a_chunk_head_or_trailer_without_end) {
  EXPECT_TRUE(is_refused(with("Transfer-Encoding: chunked\r\n", "1;" + std::string(5000, 'a'))));
  EXPECT_TRUE(is_refused(with("Transfer-Encoding: chunked\r\n", "0\r\nA: " + std::string(5000, 'a'))));
}

TEST(RequestParser, refuses_every_way_to_smuggle_a_request) {
  for (const char* headers : {"Content-Length: 5\r\nContent-Length: 5\r\n",
                              "Content-Length: 5\r\nContent-Length: 6\r\n",
                              "Content-Length: 5, 5\r\n",
                              "Content-Length: +5\r\n",
                              "Content-Length: -5\r\n",
                              "Content-Length: 0x5\r\n",
                              "Content-Length: 5 5\r\n",
                              "Content-Length: \r\n",
                              "Content-Length: 5a\r\n",
                              "Content-Length: 99999999999999999999\r\n",
                              "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                              "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                              "Transfer-Encoding: gzip\r\n",
                              "Transfer-Encoding: gzip, chunked\r\n",
                              "Transfer-Encoding: chunked, chunked\r\n",
                              "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                              "Transfer-Encoding: identity\r\n",
                              "Transfer-Encoding: xchunked\r\n",
                              "Transfer-Encoding: \r\n",
                              "Transfer-Encoding: chunked;q=1\r\n",
                              "Transfer-Encoding : chunked\r\n",
                              "Transfer-Encoding\t: chunked\r\n",
                              " Transfer-Encoding: chunked\r\n",
                              "Content-Length : 5\r\n",
                              "X: a\r\n Content-Length: 5\r\n",
                              "X: a\r\n\tb\r\n",
                              "X:\r\n b\r\n",
                              "X: \r\n \r\n",
                              "X: a\nContent-Length: 5\r\n",
                              "X: a\rContent-Length: 5\r\n",
                              "X: a\r\r\n",
                              ": empty\r\n",
                              "no colon\r\n",
                              "X\r\n",
                              "X y: z\r\n",
                              "X@y: z\r\n",
                              "Host: b\r\n",
                              "host: a\r\n"}) {
    EXPECT_TRUE(is_refused(with(headers, "hello"))) << headers;
  }
  EXPECT_TRUE(is_refused(with(std::string("X: a\0b\r\n", 8))));
  EXPECT_TRUE(is_refused("GET / HTTP/1.1\nHost: a\n\n\r\n\r\n"));
  EXPECT_TRUE(is_refused("GET / HTTP/1.1\r\nHost: a\n\r\n\r\n"));
  EXPECT_TRUE(is_refused("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"));
}

TEST(RequestParser, needs_one_well_formed_host_in_1_1) {
  EXPECT_TRUE(is_refused("GET / HTTP/1.1\r\n\r\n"));
  for (const char* host : {"a b", "a/b", "a,b", "a@b", "<a>"}) {
    EXPECT_TRUE(is_refused("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n")) << host;
  }
  for (const char* host : {"", "example.org", "127.0.0.1:8080", "[::1]:8080"}) {
    EXPECT_EQ(text_of("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n"), "GET /") << host;
  }
  EXPECT_EQ(text_of("GET / HTTP/1.0\r\n\r\n"), "GET /");
}

TEST(RequestParser, refuses_malformed_request_lines) {
  for (const char* line : {"GET /",
                           "GET / HTTP/1.1 ",
                           "GET  / HTTP/1.1",
                           "GET / HTTP/1.1x",
                           "GET / HTTP/2.0",
                           "GET / HTTP/0.9",
                           "GET / http/1.1",
                           "GET /a b HTTP/1.1",
                           " GET / HTTP/1.1",
                           "GET\t/ HTTP/1.1",
                           "GET /\x01 HTTP/1.1",
                           "GET /\x7f HTTP/1.1",
                           "GET /\xc3\xa9 HTTP/1.1",
                           "GET /#a HTTP/1.1",
                           "GET events HTTP/1.1",
                           "GET * HTTP/1.1",
                           "GET ftp://a/ HTTP/1.1",
                           "GET http:/// HTTP/1.1",
                           "GET http://a b/ HTTP/1.1",
                           "GET http://u@a/ HTTP/1.1",
                           "GET //:// HTTP/9.9",
                           "G@T / HTTP/1.1",
                           "\r\n\r\nGET / HTTP/1.1"}) {
    EXPECT_TRUE(is_refused(std::string(line) + "\r\nHost: a\r\n\r\n")) << line;
  }
}

TEST(RequestParser, takes_the_path_of_an_absolute_url) {
  EXPECT_EQ(text_of("GET http://a.org:80/events?x=1 HTTP/1.1\r\nHost: b\r\n\r\n"), "GET /events?x=1");
  EXPECT_EQ(text_of("GET HTTPS://a HTTP/1.1\r\nHost: b\r\n\r\n"), "GET /");
  EXPECT_EQ(text_of("GET http://a?x=1 HTTP/1.1\r\nHost: b\r\n\r\n"), "GET /?x=1");
  EXPECT_EQ(text_of("OPTIONS * HTTP/1.1\r\nHost: b\r\n\r\n"), "OPTIONS *");
}

TEST(RequestParser, refuses_methods_that_are_not_ours_with_METHOD_NOT_ALLOWED) {
  for (const char* line : {"CONNECT a:443", "TRACE /", "get /", "FOO /"}) {
    RequestParser parser({});
    EXPECT_EQ(static_cast<int>(feed(parser, std::string(line) + " HTTP/1.1\r\nHost: a\r\n\r\n", 100).state),
              static_cast<int>(State::refused));
    EXPECT_EQ(parser.refusal().code, Code::METHOD_NOT_ALLOWED) << line;
  }
}

TEST(RequestParser, knows_when_the_connection_is_kept) {
  const auto kept = [](std::string_view version, std::string_view headers) {
    return parse("GET / HTTP/" + std::string(version) + "\r\nHost: a\r\n" + std::string(headers) + "\r\n")
        .keep_alive;
  };
  EXPECT_TRUE(kept("1.1", ""));
  EXPECT_FALSE(kept("1.1", "Connection: close\r\n"));
  EXPECT_FALSE(kept("1.1", "Connection: foo, Close\r\n"));
  EXPECT_FALSE(kept("1.0", ""));
  EXPECT_TRUE(kept("1.0", "Connection: keep-alive\r\n"));
}

TEST(RequestParser, accepts_a_head_of_exactly_the_limit_and_refuses_one_byte_more) {
  const auto head = [](std::size_t size) {
    std::string text = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    return text + std::string(size - text.size() - 4, 'x') + "\r\n\r\n";
  };
  EXPECT_EQ(static_cast<int>(parse(head(8192)).state), static_cast<int>(State::complete));
  EXPECT_EQ(static_cast<int>(parse(head(8193)).state), static_cast<int>(State::refused));
  EXPECT_TRUE(is_refused("GET /" + std::string(9000, 'a')));
  EXPECT_TRUE(is_refused("GET / HTTP/1.1\r\n" + std::string(9000, 'a')));
  std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
  while (many.size() < 9000) many += "a:\r\n";
  EXPECT_TRUE(is_refused(many + "\r\n"));
}

TEST(RequestParser, accepts_a_body_of_exactly_the_limit_and_refuses_one_byte_more_R_X1) {
  for (const std::size_t size : {std::size_t{65536}, std::size_t{65537}}) {
    char hex[16];
    std::snprintf(hex, sizeof hex, "%zx", size);
    const std::string body(size, 'b');
    for (const auto& bytes :
         {with("Content-Length: " + std::to_string(size) + "\r\n", body),
          with("Transfer-Encoding: chunked\r\n", std::string(hex) + "\r\n" + body + "\r\n0\r\n\r\n")}) {
      RequestParser parser({});
      const Seen seen = feed(parser, bytes, 4096);
      if (size == 65536) {
        EXPECT_EQ(static_cast<int>(seen.state), static_cast<int>(State::complete));
      } else {
        EXPECT_EQ(static_cast<int>(seen.state), static_cast<int>(State::refused));
        EXPECT_EQ(parser.refusal().code, Code::PAYLOAD_TOO_LARGE);
      }
    }
  }
}

TEST(RequestParser, takes_a_larger_body_on_the_one_path_that_has_it) {
  const auto seen = [](std::string_view path, std::size_t size) {
    RequestParser parser({.body_max = 100, .large_body_path = "/admin/import", .large_body_max = 100'000});
    feed(parser, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 4096);  // a small request before it
    parser.next();
    const std::string bytes =
        fmt::format("POST {} HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", path, size);
    return feed(parser, bytes + std::string(size, 'b'), 4096).state;
  };
  EXPECT_EQ(seen("/admin/import", 100'000), State::complete);
  EXPECT_EQ(seen("/admin/import?overwrite=true", 100'000), State::complete);
  EXPECT_EQ(seen("/admin/import", 100'001), State::refused);
  EXPECT_EQ(seen("/admin/imports", 101), State::refused);
  EXPECT_EQ(seen("/admin/log", 101), State::refused);
}

TEST(RequestParser, says_once_that_the_client_waits_for_100_continue) {
  RequestParser parser({});
  feed(parser, with("Content-Length: 2\r\nExpect: 100-Continue\r\n"), 1000);
  EXPECT_TRUE(parser.wants_continue());
  EXPECT_FALSE(parser.wants_continue());
  EXPECT_EQ(feed(parser, "ab", 1).text, "POST /x [ab] {Content-Length: 2} {Expect: 100-Continue}");
  RequestParser impatient({});
  feed(impatient, with("Content-Length: 2\r\nExpect: 100-continue\r\n", "a"), 1000);
  EXPECT_FALSE(impatient.wants_continue());
}

TEST(RequestParser, knows_what_it_waits_for) {
  RequestParser parser({});
  EXPECT_EQ(static_cast<int>(parser.phase()), static_cast<int>(RequestParser::Phase::idle));
  feed(parser, "POST", 10);
  EXPECT_EQ(static_cast<int>(parser.phase()), static_cast<int>(RequestParser::Phase::head));
  feed(parser, " / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n", 100);
  EXPECT_EQ(static_cast<int>(parser.phase()), static_cast<int>(RequestParser::Phase::body));
}

}  // namespace
}  // namespace stagedoor::http
