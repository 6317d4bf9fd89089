#include "jwt/verify.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <vector>

#include "support/issuer.h"
#include "support/long_run.h"

namespace stagedoor::jwt {
namespace {

using test::base64url;
using test::Issuer;

constexpr const char* kUser = "8d7cfb2e-2b8e-4dc5-b0b3-0b5d8f4f4a11";
constexpr std::int64_t kSecond = 1'800'000'000;
const TimePoint kNow = from_ms(kSecond * 1000);
const JwtOptions kOptions{.issuer = "https://id.example", .audience = "tickets"};

struct Provider {
  Issuer rsa = Issuer::rsa("r"), p256 = Issuer::p256("p"), ed25519 = Issuer::ed25519("e");
  Issuer foreign = Issuer::ed25519("e");  // the same id, another key
  JwtKeys keys = *JwtKeys::parse(test::set_of({rsa.jwk(), p256.jwk(), ed25519.jwk()}));
  std::array<const Issuer*, 3> all() const { return {&rsa, &p256, &ed25519}; }
};
const Provider& provider() {
  static const Provider kProvider;
  return kProvider;
}

// The claims of a right proof; a member with "" is left out.
struct Claims {
  std::string iss = R"("https://id.example")";
  std::string aud = R"("tickets")";
  std::string sub = fmt::format("\"{}\"", kUser);
  std::string exp = std::to_string(kSecond + 300);
  std::string iat = std::to_string(kSecond - 10);
  std::string more = "";

