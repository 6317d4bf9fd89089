#include "modules/queue/token.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <atomic>
#include <cstring>

#include "core/base64url.h"
#include "core/ensure.h"

namespace stagedoor {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kKeyIdAt = 1, kEventAt = 5, kPlaceAt = 13, kUserAt = 17, kIssuedAt = 33, kMacAt = 41,
                      kSize = 57;
constexpr std::size_t kMacSize = kSize - kMacAt;
using Bytes = std::array<std::uint8_t, kSize>;

void put(std::uint8_t* to, std::uint64_t value, std::size_t size) {
  for (std::size_t i = size; i-- > 0; value >>= 8) to[i] = static_cast<std::uint8_t>(value);
}

std::uint64_t get(const std::uint8_t* from, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | from[i];
  return value;
}

bool decode(std::string_view text, Bytes& token) {
  return base64url_decode(text, token) && token[0] == kVersion;
}

TokenClaims claims_in(const Bytes& token) {
  TokenClaims claims;
  claims.event.value = static_cast<std::int64_t>(get(&token[kEventAt], 8));
  claims.place = static_cast<Place>(get(&token[kPlaceAt], 4));
  std::memcpy(claims.user.bytes.data(), &token[kUserAt], claims.user.bytes.size());
  claims.issued_at = from_ms(static_cast<std::int64_t>(get(&token[kIssuedAt], 8)));
  return claims;
}

}  // namespace

std::optional<TokenClaims> unverified_claims(std::string_view text) {
  Bytes token{};
  if (!decode(text, token)) return std::nullopt;
  return claims_in(token);
}

struct TokenKeys::Key {
  static inline std::atomic<std::uint64_t> serials{0};
  const std::uint64_t serial = ++serials;  // tells keys apart, also one made where another was
  std::uint32_t id = 0;
  EVP_MAC_CTX* keyed = nullptr;  // initialised with the secret; copied for every MAC

  explicit Key(const std::string& secret) {
    std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const std::uint8_t*>(secret.data()), secret.size(), digest.data());
    id = static_cast<std::uint32_t>(get(digest.data(), 4));
    EVP_MAC* mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    keyed = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);
    char name[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", name, 0),
                                 OSSL_PARAM_construct_end()};
    ensure(keyed && EVP_MAC_init(keyed, reinterpret_cast<const std::uint8_t*>(secret.data()), secret.size(),
                                 params) == 1,
           "OpenSSL has HMAC-SHA256");
  }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;
  ~Key() { EVP_MAC_CTX_free(keyed); }

  void mac(const Bytes& token, std::uint8_t (&out)[32]) const {
    // Copying the keyed context costs more than the MAC itself: each thread keeps its copy for the key it
    // used last.
    struct Copy {
      std::uint64_t serial = 0;
      EVP_MAC_CTX* context = nullptr;
      ~Copy() { EVP_MAC_CTX_free(context); }
    };
    thread_local Copy copy;
    if (copy.serial != serial) {
      EVP_MAC_CTX_free(copy.context);
      copy.context = EVP_MAC_CTX_dup(keyed);
      copy.serial = serial;
    }
    std::size_t size = 0;
    ensure(copy.context && EVP_MAC_init(copy.context, nullptr, 0, nullptr) == 1 &&
               EVP_MAC_update(copy.context, token.data(), kMacAt) == 1 &&
               EVP_MAC_final(copy.context, out, &size, sizeof out) == 1,
           "HMAC of a token");
  }
};

TokenKeys::TokenKeys(std::vector<std::string> secrets) {
  ensure(!secrets.empty(), "a server has at least one signing key");
  for (const auto& secret : secrets) keys_.push_back(std::make_unique<Key>(secret));
}
TokenKeys::~TokenKeys() = default;

std::string TokenKeys::sign(const TokenClaims& claims) const {
  const Key& key = *keys_.front();
  Bytes token{};
  token[0] = kVersion;
  put(&token[kKeyIdAt], key.id, 4);
  put(&token[kEventAt], static_cast<std::uint64_t>(claims.event.value), 8);
  put(&token[kPlaceAt], claims.place, 4);
  std::memcpy(&token[kUserAt], claims.user.bytes.data(), claims.user.bytes.size());
  put(&token[kIssuedAt], static_cast<std::uint64_t>(to_ms(claims.issued_at)), 8);
  std::uint8_t mac[32];
  key.mac(token, mac);
  std::memcpy(&token[kMacAt], mac, kMacSize);
  return base64url_encode(token);
}

std::optional<TokenClaims> TokenKeys::verify(std::string_view text) const {
  Bytes token{};
  if (!decode(text, token)) return std::nullopt;
  const auto key_id = static_cast<std::uint32_t>(get(&token[kKeyIdAt], 4));
  for (const auto& key : keys_) {
    if (key->id != key_id) continue;
    std::uint8_t mac[32];
    key->mac(token, mac);
    if (CRYPTO_memcmp(mac, &token[kMacAt], kMacSize) != 0) return std::nullopt;
    return claims_in(token);
  }
  return std::nullopt;
}

}  // namespace stagedoor
