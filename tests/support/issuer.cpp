#include "support/issuer.h"

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <stdexcept>
#include <vector>

#include "core/base64url.h"

namespace stagedoor::test {
namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string from(const std::vector<unsigned char>& bytes) { return {bytes.begin(), bytes.end()}; }

std::string number(const EVP_PKEY* key, const char* name, int size = 0) {
  BIGNUM* value = nullptr;
  EVP_PKEY_get_bn_param(key, name, &value);
  std::vector<unsigned char> bytes(std::size_t(size ? size : BN_num_bytes(value)));
  BN_bn2binpad(value, bytes.data(), int(bytes.size()));
  BN_free(value);
  return base64url(from(bytes));
}

// DER to R and S side by side.
std::string side_by_side(const std::vector<unsigned char>& der) {
  const unsigned char* at = der.data();
  ECDSA_SIG* numbers = d2i_ECDSA_SIG(nullptr, &at, long(der.size()));
  std::vector<unsigned char> bytes(64);
  BN_bn2binpad(ECDSA_SIG_get0_r(numbers), bytes.data(), 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(numbers), bytes.data() + 32, 32);
  ECDSA_SIG_free(numbers);
  return from(bytes);
}

}  // namespace

std::string base64url(std::string_view bytes) { return base64url_encode({bytes_of(bytes), bytes.size()}); }

Issuer::Issuer(std::string id, EVP_PKEY* key) : id_(std::move(id)), key_(key, EVP_PKEY_free) {
  if (!key) throw std::runtime_error("OpenSSL makes no key");
}
Issuer Issuer::rsa(std::string id, unsigned bits) { return {std::move(id), EVP_RSA_gen(bits)}; }
Issuer Issuer::p256(std::string id, const char* curve) { return {std::move(id), EVP_EC_gen(curve)}; }
Issuer Issuer::ed25519(std::string id) {
  return {std::move(id), EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")};
}

std::string Issuer::algorithm() const {
  switch (EVP_PKEY_get_base_id(key_.get())) {
    case EVP_PKEY_RSA:
      return "RS256";
    case EVP_PKEY_EC:
      return "ES256";
    default:
      return "EdDSA";
  }
}

std::string Issuer::jwk(std::string_view more) const {
  return jwk_without_id(fmt::format(R"(,"kid":"{}"{})", id_, more));
}

std::string Issuer::jwk_without_id(std::string_view more) const {
  const EVP_PKEY* key = key_.get();
  const std::string kind = algorithm();
  if (kind == "RS256")
    return fmt::format(R"({{"kty":"RSA","n":"{}","e":"{}"{}}})", number(key, OSSL_PKEY_PARAM_RSA_N),
                       number(key, OSSL_PKEY_PARAM_RSA_E), more);
  if (kind == "ES256")
    return fmt::format(R"({{"kty":"EC","crv":"P-{}","x":"{}","y":"{}"{}}})", EVP_PKEY_get_bits(key),
                       number(key, OSSL_PKEY_PARAM_EC_PUB_X, EVP_PKEY_get_bits(key) / 8),
                       number(key, OSSL_PKEY_PARAM_EC_PUB_Y, EVP_PKEY_get_bits(key) / 8), more);
  std::vector<unsigned char> bytes(32);
  std::size_t size = bytes.size();
  EVP_PKEY_get_raw_public_key(key, bytes.data(), &size);
  return fmt::format(R"({{"kty":"OKP","crv":"Ed25519","x":"{}"{}}})", base64url(from(bytes)), more);
}

std::string Issuer::header(std::string_view more) const {
  return fmt::format(R"({{"alg":"{}","kid":"{}"{}}})", algorithm(), id_, more);
}

std::string Issuer::sign(std::string_view header, std::string_view payload) const {
  const std::string text = base64url(header) + "." + base64url(payload);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const bool has_digest = algorithm() != "EdDSA";
  EVP_DigestSignInit(context, nullptr, has_digest ? EVP_sha256() : nullptr, nullptr, key_.get());
  std::size_t size = 0;
  EVP_DigestSign(context, nullptr, &size, bytes_of(text), text.size());
  std::vector<unsigned char> signature(size);
  const int code = EVP_DigestSign(context, signature.data(), &size, bytes_of(text), text.size());
  EVP_MD_CTX_free(context);
  if (code != 1) throw std::runtime_error("OpenSSL does not sign");
  signature.resize(size);
  return text + "." + base64url(algorithm() == "ES256" ? side_by_side(signature) : from(signature));
}

std::string Issuer::sign_by_hmac(std::string_view header, std::string_view payload) const {
  BIO* memory = BIO_new(BIO_s_mem());
  PEM_write_bio_PUBKEY(memory, key_.get());
  char* pem = nullptr;
  const long pem_size = BIO_get_mem_data(memory, &pem);
  const std::string text = base64url(header) + "." + base64url(payload);
  std::vector<unsigned char> code(32);
  HMAC(EVP_sha256(), pem, int(pem_size), bytes_of(text), text.size(), code.data(), nullptr);
  BIO_free(memory);
  return text + "." + base64url(from(code));
}

std::string set_of(std::initializer_list<std::string> jwks) {
  return fmt::format(R"({{"keys":[{}]}})", fmt::join(jwks, ","));
}

}  // namespace stagedoor::test
