#include "adapters/tables/answer_digest.h"

#include <cstring>
#include <string>

#include "core/sha256.h"

namespace stagedoor::tables {

Uuid answer_digest(const UserId& user, std::string_view key) {
  std::string text(user.bytes.begin(), user.bytes.end());  // fixed length, so no separator is needed
  text += key;
  const Sha256 hash = sha256(text);
  Uuid digest;
  std::memcpy(digest.bytes.data(), hash.data(), digest.bytes.size());
  return digest;
}

}  // namespace stagedoor::tables
