// The bytes of a queue token (R-Q6), for all readers of tokens, with or without a key.
// modules/identity/token.h signs and verifies them.
//
// 57 bytes, as base64url without padding (76 characters):
//   version 1 (1 byte) · key id (4) · event (8) · place (4) · user (16) · issued at, ms (8) · MAC (16)
// Integers are big-endian. Fields have fixed sizes, so no byte can move from one field to another.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/place_ref.h"
#include "core/time.h"

namespace stagedoor::protocol {

struct TokenClaims : PlaceRef {
  TimePoint issued_at{};

  bool operator==(const TokenClaims&) const = default;
};

inline constexpr std::size_t kTokenMacAt = 41;  // the MAC covers all bytes before it
inline constexpr std::size_t kTokenMacSize = 16;
using TokenBytes = std::array<std::uint8_t, kTokenMacAt + kTokenMacSize>;

// The MAC is zero.
TokenBytes encode_token(std::uint32_t key_id, const TokenClaims& claims);

// nullopt if the text does not have the form of a token, or is of another version. Does not check the MAC.
std::optional<TokenBytes> token_bytes(std::string_view text);
std::uint32_t key_id_of(const TokenBytes& token);
TokenClaims claims_of(const TokenBytes& token);

// The claims of a token without a check of the MAC, for readers without a key.
std::optional<TokenClaims> unverified_claims(std::string_view text);

}  // namespace stagedoor::protocol
