// The first part of a seat map (R-C9): where the seats of a date are, which never changes while the layout
// stays as it is. Sections, rows and numbers, and how to draw them; no prices and no states. Pure. The
// formulas are in docs/seat-map.md; the second part is availability.h.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "modules/catalogue/rendered_page.h"
#include "state/catalogue.h"

namespace stagedoor::catalogue {

// The seats of a section have the ids firstSeatId, firstSeatId + 1, …, row by row: seat i (from 0) is in row
// i / seatsPerRow + 1 and has the number i % seatsPerRow + 1 there.
struct LayoutSectionDto {
  std::string name;  // "" in a layout without sections: its rows have no names, its seats are numbered from 1
  std::string category;  // of its seats; the price is in the date
  SeatId firstSeatId;
  std::int32_t rows = 0;
  std::int32_t seatsPerRow = 0;
  std::int32_t seats = 0;  // only the last row of a layout without sections may be shorter
  // As those of LayoutSection, given or laid out by the server.
  std::vector<double> at;  // x, y
  double angle = 0;
  double curve = 0;

  static void refine(boost::json::object& properties) {
    auto& point = properties["at"].as_object();
    point["minItems"] = point["maxItems"] = 2;
    point["examples"] = boost::json::array{boost::json::value{0, 4}};
  }
};
BOOST_DESCRIBE_STRUCT(LayoutSectionDto, (),
                      (name, category, firstSeatId, rows, seatsPerRow, seats, at, angle, curve))

struct LayoutDto {
  std::int64_t version = 0;  // of these bytes: ?v= of the address under which they never change
  DateId eventDateId;
  SeatId firstSeatId;  // the seat with the index 0; seat numbers are index + 1
  std::int32_t totalSeats = 0;
  std::vector<std::string> categories;     // in the order of the date's prices
  std::vector<LayoutSectionDto> sections;  // in the order of their seats
};
BOOST_DESCRIBE_STRUCT(LayoutDto, (), (version, eventDateId, firstSeatId, totalSeats, categories, sections))

// The seats in a row of a layout without sections, in rows that are about twice as wide as they are deep
// together. Only the last row may be shorter.
std::int32_t drawn_width(std::int32_t seats);

// `layout` is what the date was made from, as it is now; nullptr: not known. Its shapes are used if its
// sections are still those of the date; otherwise the server lays the sections out.
LayoutDto layout_dto(const EventDate& date, const Layout* layout);
Rendering render_layout(const EventDate& date, const Layout* layout);
// True if rendering and compressing the layout takes at most a millisecond.
bool has_small_layout(const EventDate& date);

}  // namespace stagedoor::catalogue
