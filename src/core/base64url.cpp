#include "core/base64url.h"

#include <array>

namespace stagedoor {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<std::int8_t, 256> make_values() {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    values[static_cast<std::uint8_t>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  return values;
}
constexpr auto kValues = make_values();

}  // namespace

std::string base64url_encode(std::span<const std::uint8_t> bytes) {
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  int count = 0;
  for (const std::uint8_t byte : bytes) {
    bits = bits << 8 | byte;
    for (count += 8; count >= 6; count -= 6) text += kAlphabet[bits >> (count - 6) & 63];
  }
  if (count > 0) text += kAlphabet[bits << (6 - count) & 63];
  return text;
}

bool base64url_decode(std::string_view text, std::span<std::uint8_t> bytes) {
  if (text.size() != (bytes.size() * 4 + 2) / 3) return false;
  const auto value = [](char c) -> int { return kValues[static_cast<std::uint8_t>(c)]; };
  const char* from = text.data();
  std::uint8_t* to = bytes.data();
  for (std::size_t left = bytes.size(); left >= 3; left -= 3, from += 4, to += 3) {
    const int a = value(from[0]), b = value(from[1]), c = value(from[2]), d = value(from[3]);
    if ((a | b | c | d) < 0) return false;
    to[0] = static_cast<std::uint8_t>(a << 2 | b >> 4);
    to[1] = static_cast<std::uint8_t>(b << 4 | c >> 2);
    to[2] = static_cast<std::uint8_t>(c << 6 | d);
  }
  // Set spare bits would be a second text of the same bytes.
  switch (bytes.size() % 3) {
    case 1: {
      const int a = value(from[0]), b = value(from[1]);
      if ((a | b) < 0 || (b & 15) != 0) return false;
      to[0] = static_cast<std::uint8_t>(a << 2 | b >> 4);
      break;
    }
    case 2: {
      const int a = value(from[0]), b = value(from[1]), c = value(from[2]);
      if ((a | b | c) < 0 || (c & 3) != 0) return false;
      to[0] = static_cast<std::uint8_t>(a << 2 | b >> 4);
      to[1] = static_cast<std::uint8_t>(b << 4 | c >> 2);
      break;
    }
  }
  return true;
}

}  // namespace stagedoor
