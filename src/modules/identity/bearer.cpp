#include "modules/identity/bearer.h"

#include <algorithm>

namespace stagedoor::identity {

std::optional<std::string_view> after_bearer(std::string_view text) {
  constexpr std::string_view kBearer = "bearer ";
  // Folds letters only, so that no other bytes match the word.
  const auto matches = [](char expected, char c) {
    return expected == (c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  };
  if (text.size() < kBearer.size() || !std::equal(kBearer.begin(), kBearer.end(), text.begin(), matches))
    return std::nullopt;
  return text.substr(kBearer.size());
}

}  // namespace stagedoor::identity
