// Where requests have tokens, operator keys and other proofs (R-X4).
#pragma once

#include <optional>
#include <string_view>

#include "http/types.h"

namespace stagedoor::identity {

// The value of a header that stands once. A proxy that adds its header to the one of the client, instead of
// replacing it, must not let the client choose.
std::optional<std::string_view> only_header(const http::Request& request, std::string_view name);

// The text after "Bearer " (case-insensitive); nothing without that word.
std::optional<std::string_view> after_bearer(std::string_view text);

}  // namespace stagedoor::identity