  operator std::string() const {
    std::string text;
    for (const auto& [name, value] : {std::pair("iss", &iss), std::pair("aud", &aud), std::pair("sub", &sub),
                                      std::pair("exp", &exp), std::pair("iat", &iat)})
      if (!value->empty()) text += fmt::format(R"({}"{}":{})", text.empty() ? "" : ",", name, *value);
    return "{" + text + more + "}";
  }
};

std::string judged(std::string_view jws, const JwtOptions& options = kOptions) {
  const auto proof = verify(jws, provider().keys, options, kNow);
  return proof ? to_string(proof->user) : std::string(to_string(proof.error()));
}
std::string judged_claims(const Claims& claims, const JwtOptions& options = kOptions) {
  return judged(provider().ed25519.sign(std::string(claims)), options);
}
std::string judged_header(std::string_view header) {
  return judged(provider().ed25519.sign(header, std::string(Claims())));
}

// R-W8
TEST(Proofs, name_their_user_with_each_algorithm) {
  for (const Issuer* issuer : provider().all()) {
    const auto proof = verify(issuer->sign(std::string(Claims())), provider().keys, kOptions, kNow);
    ASSERT_TRUE(proof) << issuer->algorithm() << " " << to_string(proof.error());
    EXPECT_EQ(to_string(proof->user), kUser);
    EXPECT_EQ(proof->expires, kNow + Millis(300'000));
    EXPECT_EQ(proof->issued, kNow - Millis(10'000));
    EXPECT_TRUE(provider().keys.contains(proof->key));
  }
}

// R-W8
TEST(Proofs, with_one_changed_bit_are_refused) {
  for (const Issuer* issuer : provider().all()) {
    std::string jws = issuer->sign(std::string(Claims()));
    std::size_t refused = 0;
    for (char& byte : jws) {
      for (int bit = 0; bit < 8; ++bit) {
        byte = char(byte ^ (1 << bit));
        refused += verify(jws, provider().keys, kOptions, kNow).has_error() ? 1 : 0;
        byte = char(byte ^ (1 << bit));
      }
    }
    EXPECT_EQ(refused, jws.size() * 8) << issuer->algorithm();
    EXPECT_EQ(judged(jws), kUser);
  }
}

std::array<std::string, 3> parts_of(const std::string& jws) {
  const std::size_t first = jws.find('.'), second = jws.rfind('.');
  return {jws.substr(0, first), jws.substr(first + 1, second - first - 1), jws.substr(second + 1)};
}

// R-W8: of every two proofs, each mixture of their parts.
TEST(Proofs, with_parts_of_another_proof_are_refused) {
  std::vector<std::array<std::string, 3>> proofs;
  for (const Issuer* issuer : provider().all()) {
    proofs.push_back(parts_of(issuer->sign(std::string(Claims()))));
    proofs.push_back(parts_of(issuer->sign(std::string(Claims{.exp = std::to_string(kSecond + 301)}))));
    proofs.push_back(parts_of(issuer->sign(issuer->header(R"(,"typ":"JWT")"), std::string(Claims()))));
  }
  for (const auto& header : proofs)
    for (const auto& payload : proofs)
      for (const auto& signature : proofs) {
        const std::string jws = header[0] + "." + payload[1] + "." + signature[2];
        const bool is_one = std::ranges::any_of(
            proofs, [&](const auto& one) { return one[0] + "." + one[1] + "." + one[2] == jws; });
        EXPECT_EQ(verify(jws, provider().keys, kOptions, kNow).has_value(), is_one) << jws;
      }
}

// R-W8: each claim of one proof in the place of the other's, under the other's signature.
TEST(Proofs, with_a_claim_of_another_proof_are_refused) {
  const Claims mine, yours{.iss = "\"https://other\"",
                           .aud = "\"shop\"",
                           .sub = "\"00000000-0000-4000-8000-000000000001\"",
                           .exp = std::to_string(kSecond + 3000),
                           .iat = std::to_string(kSecond - 20)};
  for (const Issuer* issuer : provider().all()) {
    const auto parts = parts_of(issuer->sign(std::string(mine)));
    for (const auto member : {&Claims::iss, &Claims::aud, &Claims::sub, &Claims::exp, &Claims::iat}) {
      Claims mixed = mine;
      mixed.*member = yours.*member;
      EXPECT_EQ(judged(parts[0] + "." + base64url(std::string(mixed)) + "." + parts[2]), "wrong_signature");
    }
  }
}

// R-W8
TEST(Algorithms, other_than_that_of_the_key_are_refused) {
  const Provider& with = provider();
  const std::string claims = Claims();
  for (const char* name : {"none", "None", "NONE", "", "HS256", "HS384", "HS512", "RS384", "RS512", "PS256",
                           "ES384", "ES256K", "Ed25519", "rs256", "RSA-OAEP"}) {
    EXPECT_EQ(judged_header(fmt::format(R"({{"alg":"{}","kid":"e"}})", name)), "unknown_algorithm") << name;
    EXPECT_EQ(judged_header(fmt::format(R"({{"alg":"{}"}})", name)), "unknown_algorithm") << name;
  }
  for (const char* header :
       {"{}", R"({"kid":"e"})", R"({"alg":null,"kid":"e"})", R"({"alg":["EdDSA"],"kid":"e"})"})
    EXPECT_EQ(judged_header(header), "unknown_algorithm") << header;
  EXPECT_EQ(judged(base64url(R"({"alg":"none"})") + "." + base64url(claims) + "."), "unknown_algorithm");
  EXPECT_EQ(judged(base64url(R"({"alg":"none","kid":"e"})") + "." + base64url(claims) + "."),
            "unknown_algorithm");
  // Each key with the algorithm of each other one, signed by either.
  for (const Issuer* key : with.all())
    for (const Issuer* other : with.all()) {
      if (key == other) continue;
      const std::string header = fmt::format(R"({{"alg":"{}","kid":"{}"}})", other->algorithm(), key->id());
      EXPECT_EQ(judged(key->sign(header, claims)), "wrong_algorithm");
      EXPECT_EQ(judged(other->sign(header, claims)), "wrong_algorithm");
    }
}

// R-W8: the keys of provider() have no "alg".
TEST(Algorithms, hmac_with_the_public_key_is_refused) {
  for (const Issuer* issuer : provider().all()) {
    const std::string hmac = fmt::format(R"({{"alg":"HS256","kid":"{}"}})", issuer->id());
    EXPECT_EQ(judged(issuer->sign_by_hmac(hmac, std::string(Claims()))), "unknown_algorithm");
    EXPECT_EQ(judged(issuer->sign_by_hmac(R"({"alg":"HS256"})", std::string(Claims()))), "unknown_algorithm");
    EXPECT_EQ(judged(issuer->sign_by_hmac(issuer->header(), std::string(Claims()))), "wrong_signature");
  }
}

// R-W8
TEST(Headers, that_ask_for_more_or_for_something_else_are_refused) {
  EXPECT_EQ(judged_header(R"({"alg":"EdDSA","kid":"e","crit":["exp"]})"), "critical_header");
  EXPECT_EQ(judged_header(R"({"alg":"EdDSA","kid":"e","crit":[]})"), "critical_header");
  EXPECT_EQ(judged_header(R"({"alg":"EdDSA","kid":"e","b64":false,"crit":["b64"]})"), "critical_header");
  EXPECT_EQ(judged_header(R"({"alg":"EdDSA","kid":"e","b64":false})"), "critical_header");
  EXPECT_EQ(judged_header(R"({"alg":"EdDSA","kid":"e","b64":true})"), "critical_header");
  for (const char* type : {"logout+jwt", "dpop+jwt", "secevent+jwt", "JOSE", ""})
    EXPECT_EQ(judged_header(fmt::format(R"({{"alg":"EdDSA","kid":"e","typ":"{}"}})", type)), "wrong_type");
  EXPECT_EQ(judged_header(R"({"alg":"EdDSA","kid":"e","typ":7})"), "wrong_type");
  for (const char* type : {"JWT", "jwt", "at+jwt", "application/at+JWT"})
    EXPECT_EQ(judged_header(fmt::format(R"({{"alg":"EdDSA","kid":"e","typ":"{}"}})", type)), kUser);
}

// R-W8
TEST(Headers, with_an_unknown_key_are_refused) {
  EXPECT_EQ(judged_header(R"({"alg":"EdDSA","kid":"unknown"})"), "unknown_key");
  EXPECT_EQ(judged_header(R"({"alg":"EdDSA","kid":""})"), "unknown_key");
  EXPECT_EQ(judged_header(R"({"alg":"EdDSA","kid":7})"), "malformed");
  EXPECT_EQ(judged_header(R"({"alg":"EdDSA","kid":null})"), "malformed");
  EXPECT_EQ(judged_header(R"({"alg":"EdDSA"})"), kUser) << "one key has the algorithm";
  EXPECT_EQ(judged(provider().foreign.sign(std::string(Claims()))), "wrong_signature");
}

// R-W8: a key that comes with the proof proves nothing.
TEST(Headers, cannot_bring_their_key) {
  const Issuer& foreign = provider().foreign;
  for (const std::string& more :
       {R"(,"jwk":)" + foreign.jwk(), std::string(R"(,"jku":"http://127.0.0.1:1/keys")"),
        std::string(R"(,"x5u":"http://127.0.0.1:1/keys")"), std::string(R"(,"x5c":["AAAA"])")})
    EXPECT_EQ(judged(foreign.sign(foreign.header(more), std::string(Claims()))), "wrong_signature") << more;
}

// R-W8
TEST(Members, that_are_doubled_are_refused_at_any_depth) {
  EXPECT_EQ(judged_header(R"({"alg":"EdDSA","kid":"e","alg":"EdDSA"})"), "doubled_member");
  EXPECT_EQ(judged_header(R"({"alg":"none","kid":"e","alg":"EdDSA"})"), "doubled_member");
  EXPECT_EQ(judged_header(R"({"alg":"EdDSA","kid":"e","\u006bid":"e"})"), "doubled_member");
  EXPECT_EQ(judged_header(R"({"alg":"EdDSA","kid":"e","x":[{"a":1,"a":1}]})"), "doubled_member");
  const auto with = [](const char* more) { return judged_claims({.more = more}); };
  EXPECT_EQ(with(R"(,"sub":"00000000-0000-4000-8000-000000000001")"), "doubled_member");
  EXPECT_EQ(with(R"(,"\u0073ub":"00000000-0000-4000-8000-000000000001")"), "doubled_member");
  EXPECT_EQ(with(R"(,"exp":9999999999)"), "doubled_member");
  EXPECT_EQ(with(R"(,"x":{"y":{"z":1,"z":2}})"), "doubled_member");
  EXPECT_EQ(with(R"(,"x":{"sub":"elsewhere"})"), kUser);
}

// R-W8
TEST(Claims, of_time_are_checked_with_a_minute_of_leeway) {
  const auto at = [](std::int64_t seconds) { return std::to_string(kSecond + seconds); };
  EXPECT_EQ(judged_claims({.exp = at(-59)}), kUser);
  EXPECT_EQ(judged_claims({.exp = at(-60)}), "expired");
  EXPECT_EQ(judged_claims({.exp = "0"}), "expired");
  EXPECT_EQ(judged_claims({.exp = ""}), "expired") << "a proof without an end";
  EXPECT_EQ(judged_claims({.exp = at(10) + ".5"}), kUser);
  EXPECT_EQ(judged_claims({.more = R"(,"nbf":)" + at(60)}), kUser);
  EXPECT_EQ(judged_claims({.more = R"(,"nbf":)" + at(61)}), "not_yet_valid");
  EXPECT_EQ(judged_claims({.iat = at(60)}), kUser);
  EXPECT_EQ(judged_claims({.iat = at(61)}), "not_yet_valid");
  EXPECT_EQ(judged_claims({.iat = ""}), kUser);
  for (const std::string& wrong :
       {"\"" + at(300) + "\"", std::string("null"), std::string("true"), std::string("-1"),
        std::string("1e300"), std::string("18446744073709551615"), std::string("[]")}) {
    EXPECT_EQ(judged_claims({.exp = wrong}), "malformed_claim") << wrong;
    EXPECT_EQ(judged_claims({.iat = wrong}), "malformed_claim") << wrong;
    EXPECT_EQ(judged_claims({.more = R"(,"nbf":)" + wrong}), "malformed_claim") << wrong;
  }
}

// R-W8
TEST(Claims, name_the_issuer_and_the_audience) {
  for (const char* issuer :
       {"", "null", "7", R"("https://id.example/")", R"("https://other")", R"(["https://id.example"])"})
    EXPECT_EQ(judged_claims({.iss = issuer}), "wrong_issuer") << issuer;
  for (const char* audience : {"", "null", "7", R"("ticket")", R"("Tickets")", "[]", R"(["a","b"])",
                               R"([["tickets"]])", R"({"tickets":1})"})
    EXPECT_EQ(judged_claims({.aud = audience}), "wrong_audience") << audience;
  EXPECT_EQ(judged_claims({.aud = R"(["shop","tickets"])"}), kUser);
}

// R-W8
TEST(Claims, name_the_user_as_a_uuid) {
  for (const char* user :
       {"", "7", "null", R"("")", R"("auth0|1234")", R"("8d7cfb2e2b8e4dc5b0b30b5d8f4f4a11")",
        R"(["8d7cfb2e-2b8e-4dc5-b0b3-0b5d8f4f4a11"])", R"("8d7cfb2e-2b8e-4dc5-b0b3-0b5d8f4f4a11 ")"})
    EXPECT_EQ(judged_claims({.sub = user}), "malformed_claim") << user;
  JwtOptions options = kOptions;
  options.user_claim = "stagedoor_user";
  EXPECT_EQ(judged_claims({}, options), "malformed_claim");
  EXPECT_EQ(judged_claims({.more = R"(,"stagedoor_user":"00000000-0000-4000-8000-000000000001")"}, options),
            "00000000-0000-4000-8000-000000000001");
}

// R-W8: computed by Python: uuid.uuid5(uuid.uuid5(uuid.NAMESPACE_URL, issuer), claim).
TEST(Claims, name_the_user_as_any_text_that_is_hashed_with_the_issuer) {
  JwtOptions options = kOptions;
  options.user_form = UserForm::hash;
  EXPECT_EQ(judged_claims({.sub = R"("auth0|1234")"}, options), "5c933ccc-8e92-52bf-b99d-7b6ac3449f68");
  EXPECT_EQ(to_string(user_of_claim("https://other.example", "auth0|1234")),
            "6ee6bc99-6aa4-5e1d-87d5-a7232d374813");
  EXPECT_EQ(judged_claims({.sub = R"("")"}, options), "malformed_claim");
  EXPECT_EQ(judged_claims({.sub = "\"" + std::string(255, 'x') + "\""}, options).size(), 36u);
  EXPECT_EQ(judged_claims({.sub = "\"" + std::string(256, 'x') + "\""}, options), "malformed_claim");
}

// R-W8
TEST(Forms, other_than_the_compact_one_are_refused) {
  const std::string right = provider().ed25519.sign(std::string(Claims()));
  const auto parts = parts_of(right);
  for (const std::string& wrong :
       {std::string(), std::string("."), std::string(".."), std::string("..."), parts[0],
        parts[0] + "." + parts[1], right + ".", "." + right, right + "=", right + " ", " " + right,
        right + "\n", right + "AAAA", right + ".AAAA", parts[0] + "=." + parts[1] + "." + parts[2],
        parts[0] + ".." + parts[2], std::string(R"({"payload":"e30","signature":"AAAA"})")})
    EXPECT_THAT(judged(wrong), testing::AnyOf("malformed", "wrong_signature")) << wrong;
  EXPECT_EQ(judged(right + ".a.b"), "encrypted");
  EXPECT_EQ(judged("a.b.c.d.e"), "encrypted");
  for (const char* payload : {"", "null", "[]", "7", "{", R"({"a":1}x)", "{\"a\":\"\xff\"}"})
    EXPECT_EQ(judged(provider().ed25519.sign(payload)), "malformed") << payload;
  EXPECT_EQ(judged_header("[]"), "malformed");
  EXPECT_EQ(judged_header(R"({"alg":"EdDSA",})"), "malformed");
}

// R-W8: the last character of these signatures has bits that encode nothing.
TEST(Forms, of_base64_other_than_the_canonical_are_refused) {
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (const Issuer* issuer : provider().all()) {
    const std::string right = issuer->sign(std::string(Claims()));
    for (const char last : alphabet + "+/=") {
      std::string changed = right;
      changed.back() = last;
      EXPECT_EQ(judged(changed) == kUser, changed == right) << last;
    }
  }
}

// R-W8
TEST(Forms, over_8_KiB_are_refused) {
  const auto padded = [](std::size_t size) {
    return provider().ed25519.sign(std::string(Claims{.more = R"(,"x":")" + std::string(size, 'x') + "\""}));
  };
  std::size_t size = 5700;
  while (padded(size + 1).size() <= kProofMax) ++size;
  EXPECT_LE(padded(size).size(), kProofMax);
  EXPECT_EQ(judged(padded(size)), kUser);
  EXPECT_EQ(judged(padded(size + 1)), "too_long");
  EXPECT_EQ(judged(std::string(1'000'000, '.')), "too_long");
}

TEST(Reasons, have_names) { EXPECT_EQ(to_string(Why::wrong_audience), "wrong_audience"); }

// Not a test of speed: prints what STAGEDOOR_TEST_LONG=1 asks for.
TEST(Proofs, cost) {
  if (!test::is_long()) return;
  for (const Issuer* issuer : provider().all()) {
    const std::string jws = issuer->sign(std::string(Claims()));
    const auto begin = std::chrono::steady_clock::now();
    int count = 0;
    for (; std::chrono::steady_clock::now() - begin < std::chrono::seconds(1); ++count)
      ASSERT_TRUE(verify(jws, provider().keys, kOptions, kNow));
    fmt::print("{}: {} proofs a second\n", issuer->algorithm(), count);
  }
}

}  // namespace
}  // namespace stagedoor::jwt
