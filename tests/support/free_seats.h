// What a client of a bits stream believes of each seat (R-C9).
#pragma once

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base64url.h"
#include "support/sse.h"

namespace stagedoor::test {

// The seats that are free by the data of a `bits` event or of an availability call.
inline std::vector<bool> free_seats_of(const boost::json::value& availability) {
  const auto seats = availability.at("totalSeats").to_number<std::size_t>();
  std::vector<std::uint8_t> bytes((seats + 7) / 8);
  EXPECT_TRUE(base64url_decode(availability.at("bits").as_string().c_str(), bytes));
  std::vector<bool> free(seats);
  for (std::size_t i = 0; i < seats; ++i) free[i] = bytes[i / 8] >> (i % 8) & 1;
  return free;
}

// The seats, by the events heard so far.
class FreeSeats {
 public:
  void hear(const SseEvent& event) {
    const boost::json::value data = boost::json::parse(event.data);
    if (event.event == "bits") {
      free_ = free_seats_of(data);
      ++begun_;
    } else {
      EXPECT_EQ(event.event, "changes");
      for (const auto& pair : data.as_array())
        free_.at(pair.at(0).to_number<std::size_t>()) = pair.at(1).as_int64() == 1;
    }
    last_id_ = event.id;
  }
  const std::vector<bool>& free() const { return free_; }
  const std::string& last_id() const { return last_id_; }
  int begun() const { return begun_; }  // `bits` events

 private:
  std::vector<bool> free_;
  std::string last_id_;
  int begun_ = 0;
};

}  // namespace stagedoor::test
