// An identity provider for tests: its keys, and the proofs that it signs, right or wrong.
#pragma once

#include <openssl/types.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace stagedoor::test {

std::string base64url(std::string_view bytes);

class Issuer {
 public:
  static Issuer rsa(std::string id, unsigned bits = 2048);
  static Issuer p256(std::string id, const char* curve = "P-256");
  static Issuer ed25519(std::string id);

  const std::string& id() const { return id_; }
  // "RS256", "ES256", "EdDSA".
  std::string algorithm() const;
  // The public key; `more` are further members: R"(,"use":"sig")".
  std::string jwk(std::string_view more = "") const;
  std::string jwk_without_id(std::string_view more = "") const;

  // {"alg":…,"kid":…} with further members.
  std::string header(std::string_view more = "") const;
  // A JSON Web Signature, with this key's algorithm whatever the header says.
  std::string sign(std::string_view header, std::string_view payload) const;
  std::string sign(std::string_view payload) const { return sign(header(), payload); }
  // HMAC-SHA-256 with the public key as the secret, as PEM: what a confused verifier takes.
  std::string sign_by_hmac(std::string_view header, std::string_view payload) const;

 private:
  Issuer(std::string id, EVP_PKEY* key);

  std::string id_;
  std::shared_ptr<EVP_PKEY> key_;
};

std::string set_of(std::initializer_list<std::string> jwks);

}  // namespace stagedoor::test
