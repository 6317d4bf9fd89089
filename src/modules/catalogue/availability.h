// The second part of a seat map (R-C9): which seats of a date are free, one bit each, in the order of their
// ids. Small enough to be made by whoever asks, and never compressed, so its bytes and its ETag are the same
// on every instance. Pure. The first part is layout.h.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <string>

#include "modules/catalogue/rendered_page.h"
#include "modules/catalogue/seat_map.h"
#include "state/catalogue.h"

namespace stagedoor::catalogue {

struct AvailabilityDto {
  DateId eventDateId;
  std::int64_t seatCount = 0;  // left
  std::int64_t totalSeats = 0;
  // base64url without padding. The seat with the index i, that is the id firstSeatId + i of the layout, is
  // free if the bit i % 8 of the byte i / 8 is 1; bit 0 is the lowest.
  std::string bits;

  static void refine(boost::json::object& properties) {
    auto& text = properties["bits"].as_object();
    text["pattern"] = "^[A-Za-z0-9_-]*$";
    text["examples"] = boost::json::array{"________Aw"};
  }
};
BOOST_DESCRIBE_STRUCT(AvailabilityDto, (), (eventDateId, seatCount, totalSeats, bits))

AvailabilityDto availability_dto(const EventDate& date, const SeatBits& occupied);
Rendering render_availability(const EventDate& date, const SeatBits& occupied);

}  // namespace stagedoor::catalogue
