// Compares secrets. The only function that does: a tidy rule keeps it so.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace stagedoor {

// Takes the same time wherever the bytes differ. Different lengths differ.
bool is_same_secret(std::span<const std::uint8_t> one, std::span<const std::uint8_t> other);
// The same for secrets of any length: their lengths do not show in the time either.
bool is_same_secret(std::string_view one, std::string_view other);

}  // namespace stagedoor
