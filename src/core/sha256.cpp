#include "core/sha256.h"

#include <openssl/sha.h>

namespace stagedoor {

Sha256 sha256(std::string_view bytes) {
  Sha256 digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  return digest;
}

}  // namespace stagedoor
