#include "modules/identity/token.h"

#include <openssl/evp.h>

#include <atomic>
#include <boost/endian/conversion.hpp>
#include <cstring>
#include <span>

#include "core/base64url.h"
#include "core/ensure.h"
#include "core/same_secret.h"
#include "core/sha256.h"

namespace stagedoor::identity {

struct TokenKeys::Key {
  static inline std::atomic<std::uint64_t> serials{0};
  const std::uint64_t serial = ++serials;  // distinguishes keys, even at a reused address
  std::uint32_t id = 0;
  EVP_MAC_CTX* keyed = nullptr;  // initialised with the secret; copied for every MAC

  explicit Key(const std::string& secret) {
    id = boost::endian::load_big_u32(sha256(secret).data());
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

  void mac(const protocol::TokenBytes& token, std::uint8_t (&out)[32]) const {
    // Copying the keyed context costs more than the MAC itself: each thread keeps its copy for the last key
    // it used.
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
               EVP_MAC_update(copy.context, token.data(), protocol::kTokenMacAt) == 1 &&
               EVP_MAC_final(copy.context, out, &size, sizeof out) == 1,
           "HMAC of a token");
  }
};

TokenKeys::TokenKeys(const std::vector<std::string>& secrets) { replace(secrets); }
TokenKeys::~TokenKeys() = default;

void TokenKeys::replace(const std::vector<std::string>& secrets) {
  ensure(!secrets.empty(), "a server has at least one signing key");
  auto keys = std::make_unique<Keys>();
  for (const auto& secret : secrets) keys->push_back(std::make_unique<Key>(secret));
  const auto all = all_.lock();
  keys_.store(keys.get(), std::memory_order_release);
  all->push_back(std::move(keys));
}

std::string TokenKeys::sign(const protocol::TokenClaims& claims) const {
  const Key& key = *keys_.load(std::memory_order_acquire)->front();
  protocol::TokenBytes token = protocol::encode_token(key.id, claims);
  std::uint8_t mac[32];
  key.mac(token, mac);
  std::memcpy(&token[protocol::kTokenMacAt], mac, protocol::kTokenMacSize);
  return base64url_encode(token);
}

std::optional<protocol::TokenClaims> TokenKeys::verify(std::string_view text) const {
  const auto token = protocol::token_bytes(text);
  if (!token) return std::nullopt;
  const std::uint32_t key_id = protocol::key_id_of(*token);
  for (const auto& key : *keys_.load(std::memory_order_acquire)) {
    if (key->id != key_id) continue;
    std::uint8_t mac[32];
    key->mac(*token, mac);
    const std::span presented(&(*token)[protocol::kTokenMacAt], protocol::kTokenMacSize);
    if (!is_same_secret(std::span(mac).first(protocol::kTokenMacSize), presented)) return std::nullopt;
    return protocol::claims_of(*token);
  }
  return std::nullopt;
}

}  // namespace stagedoor::identity
