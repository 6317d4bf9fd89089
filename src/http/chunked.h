// Takes the chunked coding off a body (RFC 9112, 7.1), in place and in whatever pieces it arrives. Chunk
// extensions and trailers are checked for form and dropped. Ours because Beast 1.81's own stops the process
// by an assertion when "0\r\n" and "\r\n" come in two pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace stagedoor::http {

class ChunkedDecoder {
 public:
  enum class State { NEED_MORE, DONE, MALFORMED, TOO_LARGE };
  struct Step {
    State state;
    std::size_t used;     // bytes of `in` that are done with
    std::size_t decoded;  // bytes written to `out`
  };

  // `body_max` limits all chunks together, `line_max` each chunk's head and all trailers together.
  ChunkedDecoder(std::size_t body_max, std::size_t line_max) : body_left_(body_max), line_max_(line_max) {}

  // Goes on with `in`. Body bytes are moved to `out`, which may be the same memory at or before `in`.
  Step decode(std::string_view in, char* out);

 private:
  enum class At {
    SIZE,
    BLANK,
    EXTENSION,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILER,
    TRAILER_NAME,
    TRAILER_VALUE,
    TRAILER_LF,
    LAST_LF
  };

  // False when `c` may not stand here.
  bool step(char c);
  bool end_size();

  At at_ = At::SIZE;
  bool has_digit_ = false;
  bool is_done_ = false;
  bool is_too_large_ = false;
  std::uint64_t left_ = 0;  // of the chunk
  std::size_t body_left_;
  std::size_t line_max_;
  std::size_t line_ = 0;
};

}  // namespace stagedoor::http
