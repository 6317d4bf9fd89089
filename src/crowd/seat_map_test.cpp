#include "crowd/seat_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

namespace stagedoor::crowd {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::int64_t> free_seats(std::string_view bits, const SeatLayout& layout) {
  std::vector<std::int64_t> free{7};
  read_free_seats(R"({"success":true,"data":{"bits":")" + std::string(bits) + "\"}}", layout, free);
  return free;
}

// R-C9
TEST(SeatMap, reads_the_first_seat_and_the_number_of_seats) {
  const SeatLayout layout =
      read_layout(R"({"data":{"version":1,"firstSeatId":101,"totalSeats":12,"sections":[]}})");
  EXPECT_EQ(layout.first_seat, 101);
  EXPECT_EQ(layout.seats, 12u);
  EXPECT_ANY_THROW(read_layout(R"({"success":true,"data":{"version":1}})"));
}

// R-C9: the lowest bit of the first byte is the first seat.
TEST(SeatMap, lists_the_free_seats) {
  EXPECT_THAT(free_seats("hQg", {.first_seat = 100, .seats = 12}), ElementsAre(100, 102, 107, 111));
  EXPECT_THAT(free_seats("AAA", {.first_seat = 100, .seats = 12}), IsEmpty());
}

TEST(SeatMap, other_texts_are_no_map) {
  for (const char* wrong : {"hQ", "hQgA", "h!g"})
    EXPECT_ANY_THROW(free_seats(wrong, {.first_seat = 1, .seats = 12})) << wrong;
  std::vector<std::int64_t> free;
  for (const char* wrong : {"", "{}", R"({"data":{}})", R"({"data":{"bits":1}})"})
    EXPECT_ANY_THROW(read_free_seats(wrong, {.first_seat = 1, .seats = 12}, free)) << wrong;
}

TEST(SeatMap, an_answer_may_be_compressed) {
  const std::string text(100'000, 'x');
  std::string packed(1000, '\0');
  z_stream stream{};
  ASSERT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  ASSERT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  EXPECT_EQ(plain_body({.status = 200, .headers = "Content-Encoding: gzip\r\n", .body = packed}), text);
  EXPECT_EQ(plain_body({.status = 200, .body = text}), text);
  packed.resize(packed.size() / 2);
  EXPECT_ANY_THROW(plain_body({.status = 200, .headers = "Content-Encoding: gzip\r\n", .body = packed}));
}

}  // namespace
}  // namespace stagedoor::crowd
