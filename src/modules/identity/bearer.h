// The form "Bearer <secret>" in which tokens and operator keys travel (R-X4).
#pragma once

#include <optional>
#include <string_view>

namespace stagedoor::identity {

// The text after "Bearer ", which may be in any case; nothing without that word.
std::optional<std::string_view> after_bearer(std::string_view text);

}  // namespace stagedoor::identity
