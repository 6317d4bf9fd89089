#include "adapters/webhook/signature.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "core/ensure.h"
#include "core/hex.h"

namespace stagedoor::webhook {

std::string signature(std::span<const std::string> secrets, std::int64_t unix_seconds,
                      std::string_view body) {
  const std::string at = std::to_string(unix_seconds);
  const std::string bytes = at + "." + std::string(body);
  std::string text = "t=" + at;
  for (const auto& secret : secrets) {
    unsigned char code[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    ensure(HMAC(EVP_sha256(), secret.data(), int(secret.size()),
                reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), code, &size) != nullptr,
           "OpenSSL computes HMAC-SHA256");
    text += ",v1=" + to_hex({reinterpret_cast<const char*>(code), size});
  }
  return text;
}

}  // namespace stagedoor::webhook
