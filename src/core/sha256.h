// SHA-256 of bytes in memory.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace stagedoor {

using Sha256 = std::array<std::uint8_t, 32>;

// Of `bytes` followed by `more`. Any thread.
Sha256 sha256(std::string_view bytes, std::string_view more = {});

}  // namespace stagedoor
