// The proof of a place: what a fan carries, signed, so that it is checked without I/O (R-Q6).
//
// Canonical binary form, 57 bytes, as base64url without padding (76 characters):
//   version 1 (1 byte) · key id (4) · event (8) · place (4) · user (16) · issued at, ms (8) · MAC (16)
// Integers are big-endian. The MAC is HMAC-SHA256 over all that stands before it, cut to 16 bytes: a forger
// has one chance in 2^128 per try. Fields have fixed sizes, so nothing can be moved across a border.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/time.h"
#include "core/uuid.h"

namespace stagedoor {

struct TokenClaims {
  EventId event;
  Place place = 0;
  UserId user;
  TimePoint issued_at{};

  bool operator==(const TokenClaims&) const = default;
};

// What a token says, taken at its word: for whoever has no key. Nothing when the text is not of that form.
std::optional<TokenClaims> unverified_claims(std::string_view token);

class TokenKeys {
 public:
  // 32-byte secrets, newest first: the first signs, all verify.
  explicit TokenKeys(std::vector<std::string> secrets);
  ~TokenKeys();

  std::string sign(const TokenClaims& claims) const;
  // Nothing unless the text is, to the last bit, a token signed by one of the keys. Compares in constant
  // time. Any thread.
  std::optional<TokenClaims> verify(std::string_view token) const;

 private:
  struct Key;
  std::vector<std::unique_ptr<Key>> keys_;
};

}  // namespace stagedoor
