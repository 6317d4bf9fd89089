// R-C9: the free seats of a date as bits.
#include "modules/catalogue/availability.h"

#include <gtest/gtest.h>

#include <random>

#include "core/base64url.h"
#include "json/write.h"

namespace stagedoor::catalogue {
namespace {

EventDate date_of(std::size_t seats) {
  EventDate date;
  date.id = DateId{7};
  date.seats.resize(seats);
  return date;
}

TEST(Availability, reads_as_R_C9_says) {
  SeatBits occupied(11);
  occupied.set(0, true);
  occupied.set(9, true);
  // 1111'1110, 101: the byte of seats 0 to 7 is 0xFE, that of 8 to 10 is 0x05.
  EXPECT_EQ(render_availability(date_of(11), occupied).body,
            R"({"success":true,"data":{"eventDateId":7,"seatCount":9,"totalSeats":11,"bits":"_gU"}})");
}

TEST(Availability, has_one_bit_a_seat_and_no_other) {
  std::mt19937 random(1);
  for (const std::size_t seats : {0, 1, 7, 8, 9, 63, 64, 65, 127, 128, 129, 1000}) {
    SeatBits occupied(seats);
    for (std::size_t i = 0; i < seats; ++i) occupied.set(i, random() % 3 == 0);
    const AvailabilityDto dto = availability_dto(date_of(seats), occupied);
    std::vector<std::uint8_t> bytes((seats + 7) / 8);
    ASSERT_TRUE(base64url_decode(dto.bits, bytes)) << seats;
    std::int64_t left = 0;
    for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
      const bool is_free = bytes[i / 8] >> (i % 8) & 1;
      EXPECT_EQ(is_free, i < seats && !occupied.test(i)) << seats << " " << i;
      left += is_free;
    }
    EXPECT_EQ(dto.seatCount, left);
  }
}

TEST(Availability, of_15_000_seats_has_at_most_4_kb_in_one_form_R_C9) {
  SeatBits occupied(15'000);
  for (std::size_t i = 0; i < 15'000; i += 2) occupied.set(i, true);
  const RenderedPage page(render_availability(date_of(15'000), occupied));
  EXPECT_LE(page.plain().size, 4U * 1024);
  EXPECT_EQ(&page.gzip(), &page.plain()) << "compressed on an I/O thread, for nothing";
}

TEST(Availability, has_the_tag_of_its_bytes_which_is_the_same_on_every_instance) {
  const auto tag = [](const std::vector<std::size_t>& taken_and_freed) {
    SeatBits occupied(100);
    for (const std::size_t seat : taken_and_freed) occupied.set(seat, !occupied.test(seat));
    return RenderedPage(render_availability(date_of(100), occupied)).plain().tag;
  };
  EXPECT_EQ(tag({1, 2, 3}), tag({3, 7, 2, 1, 7}));
  EXPECT_NE(tag({1, 2, 3}), tag({1, 2}));
}

}  // namespace
}  // namespace stagedoor::catalogue
