#include "crowd/response.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace stagedoor::crowd {
namespace {

using State = ResponseReader::State;

// Feeds `bytes` in pieces of at most `piece` bytes; the state after the last one.
State feed(ResponseReader& reader, std::string_view bytes, std::size_t piece = 1'000'000) {
  State state = State::more;
  while (!bytes.empty() && state == State::more) {
    const auto room = reader.room();
    const std::size_t count = std::min({room.size(), piece, bytes.size()});
    std::copy_n(bytes.begin(), count, room.begin());
    state = reader.take(count);
    bytes.remove_prefix(count);
  }
  return state;
}

constexpr std::string_view kPlain =
    "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nETag: \"a1\"\r\ncontent-length: "
    "7\r\n\r\n{\"a\":1}";

TEST(ResponseReader, reads_status_headers_and_body) {
  ResponseReader reader;
  ASSERT_EQ(feed(reader, kPlain), State::complete);
  const Response response = reader.response();
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.body, "{\"a\":1}");
  EXPECT_EQ(response.header("etag"), "\"a1\"");
  EXPECT_EQ(response.header("Content-Type"), "application/json");
  EXPECT_EQ(response.header("Retry-After"), "");
  EXPECT_TRUE(reader.keeps_connection());
}

TEST(ResponseReader, reads_the_same_however_the_bytes_are_split) {
  const std::string chunked =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nRetry-After: 3\r\n\r\n"
      "5\r\nhello\r\n10;x=y\r\n, this is a test\r\n0\r\nTrailer: t\r\n\r\n";
  for (std::size_t piece = 1; piece < chunked.size(); ++piece) {
    ResponseReader reader;
    ASSERT_EQ(feed(reader, kPlain, piece), State::complete) << piece;
    EXPECT_EQ(reader.response().body, "{\"a\":1}");
    reader.reset();
    ASSERT_EQ(feed(reader, chunked, piece), State::complete) << piece;
    EXPECT_EQ(reader.response().status, 200);
    EXPECT_EQ(reader.response().body, "hello, this is a test");
    EXPECT_EQ(reader.response().header("retry-after"), "3");
  }
}

TEST(ResponseReader, reads_bodies_larger_than_its_first_buffer) {
  const std::string body(300'000, 'x');
  const std::string bytes = "HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + body;
  ResponseReader reader;
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(feed(reader, bytes, 1000), State::complete);
    EXPECT_EQ(reader.response().body, body);
    reader.reset();
  }
}

TEST(ResponseReader, reads_many_chunks_into_one_body) {
  std::string bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  std::string body;
  for (int i = 0; i < 500; ++i) {
    bytes += "2a\r\n" + std::string(42, static_cast<char>('a' + i % 26)) + "\r\n";
    body += std::string(42, static_cast<char>('a' + i % 26));
  }
  ResponseReader reader;
  ASSERT_EQ(feed(reader, bytes + "0\r\n\r\n", 97), State::complete);
  EXPECT_EQ(reader.response().body, body);
}

TEST(ResponseReader, knows_answers_without_a_body) {
  for (const std::string_view bytes :
       {"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}) {
    ResponseReader reader;
    EXPECT_EQ(feed(reader, bytes), State::complete);
    EXPECT_EQ(reader.response().body, "");
  }
  ResponseReader head;
  head.expect_no_body();
  EXPECT_EQ(feed(head, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"), State::complete);
}

TEST(ResponseReader, body_without_length_ends_with_the_connection) {
  ResponseReader reader;
  ASSERT_EQ(feed(reader, "HTTP/1.1 200 OK\r\n\r\nall of "), State::more);
  ASSERT_EQ(feed(reader, "it"), State::more);
  EXPECT_EQ(reader.end(), State::complete);
  EXPECT_EQ(reader.response().body, "all of it");
  EXPECT_FALSE(reader.keeps_connection());
}

TEST(ResponseReader, says_when_the_connection_will_be_closed) {
  ResponseReader reader;
  ASSERT_EQ(feed(reader, "HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n"),
            State::complete);
  EXPECT_FALSE(reader.keeps_connection());
  reader.reset();
  ASSERT_EQ(feed(reader, "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"), State::complete);
  EXPECT_FALSE(reader.keeps_connection());
}

TEST(ResponseReader, refuses_what_is_not_an_answer) {
  for (const std::string_view bytes :
       {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc"}) {
    ResponseReader reader;
    EXPECT_EQ(feed(reader, bytes), State::malformed) << bytes;
  }
}

TEST(ResponseReader, an_answer_cut_off_is_malformed) {
  ResponseReader reader;
  ASSERT_EQ(feed(reader, kPlain.substr(0, kPlain.size() - 1)), State::more);
  EXPECT_EQ(reader.end(), State::malformed);
}

TEST(Reply, outlives_the_buffer_it_was_read_from) {
  Reply reply;
  {
    ResponseReader reader;
    ASSERT_EQ(feed(reader, kPlain), State::complete);
    reply = Reply(reader.response());
  }
  EXPECT_EQ(reply.body, "{\"a\":1}");
  EXPECT_EQ(reply.header("ETag"), "\"a1\"");
}

}  // namespace
}  // namespace stagedoor::crowd
