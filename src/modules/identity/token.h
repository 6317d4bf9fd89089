// Signs tokens and verifies them (R-Q6): a token is the proof of a place that a fan carries, and it is
// checked without I/O. Its bytes: protocol/token_layout.h. The MAC is HMAC-SHA256, cut to 16 bytes: a forger
// has one chance in 2^128 per try.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/token_layout.h"

namespace stagedoor::identity {

class TokenKeys {
 public:
  // 32-byte secrets, newest first: the first signs, all verify.
  explicit TokenKeys(std::vector<std::string> secrets);
  ~TokenKeys();

  std::string sign(const protocol::TokenClaims& claims) const;
  // Nothing unless the text is, to the last bit, a token signed by one of the keys. Compares in constant
  // time. Any thread.
  std::optional<protocol::TokenClaims> verify(std::string_view token) const;

 private:
  struct Key;
  std::vector<std::unique_ptr<Key>> keys_;
};

}  // namespace stagedoor::identity
