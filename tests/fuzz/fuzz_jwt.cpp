// Bytes → jwt::verify with fixed keys: as a proof, as the header and the claims of a proof that is signed,
// and as a set of keys. Whatever comes: no crash; a proof is accepted only with a signature; and of a signed
// proof no other text is accepted.
#include <openssl/evp.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base64url.h"
#include "core/ensure.h"
#include "jwt/verify.h"

namespace stagedoor {
namespace {

using jwt::JwtKeys;

// The keys of RFC 7515, A.2 and A.3, and of RFC 8037, A.1, whose private key signs here.
constexpr std::string_view kSet = R"({"keys":[
  {"kid":"r","kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"},
  {"kid":"p","kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
  {"kid":"e","kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})";
constexpr std::string_view kPrivate = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
constexpr TimePoint kNow = from_ms(1'800'000'000'000);
const jwt::JwtOptions kOptions{
    .issuer = "https://id.example", .audience = "tickets", .user_form = jwt::UserForm::hash};

const JwtKeys& keys() {
  static const JwtKeys kKeys = *JwtKeys::parse(kSet);
  return kKeys;
}
EVP_PKEY* signer() {
  static EVP_PKEY* const kSigner = [] {
    std::uint8_t bytes[32];
    ensure(base64url_decode(kPrivate, bytes), "the key is base64url");
    return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes, sizeof bytes);
  }();
  return kSigner;
}

std::string encode(std::string_view text) {
  return base64url_encode({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}
std::string sign(std::string_view header, std::string_view payload) {
  const std::string text = encode(header) + "." + encode(payload);
  std::uint8_t signature[64];
  std::size_t size = sizeof signature;
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  EVP_DigestSignInit(context, nullptr, nullptr, nullptr, signer());
  ensure(EVP_DigestSign(context, signature, &size, reinterpret_cast<const std::uint8_t*>(text.data()),
                        text.size()) == 1,
         "Ed25519 signs");
  EVP_MD_CTX_free(context);
  return text + "." + base64url_encode(signature);
}

// The signature judges first, so only what sign() made is accepted.
void try_proof(std::string_view jws) {
  const auto proof = jwt::verify(jws, keys(), kOptions, kNow);
  if (!proof) return;
  ensure(jws.size() <= jwt::kProofMax && keys().contains(proof->key), "an accepted proof has a key");
  ensure(proof->expires + jwt::kLeeway > kNow, "an accepted proof has not expired");
}

void try_changed(std::string jws, std::string_view changes) {
  const std::string right = jws;
  const bool is_right = jwt::verify(right, keys(), kOptions, kNow).has_value();
  for (; changes.size() >= 2; changes.remove_prefix(2)) {
    const std::size_t at = static_cast<std::uint8_t>(changes[0]) * 7u % jws.size();
    jws[at] = static_cast<char>(jws[at] ^ changes[1]);
  }
  ensure(jwt::verify(jws, keys(), kOptions, kNow).has_value() == (is_right && jws == right),
         "a changed proof is none");
}

}  // namespace
}  // namespace stagedoor

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace stagedoor;
  const std::string_view text(reinterpret_cast<const char*>(bytes), std::min(size, jwt::kProofMax + 1));
  try_proof(text);
  try_proof(sign(R"({"alg":"EdDSA","kid":"e"})", text));
  try_proof(sign(text, "{}"));
  try_changed(sign(R"({"alg":"EdDSA"})",
                   R"({"iss":"https://id.example","aud":"tickets","sub":"a","exp":1900000000})"),
              text);
  (void)JwtKeys::parse(text);
  return 0;
}
