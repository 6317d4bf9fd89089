// Signs and verifies tokens (R-Q6). A token proves a fan's place and is checked without I/O. Its bytes:
// protocol/token_layout.h. The MAC is HMAC-SHA256, truncated to 16 bytes: a forger has one chance in 2^128
// per try.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/guarded.h"
#include "protocol/token_layout.h"

namespace stagedoor::identity {

class TokenKeys {
 public:
  // 32-byte secrets, newest first: the first signs, all verify.
  explicit TokenKeys(const std::vector<std::string>& secrets);
  ~TokenKeys();

  // Replaces all keys. Any thread.
  void replace(const std::vector<std::string>& secrets);

  std::string sign(const protocol::TokenClaims& claims) const;
  // The claims if the text is, to the last bit, a token signed by one of the keys; else nullopt. Compares in
  // constant time. Any thread.
  std::optional<protocol::TokenClaims> verify(std::string_view text) const;

 private:
  struct Key;
  using Keys = std::vector<std::unique_ptr<Key>>;
  // Those in use. Every poll reads them, so readers take no lock; replaced ones live on, because a reader may
  // still use them.
  std::atomic<const Keys*> keys_{nullptr};
  Guarded<std::vector<std::unique_ptr<const Keys>>> all_;
};

}  // namespace stagedoor::identity
