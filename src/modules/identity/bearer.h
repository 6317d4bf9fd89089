// The form "Bearer <secret>" of tokens and operator keys in requests (R-X4).
#pragma once

#include <optional>
#include <string_view>

namespace stagedoor::identity {

// The text after "Bearer " (case-insensitive); nothing without that word.
std::optional<std::string_view> after_bearer(std::string_view text);

}  // namespace stagedoor::identity
