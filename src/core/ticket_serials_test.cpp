#include "core/ticket_serials.h"

#include <gtest/gtest.h>

#include <bit>
#include <set>

namespace stagedoor {
namespace {

// R-P7
TEST(TicketSerials, name_their_ticket_and_are_never_given_twice) {
  const TicketSerials serials("a secret");
  std::set<TicketSerial> all;
  for (const std::int64_t id : {std::int64_t{1}, std::int64_t{2}, std::int64_t{1'000'000}, kIdMax}) {
    for (const std::int32_t version : {2, 3, 4, 2047}) {
      const TicketSerial serial = serials.of({ReservationId{id}, version});
      EXPECT_EQ(serials.ticket_of(serial), TicketRef(ReservationId{id}, version));
      EXPECT_TRUE(all.insert(serial).second);
    }
  }
}

TEST(TicketSerials, depend_on_the_secret_alone) {
  const TicketRef ticket{ReservationId{17}, 2};
  EXPECT_EQ(TicketSerials("a secret").of(ticket), TicketSerials("a secret").of(ticket));
  EXPECT_NE(TicketSerials("a secret").of(ticket), TicketSerials("another").of(ticket));
}

// Neighbouring tickets have serials as different as random numbers: half of the bits, within 5 sigma.
TEST(TicketSerials, do_not_tell_how_many_tickets_there_are) {
  const TicketSerials serials("a secret");
  constexpr std::int64_t kTickets = 2000;
  int changed = 0;
  for (std::int64_t id = 1; id <= kTickets; ++id)
    changed += std::popcount(serials.of({ReservationId{id}, 2}).value ^
                             serials.of({ReservationId{id + 1}, 2}).value);
  EXPECT_NEAR(double(changed) / kTickets, 32.0, 0.45);
}

TEST(TicketSerials, are_written_as_sixteen_digits) {
  EXPECT_EQ(to_text({0x1a}), "000000000000001a");
  EXPECT_EQ(parse_serial("000000000000001a"), TicketSerial{0x1a});
  for (const char* text : {"", "1a", "000000000000001A", "000000000000001g", "0x0000000000001a",
                           "-00000000000001a", "000000000000001a0"})
    EXPECT_EQ(parse_serial(text), std::nullopt) << text;
}

}  // namespace
}  // namespace stagedoor
