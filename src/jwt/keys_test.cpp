#include "jwt/keys.h"

#include <gmock/gmock.h>

#include "jwt/verify.h"
#include "support/issuer.h"

namespace stagedoor::jwt {
namespace {

using test::Issuer;
using test::set_of;
using testing::HasSubstr;

// RFC 7515, A.1 to A.3: one payload, three signatures.
constexpr const char* kPayload =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
constexpr const char* kHmacHeader = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9";
constexpr const char* kHmacSignature = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
constexpr const char* kHmacKey =
    R"({"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"})";
constexpr const char* kRsaKey =
    R"({"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"})";
constexpr const char* kRsaSignature =
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdb"
    "F9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383"
    "LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWy"
    "wlVmtVrBp0igcN_IoypGlUPQGe77Rw";
constexpr const char* kEcKey =
    R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";
constexpr const char* kEcSignature =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
// RFC 8037, A.2 and A.4.
constexpr const char* kEdKey =
    R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";
constexpr const char* kEdSigned =
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbh"
    "ijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
// RFC 7517, A.1.
constexpr const char* kSetOfRfc7517 = R"({"keys":
  [{"kty":"EC","crv":"P-256",
    "x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    "use":"enc","kid":"1"},
   {"kty":"RSA",
    "n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    "e":"AQAB","alg":"RS256","kid":"2011-04-29"}]})";

std::string text_of(const Bytes& bytes) { return std::string(as_text(bytes)); }
std::string joined(const std::string& header, const char* signature) {
  return header + "." + kPayload + "." + signature;
}
JwtKeys keys_of(const std::string& set) {
  auto keys = JwtKeys::parse(set);
  if (keys) return *keys;
  ADD_FAILURE() << keys.error().path << " " << keys.error().message;
  return {};
}
std::string error_of(const std::string& set) {
  const auto keys = JwtKeys::parse(set);
  return keys ? "no error" : keys.error().path + " " + keys.error().message;
}
std::string why_skipped(const std::string& jwk) {
  const JwtKeys keys = keys_of(set_of({jwk}));
  if (keys.skipped().size() != 1 || !keys.keys().empty()) return "not skipped";
  return keys.skipped()[0].path + " " + keys.skipped()[0].message;
}

// R-W8
TEST(Vectors, of_rfc_7515_are_verified_and_that_with_hmac_is_refused) {
  const JwtKeys keys = keys_of(set_of({kRsaKey, kEcKey, kHmacKey}));
  for (const auto& [header, signature] :
       {std::pair(R"({"alg":"RS256"})", kRsaSignature), std::pair(R"({"alg":"ES256"})", kEcSignature)}) {
    const auto payload = signed_bytes(joined(test::base64url(header), signature), keys);
    ASSERT_TRUE(payload) << to_string(payload.error());
    EXPECT_EQ(test::base64url(text_of(*payload)), kPayload);
  }
  ASSERT_EQ(keys.skipped().size(), 1u);
  EXPECT_EQ(keys.skipped()[0].path, "keys[2]");
  EXPECT_EQ(signed_bytes(joined(kHmacHeader, kHmacSignature), keys).error(), Why::unknown_algorithm);
}

// R-W8
TEST(Vectors, of_rfc_8037_are_verified) {
  const auto payload = signed_bytes(kEdSigned, keys_of(set_of({kEdKey})));
  ASSERT_TRUE(payload);
  EXPECT_EQ(text_of(*payload), "Example of Ed25519 signing");
}

// R-W8
TEST(Vectors, of_rfc_7517_are_read) {
  const JwtKeys keys = keys_of(kSetOfRfc7517);
  ASSERT_EQ(keys.keys().size(), 1u);
  EXPECT_EQ(keys.keys()[0].id, "2011-04-29");
  EXPECT_EQ(keys.keys()[0].algorithm, Algorithm::RS256);
  ASSERT_EQ(keys.skipped().size(), 1u);
  EXPECT_EQ(keys.skipped()[0].message, "is not for signatures (use)");
}

TEST(Keys, have_one_algorithm_each_also_without_alg) {
  const JwtKeys keys = keys_of(set_of(
      {Issuer::rsa("a").jwk(), Issuer::p256("b").jwk(), Issuer::ed25519("c").jwk(R"(,"alg":"EdDSA")")}));
  ASSERT_EQ(keys.keys().size(), 3u);
  EXPECT_EQ(keys.find("a", Algorithm::RS256)->algorithm, Algorithm::RS256);
  EXPECT_EQ(keys.find("b", Algorithm::ES256)->algorithm, Algorithm::ES256);
  EXPECT_EQ(keys.find("c", Algorithm::EdDSA)->algorithm, Algorithm::EdDSA);
  EXPECT_EQ(keys.find("d", Algorithm::EdDSA), nullptr);
}

TEST(Keys, are_found_without_an_id_only_if_one_has_the_algorithm) {
  const Issuer one = Issuer::ed25519("1"), other = Issuer::ed25519("2"), third = Issuer::p256("3");
  const JwtKeys keys = keys_of(set_of({one.jwk(), other.jwk(), third.jwk()}));
  EXPECT_EQ(keys.find({}, Algorithm::EdDSA), nullptr);
  EXPECT_EQ(keys.find({}, Algorithm::RS256), nullptr);
  ASSERT_NE(keys.find({}, Algorithm::ES256), nullptr);
  EXPECT_EQ(keys.find({}, Algorithm::ES256)->id, "3");
}

TEST(Keys, for_something_else_are_left_out_and_named) {
  const Issuer ed = Issuer::ed25519("a");
  EXPECT_EQ(why_skipped(R"({"kty":"oct","k":"AAAA"})"), "keys[0] has the type oct, which verifies no proof");
  EXPECT_EQ(why_skipped(R"({"kty":"new"})"), "keys[0] has the type new, which verifies no proof");
  EXPECT_EQ(why_skipped(Issuer::p256("a", "P-384").jwk()),
            "keys[0] has the type EC P-384, which verifies no proof");
  EXPECT_EQ(why_skipped(R"({"kty":"OKP","crv":"X25519","x":"AAAA"})"),
            "keys[0] has the type OKP X25519, which verifies no proof");
  EXPECT_EQ(why_skipped(ed.jwk(R"(,"use":"enc")")), "keys[0] is not for signatures (use)");
  EXPECT_EQ(why_skipped(ed.jwk(R"(,"key_ops":["sign"])")), "keys[0] is not for verifying (key_ops)");
  EXPECT_EQ(why_skipped(ed.jwk(R"(,"alg":"HS256")")), "keys[0] is for HS256, not for EdDSA");
  EXPECT_EQ(why_skipped(ed.jwk(R"(,"alg":"none")")), "keys[0] is for none, not for EdDSA");
  EXPECT_THAT(why_skipped(ed.jwk(R"(,"d":"AAAA")")), HasSubstr("keys[0] is a private key"));
  EXPECT_EQ(why_skipped(Issuer::rsa("a", 2040).jwk()),
            "keys[0] has 2040 bits; an RSA key needs 2048 to 8192");
}

TEST(Keys, that_are_malformed_are_an_error_that_names_the_place) {
  const std::string good = Issuer::ed25519("a").jwk();
  EXPECT_THAT(error_of("{"), HasSubstr(" "));
  EXPECT_EQ(error_of("[]"), "keys must be an array: a JSON Web Key Set");
  EXPECT_EQ(error_of(good), "keys must be an array: a JSON Web Key Set");
  EXPECT_EQ(error_of(set_of({good, "7"})), "keys[1] must be an object");
  EXPECT_EQ(error_of(set_of({good, "{}"})), "keys[1].kty is missing");
  EXPECT_EQ(error_of(set_of({good, R"({"kty":"EC","x":"","y":""})"})), "keys[1].crv is missing");
  EXPECT_EQ(error_of(set_of({R"({"kty":"OKP","crv":"Ed25519"})"})), "keys[0].x is missing");
  EXPECT_EQ(error_of(set_of({R"({"kty":"OKP","crv":"Ed25519","x":7})"})), "keys[0].x must be a string");
  EXPECT_EQ(error_of(set_of({R"({"kty":"OKP","crv":"Ed25519","x":"AAAA"})"})),
            "keys[0].x must have 32 bytes");
  EXPECT_EQ(error_of(set_of({R"({"kty":"RSA","n":"AAB+","e":"AQAB"})"})),
            "keys[0].n must be base64url without padding");
  EXPECT_EQ(error_of(set_of({good, good})), "keys[1].kid is the id of another key, too");
  EXPECT_EQ(error_of(R"({"keys":[{"kty":"oct","kty":"RSA"}]})"), "keys[0].kty appears more than once");
  // Not a point of the curve.
  std::string off = kEcKey;
  off.replace(off.find("x_FEz"), 5, "x_FEy");
  EXPECT_EQ(error_of(set_of({off})), "keys[0] is no public key for ES256");
  // An exponent of 1 makes everything its own signature.
  std::string one = kRsaKey;
  one.replace(one.find("AQAB"), 4, "AQ");
  EXPECT_EQ(error_of(set_of({one})), "keys[0] is no public key for RS256");
}

TEST(Keys, may_be_none) {
  EXPECT_TRUE(keys_of(R"({"keys":[]})").keys().empty());
  EXPECT_EQ(signed_bytes(kEdSigned, JwtKeys()).error(), Why::unknown_key);
}

TEST(Keys, are_told_apart_by_id_algorithm_and_bytes) {
  const Issuer a = Issuer::ed25519("a"), b = Issuer::ed25519("b");
  const KeyPrint print = keys_of(set_of({a.jwk()})).keys()[0].print;
  EXPECT_EQ(print, keys_of(set_of({b.jwk(), a.jwk(R"(,"use":"sig")")})).keys()[1].print);
  EXPECT_NE(print, keys_of(set_of({a.jwk_without_id()})).keys()[0].print);
  EXPECT_NE(print, keys_of(set_of({b.jwk_without_id(R"(,"kid":"a")")})).keys()[0].print);
}

}  // namespace
}  // namespace stagedoor::jwt
