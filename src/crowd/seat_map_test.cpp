#include "crowd/seat_map.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace stagedoor::crowd {
namespace {

TEST(SeatMap, lists_the_available_seats_with_their_prices) {
  std::vector<FreeSeat> free{{1, 1}};
  ASSERT_TRUE(read_free_seats(
      R"({"success":true,"data":{"seat":[
        {"id":11,"seatNumber":"A\u002d1","status":"OCCUPIED","eventDateId":1,"seatProperty":{"id":99,"name":"VIP","price":5}},
        {"id":12,"seatNumber":2,"status":"AVAILABLE","eventDateId":1,"seatProperty":{"id":98,"name":"id","price":110000}},
        {"seatProperty":{"price":7,"id":97},"status":"AVAILABLE","id":13}]}})",
      free));
  ASSERT_EQ(free.size(), 2u);
  EXPECT_EQ(free[0].id, 12);
  EXPECT_EQ(free[0].price, 110000);
  EXPECT_EQ(free[1].id, 13);
  EXPECT_EQ(free[1].price, 7);
}

TEST(SeatMap, an_empty_map_is_a_map) {
  std::vector<FreeSeat> free;
  EXPECT_TRUE(read_free_seats("{\"data\":{\"seat\":[]}}\n", free));
  EXPECT_TRUE(free.empty());
}

TEST(SeatMap, other_texts_are_no_map) {
  std::vector<FreeSeat> free;
  for (const char* wrong :
       {"", "[]", "{}", R"({"data":{"seat":[)", R"({"data":{"seat":[]}} x)", R"({"seat":[]})"}) {
    EXPECT_FALSE(read_free_seats(wrong, free)) << wrong;
  }
}

TEST(SeatMap, reads_every_seat_of_a_large_map) {
  std::string json = R"({"data":{"seat":[)";
  for (int i = 1; i <= 15'000; ++i) {
    json += fmt::format(R"({}{{"id":{},"status":"{}","seatProperty":{{"id":1,"name":"R","price":{}}}}})",
                        i == 1 ? "" : ",", i, i % 3 == 0 ? "OCCUPIED" : "AVAILABLE", i * 10);
  }
  std::vector<FreeSeat> free;
  ASSERT_TRUE(read_free_seats(json + "]}}", free));
  ASSERT_EQ(free.size(), 10'000u);
  for (const FreeSeat& seat : free) EXPECT_EQ(seat.price, seat.id * 10);
}

}  // namespace
}  // namespace stagedoor::crowd
