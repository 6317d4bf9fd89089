#include "core/uuid.h"

#include "core/hex.h"

namespace stagedoor {
namespace {

constexpr bool is_dash(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

}  // namespace

std::optional<Uuid> parse_uuid(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uuid uuid;
  std::size_t nibble = 0;
  for (std::size_t i = 0; i < 36; ++i) {
    if (is_dash(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int digit = hex_digit(text[i]);
    if (digit < 0) return std::nullopt;
    auto& byte = uuid.bytes[nibble / 2];
    byte = static_cast<std::uint8_t>(byte << 4 | digit);
    ++nibble;
  }
  return uuid;
}

void append_uuid(std::string& out, const Uuid& uuid) {
  char text[36];
  char* to = text;
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *to++ = '-';
    *to++ = kHexDigits[uuid.bytes[i] >> 4];
    *to++ = kHexDigits[uuid.bytes[i] & 15];
  }
  out.append(text, sizeof text);
}

std::string to_string(const Uuid& uuid) {
  std::string out;
  append_uuid(out, uuid);
  return out;
}

}  // namespace stagedoor
