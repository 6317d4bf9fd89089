#include "modules/reservation/free_seats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "support/naive_seats.h"

namespace stagedoor::reservation {
namespace {

using testing::ElementsAreArray;

constexpr TimePoint kFoundAt = from_ms(1'800'000'000'000);
constexpr TimePoint kFree = TimePoint::min();

// A hall as it is drawn: "VIP:" begins a section, a row has '.' for a free seat and 'x' for one that is
// taken.
using Drawing = std::vector<std::string>;

struct Hall {
  EventDate date;
  std::vector<TimePoint> free_from;

  explicit Hall(const Drawing& lines) {
    std::uint16_t row = 0;
    for (const std::string& line : lines) {
      if (line.back() == ':') {
        date.sections.push_back("section");
        const auto known = std::ranges::find(date.categories, line, &Category::name);
        category_ = std::uint16_t(known - date.categories.begin());
        if (known == date.categories.end()) date.categories.push_back({{}, line, {}});
        row = 0;
        continue;
      }
      ++row;
      for (std::size_t i = 0; i < line.size(); ++i) {
        date.seats.push_back({std::int32_t(date.seats.size() + 1), std::int32_t(i + 1),
                              std::uint16_t(date.sections.size() - 1), row, category_});
        free_from.push_back(line[i] == '.' ? kFree : kNever);
      }
    }
  }
  // Of a layout without sections.
  static Hall without_sections(const std::string& line) {
    Hall hall({":", line});
    for (Seat& seat : hall.date.seats) seat.row = 0;
    return hall;
  }
  FreeSeats seats() const { return {date, free_from}; }

