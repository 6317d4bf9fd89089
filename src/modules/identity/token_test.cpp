#include "modules/identity/token.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <set>

#include "support/stage.h"

namespace stagedoor::identity {
namespace {

using namespace test;

const std::string kOldSecret(32, 'o'), kNewSecret(32, 'n'), kForeignSecret(32, 'f');
const protocol::TokenClaims kClaims{{kClubNight, 4711, user_id(99)}, kNow};
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// R-Q6
TEST(Token, brings_its_claims_back) {
  const TokenKeys keys({kNewSecret});
  const std::string token = keys.sign(kClaims);
  EXPECT_EQ(token.size(), 76u);
  EXPECT_EQ(keys.verify(token), kClaims);
  const protocol::TokenClaims extreme{
      {{std::numeric_limits<std::int64_t>::max()},
       std::numeric_limits<Place>::max(),
       UserId{{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}}},
      from_ms(std::numeric_limits<std::int64_t>::max())};
  EXPECT_EQ(keys.verify(keys.sign(extreme)), extreme);
}

// R-Q6: any one of its characters replaced by any other one: nothing else is a token, so none is malleable.
TEST(Token, changed_in_any_character_is_refused) {
  const TokenKeys keys({kNewSecret});
  const std::string token = keys.sign(kClaims);
  for (std::size_t i = 0; i < token.size(); ++i) {
    for (int c = 0; c < 256; ++c) {
      std::string changed = token;
      changed[i] = static_cast<char>(c);
      ASSERT_EQ(keys.verify(changed).has_value(), changed == token) << i << ' ' << c;
    }
  }
}

// R-Q6: every bit of the binary form.
TEST(Token, changed_in_any_bit_is_refused) {
  const TokenKeys keys({kNewSecret});
  const std::string token = keys.sign(kClaims);
  for (std::size_t bit = 0; bit < token.size() * 6; ++bit) {
    std::string changed = token;
    char& digit = changed[bit / 6];
    digit = kAlphabet[kAlphabet.find(digit) ^ (std::size_t{1} << (bit % 6))];
    ASSERT_EQ(keys.verify(changed), std::nullopt) << bit;
  }
}

// R-Q6
TEST(Token, truncated_lengthened_or_made_up_is_refused) {
  const TokenKeys keys({kNewSecret});
  const std::string token = keys.sign(kClaims);
  for (std::size_t size = 0; size < token.size(); ++size) {
    ASSERT_EQ(keys.verify(std::string_view(token).substr(0, size)), std::nullopt);
    ASSERT_EQ(keys.verify(std::string_view(token).substr(token.size() - size)), std::nullopt);
  }
  for (const std::string& more :
       {token + "A", token + "=", token + "==", "A" + token, token + token, " " + token, token + " ",
        token + '\0', std::string(76, 'A'), std::string(1'000'000, 'A')}) {
    ASSERT_EQ(keys.verify(more), std::nullopt);
  }
}

// R-Q6: a million altered, cut, foreign and made-up tokens.
TEST(Token, none_of_a_million_forgeries_is_accepted) {
  const TokenKeys keys({kNewSecret, kOldSecret}), foreign({kForeignSecret});
  std::mt19937_64 random(4);
  int accepted = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    const protocol::TokenClaims claims{
        {{std::int64_t(random() % 9) + 1}, Place(random()), user_id(std::uint32_t(i))}, kNow};
    std::string forgery = i % 4 == 0 ? foreign.sign(claims) : keys.sign(claims);
    if (i % 4 == 1) {  // changed in one to three places
      const std::string whole = forgery;
      for (std::uint64_t n = random() % 3 + 1; n > 0; --n)
        forgery[random() % forgery.size()] = kAlphabet[random() % kAlphabet.size()];
      if (forgery == whole) continue;
    } else if (i % 4 == 2) {
      forgery.resize(random() % forgery.size());
    } else if (i % 4 == 3) {  // the head of one, the MAC of another
      const std::string other = keys.sign({claims.event, claims.place + 1, claims.user, claims.issued_at});
      forgery = forgery.substr(0, 52) + other.substr(52);
    }
    accepted += keys.verify(forgery).has_value();
  }
  EXPECT_EQ(accepted, 0);
}

// R-Q6: base64 of 57 bytes has no spare bits, but its other alphabet must not make a second text of a token.
TEST(Token, in_the_other_base64_alphabet_is_refused) {
  const TokenKeys keys({kNewSecret});
  int seen = 0;
  for (Place place = 1; place < 200; ++place) {
    std::string token = keys.sign({kClubNight, place, user_id(place), kNow});
    for (char& c : token) c = c == '-' ? '+' : c == '_' ? '/' : c;
    if (token.find_first_of("+/") == std::string::npos) continue;
    ++seen;
    EXPECT_EQ(keys.verify(token), std::nullopt);
  }
  EXPECT_GT(seen, 0);
}

// R-Q6
TEST(Token, of_a_foreign_key_is_refused) {
  EXPECT_EQ(TokenKeys({kNewSecret}).verify(TokenKeys({kForeignSecret}).sign(kClaims)), std::nullopt);
}

// R-Q6: a key id that is known with a MAC of another key.
TEST(Token, with_a_known_key_id_and_a_foreign_mac_is_refused) {
  const std::string ours = TokenKeys({kNewSecret}).sign(kClaims);
  const std::string theirs = TokenKeys({kForeignSecret}).sign(kClaims);
  // 41 bytes stand before the MAC: 54 whole characters, and the 55th shared.
  for (const std::size_t cut : {54u, 55u})
    EXPECT_EQ(TokenKeys({kNewSecret}).verify(ours.substr(0, cut) + theirs.substr(cut)), std::nullopt);
}

// R-Q6
TEST(Token, of_a_retired_key_still_proves_who) {
  const std::string old = TokenKeys({kOldSecret}).sign(kClaims);
  const TokenKeys rotated({kNewSecret, kOldSecret});
  EXPECT_EQ(rotated.verify(old), kClaims);
  const std::string renewed = rotated.sign(kClaims);
  EXPECT_NE(renewed, old);
  EXPECT_EQ(TokenKeys({kNewSecret}).verify(renewed), kClaims);
  EXPECT_EQ(TokenKeys({kNewSecret}).verify(old), std::nullopt);
}

// R-Q6: one place, one text; different places, different texts.
TEST(Token, is_the_same_for_the_same_place_and_no_other) {
  const TokenKeys keys({kNewSecret});
  std::set<std::string> all;
  for (const EventId event : {kClubNight, kOtherNight}) {
    for (Place place = 1; place <= 20; ++place) {
      for (std::uint32_t n = 1; n <= 5; ++n) all.insert(keys.sign({event, place, user_id(n), kNow}));
    }
  }
  EXPECT_EQ(all.size(), 200u);
  EXPECT_EQ(keys.sign(kClaims), keys.sign(kClaims));
}

}  // namespace
}  // namespace stagedoor::identity
