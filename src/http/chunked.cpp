#include "http/chunked.h"

#include <algorithm>
#include <cstring>

namespace stagedoor::http {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// What may stand within a line: no control characters, so no bare CR or LF.
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
    if (at_ == At::DATA) {
      const std::size_t n = std::min<std::size_t>(left_, in.size() - used);
      std::memmove(out + decoded, in.data() + used, n);
      used += n;
      decoded += n;
      left_ -= n;
      if (left_ == 0) at_ = At::DATA_CR;
      continue;
    }
    if (!step(in[used]) || ++line_ > line_max_) return {State::MALFORMED, used, decoded};
    if (is_too_large_) return {State::TOO_LARGE, used, decoded};
    ++used;
  }
  return {is_done_ ? State::DONE : State::NEED_MORE, used, decoded};
}

bool ChunkedDecoder::step(char c) {
  switch (at_) {
    case At::SIZE:
      if (const int digit = hex_digit(c); digit >= 0) {
        if (left_ >> 60 != 0) return false;
        left_ = left_ << 4 | static_cast<std::uint64_t>(digit);
        has_digit_ = true;
        return true;
      }
      if (!has_digit_) return false;
      [[fallthrough]];
    case At::BLANK:
      at_ = c == ';' ? At::EXTENSION : c == '\r' && at_ == At::SIZE ? At::SIZE_LF : At::BLANK;
      return at_ != At::BLANK || is_blank(c);
    case At::EXTENSION:
      if (c == '\r') at_ = At::SIZE_LF;
      return c == '\r' || is_text(c);
    case At::SIZE_LF:
      return c == '\n' && end_size();
    case At::DATA:
      return false;  // read in one go by decode()
    case At::DATA_CR:
      at_ = At::DATA_LF;
      return c == '\r';
    case At::DATA_LF:
      at_ = At::SIZE;
      has_digit_ = false;
      line_ = 0;
      return c == '\n';
    case At::TRAILER:
      at_ = c == '\r' ? At::LAST_LF : At::TRAILER_NAME;
      return c == '\r' || is_token(c);
    case At::TRAILER_NAME:
      if (c == ':') at_ = At::TRAILER_VALUE;
      return c == ':' || is_token(c);
    case At::TRAILER_VALUE:
      if (c == '\r') at_ = At::TRAILER_LF;
      return c == '\r' || is_text(c);
    case At::TRAILER_LF:
      at_ = At::TRAILER;
      return c == '\n';
    case At::LAST_LF:
      is_done_ = true;
      return c == '\n';
  }
  return false;
}

// At the end of a chunk's head: what follows?
bool ChunkedDecoder::end_size() {
  line_ = 0;
  at_ = left_ > 0 ? At::DATA : At::TRAILER;
  is_too_large_ = left_ > body_left_;
  if (!is_too_large_) body_left_ -= left_;
  return true;
}

}  // namespace stagedoor::http
