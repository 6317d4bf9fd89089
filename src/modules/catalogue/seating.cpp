#include "modules/catalogue/seating.h"

#include <algorithm>

#include "modules/catalogue/document.h"

namespace stagedoor::catalogue {
namespace {

bool same_seats(const std::vector<Seat>& a, const std::vector<Seat>& b) {
  return std::ranges::equal(a, b, [](const Seat& one, const Seat& other) {
    return one.number == other.number && one.number_in_row == other.number_in_row &&
           one.section == other.section && one.row == other.row && one.category == other.category;
  });
}

}  // namespace

Seating seating_of(const Layout& layout) {
  Seating seating{.sections = {}, .categories = categories_of(layout), .seats = {}};
  const auto category_of = [&](const std::string& name) {
    const auto at = std::find(seating.categories.begin(), seating.categories.end(), name);
    return static_cast<std::uint16_t>(at - seating.categories.begin());
  };
  const auto add = [&](std::uint16_t section, std::uint16_t row, std::int64_t in_row,
                       std::uint16_t category) {
    seating.seats.push_back({.number = static_cast<std::int32_t>(seating.seats.size() + 1),
                             .number_in_row = static_cast<std::int32_t>(in_row),
                             .section = section,
                             .row = row,
                             .category = category});
  };
  if (layout.sections.empty()) {
    seating.sections.emplace_back();
    const auto category = category_of(layout.category);
    for (std::int64_t i = 1; i <= layout.seats; ++i) add(0, 0, i, category);
    return seating;
  }
  for (const auto& section : layout.sections) {
    const auto index = static_cast<std::uint16_t>(seating.sections.size());
    seating.sections.push_back(section.name);
    const auto category = category_of(section.category);
    for (std::int64_t row = 1; row <= section.rows; ++row) {
      for (std::int64_t i = 1; i <= section.seats_per_row; ++i) {
        add(index, static_cast<std::uint16_t>(row), i, category);
      }
    }
  }
  return seating;
}

std::vector<std::string> names_of(const std::vector<Category>& categories) {
  std::vector<std::string> names;
  for (const auto& category : categories) names.push_back(category.name);
  return names;
}

bool has_seating(const EventDate& date, const Seating& seating) {
  return date.sections == seating.sections && names_of(date.categories) == seating.categories &&
         same_seats(date.seats, seating.seats);
}

bool has_same_seats(const EventDate& a, const EventDate& b) {
  return a.sections == b.sections && names_of(a.categories) == names_of(b.categories) &&
         same_seats(a.seats, b.seats);
}

}  // namespace stagedoor::catalogue
