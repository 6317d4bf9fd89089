// Numbers from text.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace stagedoor {

// Parses the whole text as a number; nullopt for any other text, such as a space, a leading '+', or a value
// out of range. `base` (default 10) is for integers only.
template <class Number, class... Base>
std::optional<Number> parse_number(std::string_view text, Base... base) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number, base...);
  if (error != std::errc{} || stopped != end) return std::nullopt;
  return number;
}

}  // namespace stagedoor
