// base64url without padding (RFC 4648, section 5), canonical only: every byte string has exactly one text.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace stagedoor {

std::string base64url_encode(std::span<const std::uint8_t> bytes);
// Fills `bytes` completely; false if the text is not the encoding of exactly that many bytes.
bool base64url_decode(std::string_view text, std::span<std::uint8_t> bytes);

}  // namespace stagedoor
