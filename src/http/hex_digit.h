// Hexadecimal digits, as in escapes of a URL and sizes of chunks.
#pragma once

namespace stagedoor::http {

// 0 to 15; -1 for any other character.
constexpr int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace stagedoor::http