 private:
  std::uint16_t category_ = 0;
};

// The same with 'O' for the best seats.
Drawing best(Drawing lines, std::size_t count, std::optional<std::uint16_t> category = {}) {
  const Hall hall(lines);
  const auto found = hall.seats().find(category, count, kFoundAt);
  if (!found.first) return {"none, largest " + std::to_string(found.largest)};
  std::size_t index = 0;
  for (std::string& line : lines) {
    if (line.back() == ':') continue;
    for (char& seat : line) {
      if (index >= *found.first && index < *found.first + count) seat = 'O';
      ++index;
    }
  }
  return lines;
}

// R-S13
TEST(BestSeats, follow_the_table) {
  struct Row {
    const char* what;
    Drawing hall;
    std::size_t count;
    Drawing best;
  };
  const Row rows[] = {
      {"the middle of the front row",
       {"A:", "..........", ".........."},
       2,
       {"A:", "....OO....", ".........."}},
      {"one seat in the middle", {"A:", "....."}, 1, {"A:", "..O.."}},
      {"no single seat is left at the side", {"A:", "....."}, 2, {"A:", "OO..."}},
      {"no single seat is left at either side", {"A:", "..."}, 1, {"A:", "O.."}},
      {"of two that are equally near, the lower id", {"A:", "...."}, 1, {"A:", "O..."}},
      {"a single seat that is left already", {"A:", "..x.x"}, 1, {"A:", "..xOx"}},
      {"a pair that fits comes before a better row", {"A:", "x...x", "x..xx"}, 2, {"A:", "x...x", "xOOxx"}},
      {"a single seat is left where nothing else is free", {"A:", "x...x"}, 2, {"A:", "xOO.x"}},
      {"a row is as far as a seat", {"A:", "xxxxxx...", "........."}, 3, {"A:", "xxxxxx...", "...OOO..."}},
      {"farther back than to the side",
       {"A:", "xx..x", "xxxxx", "x..xx"},
       2,
       {"A:", "xxOOx", "xxxxx", "x..xx"}},
      {"the first section comes first",
       {"A:", "x..xxxx", "B:", "......."},
       2,
       {"A:", "xOOxxxx", "B:", "......."}},
      {"unless it leaves a single seat",
       {"A:", "x...x", "B:", "xxx..xx"},
       2,
       {"A:", "x...x", "B:", "xxxOOxx"}},
      {"all leave one: the first section", {"A:", "x...x", "B:", "x...x"}, 2, {"A:", "xOO.x", "B:", "x...x"}},
      {"a whole row", {"A:", "x...", "...."}, 4, {"A:", "x...", "OOOO"}},
      {"rows are not connected", {"A:", "x...", "...x"}, 4, {"none, largest 3"}},
      {"nothing is free", {"A:", "xx"}, 1, {"none, largest 0"}},
  };
  for (const Row& row : rows) EXPECT_THAT(best(row.hall, row.count), ElementsAreArray(row.best)) << row.what;
}

// R-S13
TEST(BestSeats, are_of_the_category_that_was_asked_for) {
  const Drawing hall = {"VIP:", "....", "Regular:", "......", "VIP:", ".."};
  EXPECT_THAT(best(hall, 4, 0),
              ElementsAreArray(Drawing{"VIP:", "OOOO", "Regular:", "......", "VIP:", ".."}));
  EXPECT_THAT(best(hall, 2, 1),
              ElementsAreArray(Drawing{"VIP:", "....", "Regular:", "..OO..", "VIP:", ".."}));
  EXPECT_THAT(best(hall, 5, 0), ElementsAreArray(Drawing{"none, largest 4"}));
  EXPECT_THAT(best(hall, 5), ElementsAreArray(Drawing{"VIP:", "....", "Regular:", "OOOOO.", "VIP:", ".."}));
}

// R-S13: the rows of a layout without sections are those of its drawing.
TEST(BestSeats, are_in_one_row_of_the_drawing_without_sections) {
  FreeSeats seats = Hall::without_sections(std::string(50, '.')).seats();  // five rows of ten
  EXPECT_EQ(seats.find({}, 2, kFoundAt).first, 4u);
  EXPECT_EQ(seats.find({}, 11, kFoundAt).largest, 10u);
  const std::string two_ends = "xxxxxxxxx..xxxxxxxxx" + std::string(30, 'x');
  EXPECT_EQ(Hall::without_sections(two_ends).seats().find({}, 2, kFoundAt).largest, 1u);
  std::string three(53, 'x');  // rows of 20, 20 and 13
  three.replace(50, 3, 3, '.');
  FreeSeats short_row = Hall::without_sections(three).seats();
  EXPECT_EQ(short_row.find({}, 3, kFoundAt).first, 50u);
}

TEST(BestSeats, are_found_in_a_row_of_many_words) {
  std::string row(1000, 'x');
  for (std::size_t i = 100; i < 190; ++i) row[i] = '.';
  for (std::size_t i = 640; i < 704; ++i) row[i] = '.';
  EXPECT_EQ(Hall({":", row}).seats().find({}, 64, kFoundAt).first, 640u);
  EXPECT_EQ(Hall({":", row}).seats().find({}, 90, kFoundAt).first, 100u);
  EXPECT_EQ(Hall({":", row}).seats().find({}, 91, kFoundAt).largest, 90u);
}

// R-S4: free by rule from its end on.
TEST(BestSeats, include_those_whose_hold_has_ended) {
  const Hall hall({"A:", "xx"});
  FreeSeats seats = hall.seats();
  seats.set(0, kFoundAt + Millis(5));
  EXPECT_EQ(seats.find({}, 1, kFoundAt + Millis(4)).largest, 0u);
  EXPECT_EQ(seats.find({}, 1, kFoundAt + Millis(5)).first, 0u);
  seats.set(0, kFoundAt + Millis(9));  // held again
  EXPECT_EQ(seats.find({}, 1, kFoundAt + Millis(8)).largest, 0u);
  seats.set(0, kNever);  // paid
  EXPECT_EQ(seats.find({}, 1, kFoundAt + Millis(10)).largest, 0u);
  seats.set(0, kFree);
  EXPECT_EQ(seats.find({}, 1, kFoundAt + Millis(10)).first, 0u);
}

// R-S8: what one user may not have is free for others, so it is left as a single seat, too.
TEST(BestSeats, may_leave_out_free_seats) {
  FreeSeats seats = Hall({"A:", "xx...", "....."}).seats();
  const std::vector<std::size_t> without = {2};
  EXPECT_EQ(seats.find({}, 2, kFoundAt, without).first, 5u);  // 3 and 4 leave 2
  EXPECT_EQ(seats.find({}, 6, kFoundAt, without).largest, 5u);
}

// R-S13: against loops over all seats.
TEST(BestSeats, are_those_of_a_naive_search) {
  std::mt19937 random(1);
  const auto below = [&](unsigned n) { return random() % n; };
  for (int round = 0; round < 60; ++round) {
    Drawing lines;
    for (unsigned section = 0; section <= below(3); ++section) {
      lines.push_back(below(2) ? "VIP:" : "Regular:");
      const std::string row(1 + below(round % 10 == 0 ? 150 : 12), '.');
      for (unsigned i = 0; i <= below(5); ++i) lines.push_back(row);
    }
    const bool has_sections = round % 5 != 0;
    const Hall hall = has_sections ? Hall(lines) : Hall::without_sections(std::string(1 + below(300), '.'));
    FreeSeats seats = hall.seats();
    std::vector<TimePoint> free_from = hall.free_from;
    TimePoint now = kFoundAt;
    for (int step = 0; step < 60; ++step) {
      for (unsigned i = 0; i < 1 + free_from.size() / 20; ++i) {
        const std::size_t index = below(unsigned(free_from.size()));
        const TimePoint states[] = {kFree, kNever, kNever, now + Millis(below(40))};
        free_from[index] = states[below(4)];
        seats.set(index, free_from[index]);
      }
      now += Millis(below(10));
      std::vector<bool> free, allowed;
      std::vector<std::size_t> without;
      for (std::size_t i = 0; i < free_from.size(); ++i) {
        free.push_back(free_from[i] <= now);
        allowed.push_back(step % 2 == 0 || below(8) != 0);
        if (!allowed[i]) without.push_back(i);
      }
      const std::size_t count = 1 + below(5);
      std::optional<std::uint16_t> category;
      if (below(2)) category = std::uint16_t(below(unsigned(hall.date.categories.size())));
      const auto found = seats.find(category, count, now, without);
      const auto expected = test::naive_best(hall.date, free, allowed, category, count);
      ASSERT_EQ(found.first, expected.first) << "round " << round << ", step " << step;
      if (!found.first) {
        ASSERT_EQ(found.largest, expected.largest) << "round " << round << ", step " << step;
      }
    }
  }
}

}  // namespace
}  // namespace stagedoor::reservation
