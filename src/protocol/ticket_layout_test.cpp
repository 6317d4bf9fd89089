#include "protocol/ticket_layout.h"

#include <gtest/gtest.h>

#include "core/base64url.h"
#include "core/hex.h"

namespace stagedoor::protocol {
namespace {

const TicketClaims kClaims{.serial = {0x0123456789abcdef},
                           .reservation = {kIdMax},
                           .event = {1},
                           .date = {0x010203},
                           .seat = {7},
                           .holder = {8, 7, 6, 5, 4, 3, 2, 1}};

TEST(TicketLayout, is_the_one_that_gates_read) {
  const TicketBytes bytes = encode_ticket(0xcafe0001, kClaims);
  EXPECT_EQ(to_hex({reinterpret_cast<const char*>(bytes.data()), kTicketSignatureAt}),
            "01"
            "cafe0001"
            "0123456789abcdef"
            "1fffffffffffff"
            "00000000000001"
            "00000000010203"
            "00000000000007"
            "0807060504030201");
  const std::string text = base64url_encode(bytes);
  EXPECT_EQ(text.size(), 151U);
  const auto read = ticket_bytes(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(ticket_key_id(*read), 0xcafe0001);
  EXPECT_EQ(ticket_claims(*read), kClaims);
}

TEST(TicketLayout, refuses_other_texts) {
  const std::string text = base64url_encode(encode_ticket(1, kClaims));
  EXPECT_FALSE(ticket_bytes(""));
  EXPECT_FALSE(ticket_bytes(text.substr(1)));
  EXPECT_FALSE(ticket_bytes(text + "A"));
  EXPECT_FALSE(ticket_bytes(text + "="));
  TicketBytes of_another_form = encode_ticket(1, kClaims);
  of_another_form[0] = 2;
  EXPECT_FALSE(ticket_bytes(base64url_encode(of_another_form)));
}

}  // namespace
}  // namespace stagedoor::protocol
