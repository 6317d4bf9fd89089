#include "modules/ticket/keys.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <openssl/evp.h>

#include <boost/json/parse.hpp>

#include "core/base64url.h"

namespace stagedoor::ticket {
namespace {

using protocol::TicketBytes;
using protocol::TicketClaims;

const std::string kSecret = "0123456789abcdef0123456789abcdef", kOther = "another-secret-of-32-characters!";
const UserId kFan{{1, 2, 3}}, kFriend{{4, 5, 6}};
const TicketClaims kClaims{
    .serial = {0x0123456789abcdef}, .reservation = {17}, .event = {1}, .date = {11}, .seat = {1007}};

TicketBytes bytes_of(const std::string& text) { return protocol::ticket_bytes(text).value(); }

// R-P7
TEST(TicketKeys, verify_what_they_signed) {
  const TicketKeys keys({kSecret});
  const std::string text = keys.sign(kClaims, kFan);
  EXPECT_EQ(text.size(), 151U);
  const auto read = keys.verify(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->serial, kClaims.serial);
  EXPECT_EQ(read->reservation, kClaims.reservation);
  EXPECT_EQ(read->event, kClaims.event);
  EXPECT_EQ(read->date, kClaims.date);
  EXPECT_EQ(read->seat, kClaims.seat);
  EXPECT_EQ(keys.sign(kClaims, kFan), text) << "asked again, it is the same ticket";
}

// R-P7: every single bit.
TEST(TicketKeys, refuse_a_ticket_of_which_one_bit_is_another) {
  const TicketKeys keys({kSecret});
  const TicketBytes ticket = bytes_of(keys.sign(kClaims, kFan));
  for (std::size_t bit = 0; bit < ticket.size() * 8; ++bit) {
    TicketBytes changed = ticket;
    changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ 1 << bit % 8);
    EXPECT_FALSE(keys.verify(base64url_encode(changed))) << "bit " << bit;
  }
}

// R-P7: also of another ticket that the same keys have signed.
TEST(TicketKeys, refuse_a_ticket_with_a_field_of_another_ticket) {
  const TicketKeys keys({kSecret}), others({kOther});
  const TicketClaims other{.serial = {1}, .reservation = {18}, .event = {2}, .date = {12}, .seat = {1008}};
  const TicketBytes ticket = bytes_of(keys.sign(kClaims, kFan)), from = bytes_of(keys.sign(other, kFriend)),
                    of_others = bytes_of(others.sign(kClaims, kFan));
  // Where fields begin: key id, serial, reservation, event, date, seat, holder, signature.
  const std::vector<std::size_t> fields = {1, 5, 13, 20, 27, 34, 41, 49, ticket.size()};
  for (std::size_t i = 0; i + 1 < fields.size(); ++i) {
    const TicketBytes& source = i == 0 ? of_others : from;
    TicketBytes changed = ticket;
    std::copy(source.begin() + std::ptrdiff_t(fields[i]), source.begin() + std::ptrdiff_t(fields[i + 1]),
              changed.begin() + std::ptrdiff_t(fields[i]));
    ASSERT_NE(changed, ticket) << "field " << i;
    EXPECT_FALSE(keys.verify(base64url_encode(changed))) << "field " << i;
  }
}

TEST(TicketKeys, refuse_other_texts) {
  const TicketKeys keys({kSecret});
  const std::string text = keys.sign(kClaims, kFan);
  EXPECT_FALSE(keys.verify(""));
  EXPECT_FALSE(keys.verify("no ticket"));
  EXPECT_FALSE(keys.verify(text + text));
  for (const char last : {'B', 'C', 'D', '=', ' '}) {  // the spare bits of the last character
    std::string changed = text;
    changed.back() = last;
    EXPECT_FALSE(keys.verify(changed)) << last;
  }
}

TEST(TicketKeys, sign_with_the_newest_and_verify_with_all) {
  const std::string old_ticket = TicketKeys({kOther}).sign(kClaims, kFan);
  const TicketKeys both({kSecret, kOther});
  EXPECT_TRUE(both.verify(old_ticket)) << "a retired key is known until it is taken out";
  EXPECT_TRUE(TicketKeys({kSecret}).verify(both.sign(kClaims, kFan)));
  EXPECT_FALSE(TicketKeys({kSecret}).verify(old_ticket));
}

TEST(TicketKeys, tell_holders_apart_and_not_who_they_are) {
  const TicketKeys keys({kSecret});
  const auto holder = [&](const TicketKeys& of, const UserId& user) {
    return of.verify(of.sign(kClaims, user))->holder;
  };
  EXPECT_EQ(holder(keys, kFan), holder(keys, kFan));
  EXPECT_NE(holder(keys, kFan), holder(keys, kFriend));
  EXPECT_NE(holder(keys, kFan), holder(TicketKeys({kOther}), kFan)) << "nobody computes it without the key";
}

// What a gate without network does, by the published keys alone.
TEST(TicketKeys, publish_what_a_gate_needs) {
  const TicketKeys keys({kSecret, kOther});
  const TicketBytes ticket = bytes_of(keys.sign(kClaims, kFan));
  const boost::json::value published = boost::json::parse(keys.jwks());
  const auto& all = published.at("keys").as_array();
  ASSERT_EQ(all.size(), 2U);
  const boost::json::value& key = all.front();
  EXPECT_EQ(key.at("kid").as_string(), keys.signing_kid());
  EXPECT_EQ(key.at("kid").as_string(), fmt::format("{:08x}", protocol::ticket_key_id(ticket)));
  EXPECT_EQ(key.at("kty").as_string(), "OKP");
  EXPECT_EQ(key.at("crv").as_string(), "Ed25519");
  EXPECT_EQ(key.at("alg").as_string(), "EdDSA");
  std::array<std::uint8_t, 32> raw{};
  ASSERT_TRUE(base64url_decode(key.at("x").as_string(), raw));
  EVP_PKEY* pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw.data(), raw.size());
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EXPECT_EQ(EVP_DigestVerifyInit(context, nullptr, nullptr, nullptr, pkey), 1);
  EXPECT_EQ(EVP_DigestVerify(context, &ticket[49], 64, ticket.data(), 49), 1);
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(pkey);
}

}  // namespace
}  // namespace stagedoor::ticket
