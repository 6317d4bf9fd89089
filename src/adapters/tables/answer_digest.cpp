#include "adapters/tables/answer_digest.h"

#include <openssl/sha.h>

#include <cstring>
#include <string>

namespace stagedoor {

std::int64_t answer_digest(const UserId& user, std::string_view key) {
  std::string text(user.bytes.begin(), user.bytes.end());  // of one length always: no separator is needed
  text += key;
  std::uint8_t hash[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), hash);
  std::int64_t digest = 0;
  std::memcpy(&digest, hash, sizeof digest);
  return digest;
}

}  // namespace stagedoor
