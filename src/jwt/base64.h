// Parts of JSON Web Signatures: canonical base64url of any length.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base64url.h"

namespace stagedoor::jwt {

using Bytes = std::vector<std::uint8_t>;

// nullopt if the text is not the one encoding of some bytes.
inline std::optional<Bytes> decode(std::string_view text) {
  Bytes bytes(text.size() * 3 / 4);
  if (!base64url_decode(text, bytes)) return std::nullopt;
  return bytes;
}

inline std::string_view as_text(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace stagedoor::jwt
