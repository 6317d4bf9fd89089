// Reads HTTP/1.1 answers from the bytes of one connection. Cheap: the head is looked at once, for how long
// the body is and whether the connection stays open; other headers are found when somebody asks. Knows
// Content-Length, chunked, bodies that end with the connection, and skips 1xx answers. Knows nothing of
// sockets.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace stagedoor::crowd {

// One answer, seen through the buffer it was read into.
struct Response {
  int status = 0;                 // 0: there was no answer, and `error` says why
  std::string_view headers = {};  // the header lines, each ended by CRLF
  std::string_view body = {};
  std::string_view error = {};

  // The first value of that name (any case), without surrounding blanks; empty when absent.
  std::string_view header(std::string_view name) const;
  // "201", "409 SEAT_OCCUPIED" (the code of the API's refusals), "no answer: …": what answers are counted
  // under.
  std::string name() const;
};

// An answer that owns its bytes.
struct Reply {
  int status = 0;
  std::string headers;
  std::string body;
  std::string error;

  Reply() = default;
  explicit Reply(const Response& response);
  std::string_view header(std::string_view name) const;
};

class ResponseReader {
 public:
  enum class State { more, complete, malformed };

  // Room for received bytes, never empty. Invalidates response() unless the reader is still unread.
  std::span<char> room();
  // `count` bytes were written to room(). Bytes beyond the answer's end are malformed: nothing is pipelined
  // here.
  State take(std::size_t count);
  // The peer closed the connection: completes a body that ends that way, else `malformed`.
  State end();

  // Valid after `complete`, until the next room().
  Response response() const;
  bool keeps_connection() const { return keep_alive_; }
  bool untouched() const { return size_ == 0; }
  // Ready for the next answer; the bytes of response() stay until room().
  void reset();
  // The next answer has no body whatever its headers say (a HEAD request).
  void expect_no_body() { bodiless_ = true; }

 private:
  enum class Part { head, length, chunk_size, chunk, chunk_end, trailer, until_close, done };

  State advance();
  bool read_head();   // false: more bytes are needed, or malformed_
  bool read_chunk();  // likewise

  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;        // bytes in the buffer
  std::size_t body_at_ = 0;     // start of the body
  std::size_t body_size_ = 0;   // decoded bytes of the body, which stand right behind the head
  std::size_t next_ = 0;        // first byte that belongs to no finished part
  std::size_t searched_ = 0;    // no end of the head before here
  std::size_t left_ = 0;        // of the body or of the current chunk
  std::size_t headers_at_ = 0;  // start of the header lines
  Part part_ = Part::head;
  int status_ = 0;
  bool keep_alive_ = true;
  bool bodiless_ = false;
  bool malformed_ = false;
};

}  // namespace stagedoor::crowd
