// The signature of a webhook (R-E2): proves to the receiver who sent the body, and when.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace stagedoor::webhook {

// The header's value: "t=UNIX,v1=HEX,v1=HEX" with HMAC-SHA256(secret, "UNIX.BODY") for each secret in turn.
// A receiver accepts the body if one of the codes fits its secret, and drops it if UNIX is too long ago.
std::string signature(std::span<const std::string> secrets, std::int64_t unix_seconds, std::string_view body);

}  // namespace stagedoor::webhook
