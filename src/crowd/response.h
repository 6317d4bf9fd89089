// Reads HTTP/1.1 answers from the bytes of one connection. Cheap: it scans the head once, for the length of
// the body and whether the connection stays open; other headers are searched on demand. Supports
// Content-Length, chunked, and bodies that end with the connection; skips 1xx answers. No sockets.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace stagedoor::crowd {

// A view of one answer in the buffer of its reader.
struct Response {
  int status = 0;                 // 0: no answer, and `error` says why
  std::string_view headers = {};  // the header lines, each ended by CRLF
  std::string_view body = {};
  std::string_view error = {};

  // The first value of this name (any case), trimmed; empty when absent.
  std::string_view header(std::string_view name) const;
  // The key under which answers are counted: "201", "409 SEAT_OCCUPIED" (with the API's code), "no answer:
  // …".
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
  // `count` bytes were written to room(). Bytes after the end of the answer are malformed, since requests
  // are not pipelined.
  State take(std::size_t count);
  // The peer closed the connection: completes a body that ends with it, else `malformed`.
  State end();

  // Valid after `complete`, until the next room().
  Response response() const;
  bool keeps_connection() const { return keep_alive_; }
  bool untouched() const { return size_ == 0; }
  // Ready for the next answer; the bytes of response() stay until room().
  void reset();
  // The next answer has no body, whatever its headers say (HEAD).
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
  std::size_t body_size_ = 0;   // decoded bytes of the body, directly after the head
  std::size_t next_ = 0;        // first byte after the finished parts
  std::size_t searched_ = 0;    // the head does not end before here
  std::size_t left_ = 0;        // of the body or of the current chunk
  std::size_t headers_at_ = 0;  // start of the header lines
  Part part_ = Part::head;
  int status_ = 0;
  bool keep_alive_ = true;
  bool bodiless_ = false;
  bool malformed_ = false;
};

}  // namespace stagedoor::crowd
