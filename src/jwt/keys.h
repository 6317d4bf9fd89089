// The public keys of an identity provider: a JSON Web Key Set (RFC 7517), and the signatures that they
// verify. Where the set comes from: key_source.h.
#pragma once

#include <openssl/types.h>

#include <array>
#include <boost/describe/enum.hpp>
#include <boost/system/result.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/refusal.h"

namespace stagedoor::jwt {

// As in the header of a proof. There is no HMAC: a key that verifies could also sign.
BOOST_DEFINE_ENUM_CLASS(Algorithm, RS256, ES256, EdDSA)

// Identifies a key: a digest of its id, its algorithm and its bytes.
using KeyPrint = std::array<std::uint8_t, 16>;

struct Key {
  std::optional<std::string> id;  // "kid"
  Algorithm algorithm{};          // the only one that the key is used with
  KeyPrint print{};
  std::shared_ptr<EVP_PKEY> pkey;

  // True if `signature` is the signature of `text`. Any thread.
  bool verifies(std::string_view text, std::span<const std::uint8_t> signature) const;
};

class JwtKeys {
 public:
  static constexpr std::size_t kKeysMax = 100;
  static constexpr int kRsaBitsMin = 2048, kRsaBitsMax = 8192;

  // No keys.
  JwtKeys() = default;

  // Reads a set. RSA keys of 2048 to 8192 bits verify RS256, P-256 keys ES256, Ed25519 keys EdDSA. Keys that
  // are for something else (another "kty", "crv", "alg", "use" or "key_ops"), too short, or private are left
  // out; skipped() names them. An error if the text is no set, a key lacks a member, a member is malformed,
  // or two keys have one id: its path names the place.
  static boost::system::result<JwtKeys, FieldError> parse(std::string_view text);

  const std::vector<Key>& keys() const { return keys_; }
  // The keys that were left out: their place, and why.
  const std::vector<FieldError>& skipped() const { return skipped_; }

  // The key with this id. Without an id: the only key with this algorithm. Else null.
  const Key* find(const std::optional<std::string>& id, Algorithm algorithm) const;
  bool contains(const KeyPrint& print) const;

 private:
  std::vector<Key> keys_;
  std::vector<FieldError> skipped_;
};

}  // namespace stagedoor::jwt
