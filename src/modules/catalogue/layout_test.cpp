// R-C9: the layout of a date, its version and its size.
#include "modules/catalogue/layout.h"

#include <gmock/gmock.h>

#include "json/write.h"
#include "support/drawn_seats.h"

namespace stagedoor::catalogue {
namespace {

using testing::ElementsAre;

// As the planner makes it of the layout.
EventDate date_of(const std::vector<LayoutSection>& sections) {
  EventDate date;
  date.id = DateId{7};
  date.first_seat = SeatId{100};
  for (const LayoutSection& section : sections) {
    const auto index = static_cast<std::uint16_t>(date.sections.size());
    date.sections.push_back(section.name);
    const auto known = std::ranges::find(date.categories, section.category, &Category::name);
    const auto category = static_cast<std::uint16_t>(known - date.categories.begin());
    if (known == date.categories.end())
      date.categories.push_back({CategoryId{5}, section.category, Won{1000}});
    for (std::int64_t row = 1; row <= section.rows; ++row) {
      for (std::int64_t in_row = 1; in_row <= section.seats_per_row; ++in_row) {
        date.seats.push_back(
            {std::int32_t(date.seats.size() + 1), std::int32_t(in_row), index, std::uint16_t(row), category});
      }
    }
  }
  return date;
}

EventDate date_without_sections(std::int32_t seats) {
  EventDate date;
  date.id = DateId{7};
  date.first_seat = SeatId{1};
  date.sections = {""};
  date.categories = {{CategoryId{5}, "Standard", Won{1000}}};
  for (std::int32_t i = 1; i <= seats; ++i) date.seats.push_back({i, i, 0, 0, 0});
  return date;
}

Layout fan() {
  return {
      .category = "",
      .sections = {{"A", 2, 3, "VIP", Point{0, 6}, 0, 20}, {"B", 1, 4, "Regular", Point{1.5, -9}, -30, 0}}};
}

std::vector<std::vector<double>> places(const LayoutDto& layout) {
  std::vector<std::vector<double>> all;
  for (const auto& section : layout.sections) all.push_back(section.at);
  return all;
}

TEST(SeatLayout, reads_as_R_C9_says) {
  const Layout layout = fan();
  const Rendering page = render_layout(date_of(layout.sections), &layout);
  EXPECT_EQ(
      page.body,
      R"({"success":true,"data":{"version":)" + std::to_string(page.version) +
          R"(,"eventDateId":7,"firstSeatId":100,"totalSeats":10,"categories":["VIP","Regular"],"sections":[)"
          R"({"name":"A","category":"VIP","firstSeatId":100,"rows":2,"seatsPerRow":3,"seats":6,)"
          R"("at":[0,6],"angle":0,"curve":20},)"
          R"({"name":"B","category":"Regular","firstSeatId":106,"rows":1,"seatsPerRow":4,"seats":4,)"
          R"("at":[1.5,-9],"angle":-30,"curve":0}]}})");
}

TEST(SeatLayout, its_version_is_that_of_its_bytes_and_fits_into_a_number_of_javascript) {
  const Layout layout = fan();
  const EventDate date = date_of(layout.sections);
  const auto version = render_layout(date, &layout).version;
  EXPECT_GT(version, 0);
  EXPECT_LE(version, kIdMax);
  EXPECT_EQ(render_layout(date, &layout).version, version);
  Layout other = fan();
  other.sections[1].angle = -31;
  EXPECT_NE(render_layout(date, &other).version, version);
  EventDate dearer = date;
  dearer.categories[0].price = Won{2000};
  EXPECT_EQ(render_layout(dearer, &layout).version, version) << "prices are in the dates";
}

TEST(SeatLayout, uses_the_shapes_of_a_layout_only_while_it_has_the_sections_of_the_date) {
  const EventDate date = date_of(fan().sections);
  const auto laid_out = places(layout_dto(date, nullptr));
  const auto expect = [&](const Layout& layout, bool is_used) {
    EXPECT_EQ(places(layout_dto(date, &layout)) != laid_out, is_used);
  };
  Layout layout = fan();
  layout.sections[0].category = "Gold";  // for dates to come
  expect(layout, true);
  layout = fan();
  layout.sections[0].rows = 3;
  expect(layout, false);
  layout = fan();
  layout.sections[1].name = "C";
  expect(layout, false);
  layout = fan();
  layout.sections.pop_back();
  expect(layout, false);
  layout = fan();
  for (auto& section : layout.sections) section.at.reset();
  expect(layout, false);
}

TEST(SeatLayout, lays_out_sections_side_by_side_and_categories_behind_each_other) {
  const EventDate date =
      date_of({{"A", 2, 4, "VIP"}, {"B", 3, 4, "VIP"}, {"C", 2, 5, "Regular"}, {"D", 1, 4, "VIP"}});
  EXPECT_THAT(places(layout_dto(date, nullptr)),
              ElementsAre(ElementsAre(-3, 4), ElementsAre(3, 4), ElementsAre(0, 9), ElementsAre(0, 13)));
}

TEST(SeatLayout, lays_out_many_sections_of_a_category_in_several_bands) {
  std::vector<LayoutSection> sections;
  for (int i = 0; i < 6; ++i) sections.push_back({std::to_string(i), 2, 10, "VIP"});
  EXPECT_THAT(places(layout_dto(date_of(sections), nullptr)),
              ElementsAre(ElementsAre(-6, 4), ElementsAre(6, 4), ElementsAre(-6, 8), ElementsAre(6, 8),
                          ElementsAre(-6, 12), ElementsAre(6, 12)));
}

TEST(SeatLayout, draws_a_layout_without_sections_in_rows) {
  const auto shape = [](std::int32_t seats) {
    const LayoutDto layout = layout_dto(date_without_sections(seats), nullptr);
    EXPECT_EQ(layout.sections.size(), 1U);
    const auto& section = layout.sections.at(0);
    EXPECT_EQ(section.name, "");
    EXPECT_EQ(section.seats, seats);
    return std::pair(section.rows, section.seatsPerRow);
  };
  EXPECT_EQ(shape(1), std::pair(1, 1));
  EXPECT_EQ(shape(4), std::pair(1, 4));
  EXPECT_EQ(shape(50), std::pair(5, 10));
  EXPECT_EQ(shape(51), std::pair(3, 20));
  EXPECT_EQ(shape(100'000), std::pair(223, 450));
}

TEST(SeatLayout, draws_no_two_seats_at_one_place) {
  std::vector<LayoutSection> many;
  for (int i = 0; i < 300; ++i)
    many.push_back({std::to_string(i), 1 + i % 7, 1 + i % 31, i % 50 < 40 ? "Near" : "Far"});
  for (const EventDate& date : {date_of(fan().sections), date_of(many), date_without_sections(1000)}) {
    const LayoutDto layout = layout_dto(date, nullptr);
    const auto seats = test::drawn_seats(layout);
    EXPECT_EQ(seats.size(), date.seats.size());
    EXPECT_GT(test::least_distance(seats), 0.99);
  }
}

// The ids, rows and numbers that a client computes are those of the seats.
TEST(SeatLayout, names_every_seat_of_the_date) {
  for (const EventDate& date : {date_of(fan().sections), date_without_sections(51)}) {
    const LayoutDto layout = layout_dto(date, nullptr);
    std::size_t index = 0;
    for (const auto& section : layout.sections) {
      for (std::int32_t i = 0; i < section.seats; ++i, ++index) {
        const Seat& seat = date.seats.at(index);
        EXPECT_EQ(section.firstSeatId.value + i, date.seat_id(index).value);
        EXPECT_EQ(seat.number, std::int32_t(index) + 1);
        EXPECT_EQ(section.name, date.sections[seat.section]);
        EXPECT_EQ(section.category, date.categories[seat.category].name);
        if (seat.row == 0) continue;
        EXPECT_EQ(i / section.seatsPerRow + 1, seat.row);
        EXPECT_EQ(i % section.seatsPerRow + 1, seat.number_in_row);
      }
    }
    EXPECT_EQ(index, date.seats.size());
  }
}

// R-C9: 15,000 seats in as many sections as nobody has, each of one row.
TEST(SeatLayout, of_15_000_seats_has_at_most_30_kb_R_C9) {
  Layout layout{};
  for (int i = 0; i < 300; ++i) {
    layout.sections.push_back({"Section " + std::to_string(i), 1, 50, "Category " + std::to_string(i % 5),
                               Point{i * 1.37, i * -2.11}, i * 1.2, 20 + i * 0.3});
  }
  const EventDate date = date_of(layout.sections);
  ASSERT_EQ(date.seats.size(), 15'000U);
  EXPECT_LE(RenderedPage(render_layout(date, &layout)).gzip().size, 30U * 1024);
}

}  // namespace
}  // namespace stagedoor::catalogue
