#include "http/chunked.h"

#include <algorithm>
#include <cstring>

#include "core/hex.h"

namespace stagedoor::http {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// True for characters within a line: no control characters, so no bare CR or LF.
bool is_text(char c) { return static_cast<unsigned char>(c) >= 0x20 ? c != 127 : c == '\t'; }

bool is_token(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

}  // namespace

ChunkedDecoder::Step ChunkedDecoder::decode(std::string_view in, char* out) {
  std::size_t used = 0;
  std::size_t decoded = 0;
  while (used < in.size() && !is_done_) {
    if (at_ == At::data) {
      const std::size_t n = std::min<std::size_t>(left_, in.size() - used);
      std::memmove(out + decoded, in.data() + used, n);
      used += n;
      decoded += n;
      left_ -= n;
      if (left_ == 0) at_ = At::data_cr;
      continue;
    }
    if (!step(in[used]) || ++line_ > line_max_) return {State::malformed, used, decoded};
    if (is_too_large_) return {State::too_large, used, decoded};
    ++used;
  }
  return {is_done_ ? State::done : State::need_more, used, decoded};
}

bool ChunkedDecoder::step(char c) {
  switch (at_) {
    case At::size:
      if (const int digit = hex_digit(c); digit >= 0) {
        if (left_ >> 60 != 0) return false;
        left_ = left_ << 4 | static_cast<std::uint64_t>(digit);
        has_digit_ = true;
        return true;
      }
      if (!has_digit_) return false;
      [[fallthrough]];
    case At::blank:
      at_ = c == ';' ? At::extension : c == '\r' && at_ == At::size ? At::size_lf : At::blank;
      return at_ != At::blank || is_blank(c);
    case At::extension:
      if (c == '\r') at_ = At::size_lf;
      return c == '\r' || is_text(c);
    case At::size_lf:
      return c == '\n' && end_size();
    case At::data:
      return false;  // read in one go by decode()
    case At::data_cr:
      at_ = At::data_lf;
      return c == '\r';
    case At::data_lf:
      at_ = At::size;
      has_digit_ = false;
      line_ = 0;
      return c == '\n';
    case At::trailer:
      at_ = c == '\r' ? At::last_lf : At::trailer_name;
      return c == '\r' || is_token(c);
    case At::trailer_name:
      if (c == ':') at_ = At::trailer_value;
      return c == ':' || is_token(c);
    case At::trailer_value:
      if (c == '\r') at_ = At::trailer_lf;
      return c == '\r' || is_text(c);
    case At::trailer_lf:
      at_ = At::trailer;
      return c == '\n';
    case At::last_lf:
      is_done_ = true;
      return c == '\n';
  }
  return false;
}

// At the end of a chunk's head: data or trailers follow.
bool ChunkedDecoder::end_size() {
  line_ = 0;
  at_ = left_ > 0 ? At::data : At::trailer;
  is_too_large_ = left_ > body_left_;
  if (!is_too_large_) body_left_ -= left_;
  return true;
}

}  // namespace stagedoor::http
