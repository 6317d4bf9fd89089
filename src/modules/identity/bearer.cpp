#include "modules/identity/bearer.h"

#include <algorithm>

namespace stagedoor::identity {

std::optional<std::string_view> only_header(const http::Request& request, std::string_view name) {
  const auto is_it = [&](const http::Header& header) { return header.is(name); };
  if (std::ranges::count_if(request.headers, is_it) != 1) return std::nullopt;
  return request.header(name);
}

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
