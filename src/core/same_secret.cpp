#include "core/same_secret.h"

#include <openssl/crypto.h>

#include "core/sha256.h"

namespace stagedoor {

bool is_same_secret(std::span<const std::uint8_t> one, std::span<const std::uint8_t> other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

bool is_same_secret(std::string_view one, std::string_view other) {
  const Sha256 digest = sha256(one), other_digest = sha256(other);
  return is_same_secret(digest, other_digest);
}

}  // namespace stagedoor
