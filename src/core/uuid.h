// A user's id: 128 bits, shown as 8-4-4-4-12 hexadecimal digits in lower case. Any version and variant is
// accepted.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stagedoor {

struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const Uuid&) const = default;

  template <class H>
  friend H AbslHashValue(H state, const Uuid& uuid) {
    return H::combine(std::move(state), uuid.bytes);
  }
};
using UserId = Uuid;

// Accepts upper and lower case; nullopt if the text is not exactly of this form.
std::optional<Uuid> parse_uuid(std::string_view text);
void append_uuid(std::string& out, const Uuid& uuid);
std::string to_string(const Uuid& uuid);

}  // namespace stagedoor
