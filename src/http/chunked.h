// Removes the chunked coding from a body (RFC 9112, 7.1), in place and for any division into pieces. Chunk
// extensions and trailers are checked for form and dropped. Not Beast's, because version 1.81 fails an
// assertion when "0\r\n" and "\r\n" arrive in two pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace stagedoor::http {

class ChunkedDecoder {
 public:
  enum class State { need_more, done, malformed, too_large };
  struct Step {
    State state;
    std::size_t used;     // bytes of `in` that were consumed
    std::size_t decoded;  // bytes written to `out`
  };

  // `body_max` limits all chunks together, `line_max` each chunk's head and all trailers together.
  ChunkedDecoder(std::size_t body_max, std::size_t line_max) : body_left_(body_max), line_max_(line_max) {}

  // Decodes the next piece. Body bytes are moved to `out`, which may be the same memory at or before `in`.
  Step decode(std::string_view in, char* out);

 private:
  enum class At {
    size,
    blank,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer,
    trailer_name,
    trailer_value,
    trailer_lf,
    last_lf
  };

  // False when `c` may not stand here.
  bool step(char c);
  bool end_size();

  At at_ = At::size;
  bool has_digit_ = false;
  bool is_done_ = false;
  bool is_too_large_ = false;
  std::uint64_t left_ = 0;  // of the chunk
  std::size_t body_left_;
  std::size_t line_max_;
  std::size_t line_ = 0;
};

}  // namespace stagedoor::http
