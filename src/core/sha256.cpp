#include "core/sha256.h"

#include <openssl/evp.h>

#include "core/ensure.h"

namespace stagedoor {
namespace {

// To look the algorithm up and to allocate a context costs more than the digest of a short text, so each
// thread keeps its context.
class Hash {
 public:
  Hash() {
    EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    ensure(context_ && algorithm && EVP_DigestInit_ex(context_, algorithm, nullptr) == 1, kNeeded);
    EVP_MD_free(algorithm);  // the context has a reference
  }
  ~Hash() { EVP_MD_CTX_free(context_); }
  Hash(const Hash&) = delete;
  Hash& operator=(const Hash&) = delete;

  Sha256 digest_of(std::string_view bytes, std::string_view more) {
    Sha256 digest{};
    ensure(EVP_DigestInit_ex(context_, nullptr, nullptr) == 1 &&
               EVP_DigestUpdate(context_, bytes.data(), bytes.size()) == 1 &&
               EVP_DigestUpdate(context_, more.data(), more.size()) == 1 &&
               EVP_DigestFinal_ex(context_, digest.data(), nullptr) == 1,
           kNeeded);
    return digest;
  }

 private:
  static constexpr std::string_view kNeeded = "OpenSSL has SHA-256";
  EVP_MD_CTX* const context_ = EVP_MD_CTX_new();
};

}  // namespace

Sha256 sha256(std::string_view bytes, std::string_view more) {
  thread_local Hash hash;
  return hash.digest_of(bytes, more);
}

}  // namespace stagedoor
