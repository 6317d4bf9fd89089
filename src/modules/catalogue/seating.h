// The seats that a layout makes, and whether a date has them. Pure.
#pragma once

#include <string>
#include <vector>

#include "state/catalogue.h"

namespace stagedoor::catalogue {

// The expanded layout: the seats and categories of a date.
struct Seating {
  std::vector<std::string> sections;
  std::vector<std::string> categories;
  std::vector<Seat> seats;
};

Seating seating_of(const Layout& layout);
bool has_seating(const EventDate& date, const Seating& seating);
// Seat for seat the same sections, rows, numbers and categories; prices may differ.
bool has_same_seats(const EventDate& a, const EventDate& b);

std::vector<std::string> names_of(const std::vector<Category>& categories);

}  // namespace stagedoor::catalogue
