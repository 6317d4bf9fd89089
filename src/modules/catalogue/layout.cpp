#include "modules/catalogue/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/sha256.h"
#include "json/write.h"

namespace stagedoor::catalogue {
namespace {

constexpr double kAisle = 2;      // between sections that the server lays out
constexpr double kFromStage = 4;  // of the first of them
constexpr double kPerBand = 2.5;  // their width, as a multiple of the side of a square with as many seats
constexpr std::int32_t kWidthStep = 10;

// The sections without their places. O(sections): the seats of a date stand section by section.
std::vector<LayoutSectionDto> sections_of(const EventDate& date) {
  std::vector<LayoutSectionDto> sections;
  auto begin = date.seats.begin();
  for (std::size_t index = 0; index < date.sections.size() && begin != date.seats.end(); ++index) {
    const auto end = std::partition_point(begin, date.seats.end(),
                                          [index](const Seat& seat) { return seat.section <= index; });
    if (begin == end) continue;
    const Seat& last = *(end - 1);
    LayoutSectionDto& section = sections.emplace_back();
    section.name = date.sections[index];
    section.category = date.categories[begin->category].name;
    section.firstSeatId = date.seat_id(static_cast<std::size_t>(begin - date.seats.begin()));
    section.seats = static_cast<std::int32_t>(end - begin);
    section.seatsPerRow = last.row > 0 ? last.number_in_row : drawn_width(section.seats);
    section.rows = (section.seats + section.seatsPerRow - 1) / section.seatsPerRow;
    begin = end;
  }
  return sections;
}

// Uses the shapes of the layout, if it has some and is still the one of these sections: it may have been
// given another form for dates to come.
bool use_shapes(const Layout* layout, std::vector<LayoutSectionDto>& sections) {
  const auto fits = [](const LayoutSection& shape, const LayoutSectionDto& section) {
    return shape.at && shape.name == section.name && shape.rows == section.rows &&
           shape.seats_per_row == section.seatsPerRow;
  };
  if (!layout ||
      !std::equal(layout->sections.begin(), layout->sections.end(), sections.begin(), sections.end(), fits))
    return false;
  for (std::size_t i = 0; i < sections.size(); ++i) {
    const LayoutSection& shape = layout->sections[i];
    sections[i].at = {shape.at->x, shape.at->y};
    sections[i].angle = shape.angle;
    sections[i].curve = shape.curve;
  }
  return true;
}

using SectionIterator = std::vector<LayoutSectionDto>::iterator;

double width_of(SectionIterator begin, SectionIterator end) {
  double width = -kAisle;
  for (; begin != end; ++begin) width += begin->seatsPerRow + kAisle;
  return width;
}

// Side by side, with the front rows at `y`. Returns where they end.
double lay_out_band(SectionIterator begin, SectionIterator end, double y) {
  double left = (1 - width_of(begin, end)) / 2;  // of the first seat
  std::int32_t depth = 0;
  for (; begin != end; ++begin) {
    begin->at = {left + (begin->seatsPerRow - 1) / 2.0, y};
    left += begin->seatsPerRow + kAisle;
    depth = std::max(depth, begin->rows);
  }
  return y + depth;
}

// Sections of one category that follow each other stand side by side, in several bands where they are many;
// the next category stands behind them.
void lay_out(std::vector<LayoutSectionDto>& sections, std::size_t seats) {
  const double width_max = kPerBand * std::sqrt(static_cast<double>(seats));
  double y = kFromStage;
  for (auto begin = sections.begin(); begin != sections.end();) {
    const auto end = std::find_if(begin, sections.end(), [&](const LayoutSectionDto& section) {
      return section.category != begin->category;
    });
    const auto bands = static_cast<std::ptrdiff_t>(std::ceil(width_of(begin, end) / width_max));
    const std::ptrdiff_t in_band = (end - begin + bands - 1) / bands;
    while (begin != end) {
      const auto next = begin + std::min(in_band, end - begin);
      y = lay_out_band(begin, next, y) + kAisle;
      begin = next;
    }
  }
}

// A number that JavaScript can hold, from the bytes.
std::int64_t version_of(const std::string& bytes) {
  constexpr int kBits = 53;
  const Sha256 digest = sha256(bytes);
  std::uint64_t number = 0;
  for (int i = 0; i < 8; ++i) number = number << 8 | digest[static_cast<std::size_t>(i)];
  return static_cast<std::int64_t>(std::max<std::uint64_t>(number >> (64 - kBits), 1));
}

}  // namespace

std::int32_t drawn_width(std::int32_t seats) {
  const auto side = static_cast<std::int32_t>(std::ceil(std::sqrt(2.0 * seats)));
  return std::min(seats, (side + kWidthStep - 1) / kWidthStep * kWidthStep);
}

LayoutDto layout_dto(const EventDate& date, const Layout* layout) {
  LayoutDto dto{.version = 0,
                .eventDateId = date.id,
                .firstSeatId = date.first_seat,
                .totalSeats = static_cast<std::int32_t>(date.seats.size()),
                .categories = {},
                .sections = sections_of(date)};
  for (const Category& category : date.categories) dto.categories.push_back(category.name);
  if (!use_shapes(layout, dto.sections)) lay_out(dto.sections, date.seats.size());
  dto.version = version_of(json::to_text(dto));
  return dto;
}

Rendering render_layout(const EventDate& date, const Layout* layout) {
  const LayoutDto dto = layout_dto(date, layout);
  return {.body = fmt::format(R"({{"success":true,"data":{}}})", json::to_text(dto)),
          .cache_control = "public, max-age=10",
          .version = dto.version};
}

bool has_small_layout(const EventDate& date) {
  constexpr std::size_t kSmall = 128;  // sections; rendering and compressing takes 0.1 ms
  return date.sections.size() <= kSmall;
}

}  // namespace stagedoor::catalogue
