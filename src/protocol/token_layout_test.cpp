#include "protocol/token_layout.h"

#include <gtest/gtest.h>

#include "core/base64url.h"

namespace stagedoor::protocol {
namespace {

// R-Q6: written out byte by byte, since tokens outlive a release.
TEST(TokenLayout, has_its_fields_at_fixed_places) {
  TokenBytes bytes{};
  bytes[0] = 1;
  bytes[1] = 0xa1;  // key id
  bytes[4] = 0xb2;
  bytes[12] = 7;     // event
  bytes[15] = 0x01;  // place 258
  bytes[16] = 0x02;
  TokenClaims claims{{EventId{7}, 258, {}}, from_ms(1000)};
  for (std::size_t i = 0; i < 16; ++i) bytes[17 + i] = claims.user.bytes[i] = static_cast<std::uint8_t>(i);
  bytes[39] = 0x03;  // issued at 1000
  bytes[40] = 0xe8;
  EXPECT_EQ(encode_token(0xa10000b2, claims), bytes);
  EXPECT_EQ(claims_of(bytes), claims);
  EXPECT_EQ(key_id_of(bytes), 0xa10000b2);
  EXPECT_EQ(bytes.size(), 57u);
}

// R-Q13: those who check a draw have no key.
TEST(TokenLayout, can_be_read_without_a_key) {
  const TokenClaims claims{{EventId{7}, 258, UserId{{1, 2}}}, from_ms(1000)};
  TokenBytes bytes = encode_token(5, claims);
  bytes.back() = 0xff;  // some MAC
  const std::string token = base64url_encode(bytes);
  EXPECT_EQ(unverified_claims(token), claims);
  EXPECT_EQ(unverified_claims(token.substr(1)), std::nullopt);
  EXPECT_EQ(unverified_claims(""), std::nullopt);
  EXPECT_EQ(unverified_claims('B' + token.substr(1)), std::nullopt) << "of another version";
}

}  // namespace
}  // namespace stagedoor::protocol
