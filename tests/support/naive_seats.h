// The best seats of R-S13 by loops over all seats, without the product's code for it: the reference of the
// tests.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include "state/catalogue.h"

namespace stagedoor::test {

struct NaiveSeats {
  std::optional<std::size_t> first;  // index of the first of the best seats
  std::size_t largest = 0;           // the most free seats side by side
};

// Without sections, rows are as wide as the smallest multiple of ten whose square is twice the seats or more.
inline std::vector<Seat> naive_rows(std::vector<Seat> seats) {
  if (seats.empty() || seats.front().row > 0) return seats;
  std::size_t width = 10;
  while (width * width < 2 * seats.size()) width += 10;
  for (std::size_t i = 0; i < seats.size(); ++i) {
    seats[i].row = std::uint16_t(i / width + 1);
    seats[i].number_in_row = std::int32_t(i % width + 1);
  }
  return seats;
}

// `allowed`: the free seats that may be among them.
inline NaiveSeats naive_best(const EventDate& date, const std::vector<bool>& free,
                             const std::vector<bool>& allowed, std::optional<std::uint16_t> category,
                             std::size_t count) {
  const std::vector<Seat> seats = naive_rows(date.seats);
  const auto same_row = [&](std::size_t a, std::size_t b) {
    return seats[a].section == seats[b].section && seats[a].row == seats[b].row;
  };
  const auto is_free_beside = [&](std::size_t seat, std::size_t other) {  // wraps below 0
    return other < seats.size() && same_row(seat, other) && free[other];
  };
  const auto is_wanted = [&](std::size_t seat) {
    return free[seat] && allowed[seat] && (!category || seats[seat].category == *category);
  };
  const auto longest_from = [&](std::size_t first) {
    std::size_t length = 0;
    while (first + length < seats.size() && same_row(first, first + length) && is_wanted(first + length))
      ++length;
    return length;
  };
  NaiveSeats best;
  std::tuple<bool, std::uint16_t, std::int64_t> best_key;
  for (std::size_t first = 0; first < seats.size(); ++first) {
    const std::size_t length = longest_from(first);
    best.largest = std::max(best.largest, length);
    if (length < count) continue;
    const std::size_t last = first + count - 1;
    const bool leaves_left = is_free_beside(first, first - 1) && !is_free_beside(first - 1, first - 2);
    const bool leaves_right = is_free_beside(last, last + 1) && !is_free_beside(last + 1, last + 2);
    std::size_t front = 0;  // the first seat of the section
    while (seats[front].section != seats[first].section) ++front;
    std::int64_t front_seats = 0;
    for (const Seat& seat : seats)
      front_seats += seat.section == seats[front].section && seat.row == seats[front].row;
    const std::int64_t side = seats[first].number_in_row + seats[last].number_in_row - (front_seats + 1);
    const std::int64_t depth = 2 * (seats[first].row - seats[front].row);
    const std::tuple key(leaves_left || leaves_right, seats[first].section, side * side + depth * depth);
    if (best.first && best_key <= key) continue;
    best.first = first;
    best_key = key;
  }
  return best;
}

}  // namespace stagedoor::test
