// Where the seats of a layout are drawn, by the formulas of docs/seat-map.md.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <numbers>
#include <utility>
#include <vector>

#include "modules/catalogue/layout.h"

namespace stagedoor::test {

inline Point drawn_seat(const catalogue::LayoutSectionDto& section, std::int32_t row, std::int32_t number) {
  const double along = number - (section.seatsPerRow + 1) / 2.0, depth = row - 1;
  Point at{along, depth};
  if (section.curve > 0) {
    const double radius = section.curve + depth, turn = along / section.curve;
    at = {radius * std::sin(turn), radius * std::cos(turn) - section.curve};
  }
  const double angle = section.angle * std::numbers::pi / 180;
  return {section.at.at(0) + at.x * std::cos(angle) - at.y * std::sin(angle),
          section.at.at(1) + at.x * std::sin(angle) + at.y * std::cos(angle)};
}

// In the order of the seats' ids.
inline std::vector<Point> drawn_seats(const catalogue::LayoutDto& layout) {
  std::vector<Point> all;
  for (const auto& section : layout.sections) {
    for (std::int32_t i = 0; i < section.seats; ++i)
      all.push_back(drawn_seat(section, i / section.seatsPerRow + 1, i % section.seatsPerRow + 1));
  }
  return all;
}

// The distance of the two seats that are nearest to each other; 2 if they are farther apart.
inline double least_distance(const std::vector<Point>& seats) {
  constexpr double kCell = 2;
  std::map<std::pair<int, int>, std::vector<Point>> cells;
  double least = kCell;
  for (const Point& seat : seats) {
    const int column = int(std::floor(seat.x / kCell)), row = int(std::floor(seat.y / kCell));
    for (int dx = -1; dx <= 1; ++dx) {
      for (int dy = -1; dy <= 1; ++dy) {
        const auto near = cells.find({column + dx, row + dy});
        if (near == cells.end()) continue;
        for (const Point& other : near->second)
          least = std::min(least, std::hypot(seat.x - other.x, seat.y - other.y));
      }
    }
    cells[{column, row}].push_back(seat);
  }
  return least;
}

}  // namespace stagedoor::test
