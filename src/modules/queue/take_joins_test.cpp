#include "modules/queue/take_joins.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "modules/queue/model.h"
#include "support/stage.h"

namespace stagedoor::queue {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Uuid random_of(std::uint32_t n) { return user_id(1'000'000 + n); }

LogRecord record(std::int64_t at, std::uint32_t user, std::uint32_t random = 0) {
  return {.event = kClubNight,
          .at = {at, 0},
          .random = random_of(random ? random : std::uint32_t(at)),
          .user = user_id(user)};
}

// What the newest commit knows: nothing but what a test says.
struct Known {
  LineMark mark{.event = kClubNight, .epoch = 1};
  std::map<UserId, LinePlace> places;
  std::set<Uuid> repeats;

  Changes take(const std::vector<LogRecord>& records, const View& view, TimePoint now = kNow) const {
    const auto place_of = [&](const UserId& user) {
      const auto found = places.find(user);
      return found == places.end() ? std::nullopt : std::optional(found->second);
    };
    const auto is_repeat = [&](const LogRecord& one) { return repeats.contains(one.random); };
    return decide_take_joins(kClubNight, records, view, now, {mark, place_of, is_repeat});
  }
};

std::string told(const Changes& changes) {
  std::string all;
  for (const auto& row : changes.line) all += fmt::format("{}:{} ", row.place, row.user.bytes[15]);
  for (const auto& row : changes.passed_over)
    all += fmt::format("{}@{} ", boost::describe::enum_to_string(row.reason, "?"), row.log_high);
  for (const auto& row : changes.line_marks)
    all += fmt::format("mark {}/{} last {}", row.epoch, row.log_high, row.last_place);
  return all;
}

// R-Q9, I-12
TEST(TakeJoins, gives_places_in_the_order_of_the_log) {
  const Stage stage;
  Known known;
  known.mark = {kClubNight, 1, 7, 0, random_of(7), 41, 0, kNow - Millis(5)};
  const Changes changes = known.take({record(8, 3), record(9, 1), record(12, 2)}, stage.view);
  EXPECT_EQ(told(changes), "42:3 43:1 44:2 mark 1/12 last 44");
  for (const LinePlace& row : changes.line) EXPECT_EQ(row.joined_at, kNow);
  EXPECT_EQ(changes.line_marks.front().random, random_of(12));
  EXPECT_EQ(changes.line_marks.front().joined_at, kNow);
}

// R-Q7
TEST(TakeJoins, passes_over_with_a_reason) {
  Stage stage;
  stage.event().queue.places_max = 2;
  Known known;
  known.places[user_id(1)] = {kClubNight, 1, user_id(1), kNow, {}};
  known.mark.last_place = 1;
  known.repeats = {random_of(3)};
  EXPECT_EQ(
      told(known.take({record(2, 1), record(3, 4), record(4, 5), record(5, 5), record(6, 6)}, stage.view)),
      "2:5 has_place@2 repeat@3 has_place@5 full@6 mark 1/6 last 2");
  stage.event().closed = true;
  EXPECT_EQ(told(known.take({record(2, 1), record(3, 9, 20)}, stage.view)),
            "has_place@2 not_on_sale@3 mark 1/3 last 1");
}

TEST(TakeJoins, of_nothing_changes_nothing) {
  const Stage stage;
  Known known;
  known.mark.log_high = 7;
  EXPECT_EQ(told(known.take({}, stage.view)), "");
  EXPECT_EQ(told(known.take({record(6, 1), record(7, 2)}, stage.view)), "") << "before the mark";
}

TEST(TakeJoins, takes_so_many_at_once) {
  Stage stage;
  std::vector<LogRecord> records;
  for (std::uint32_t n = 1; n <= kTakenAtOnce + 5; ++n) records.push_back(record(n, n));
  const Known known;
  const Changes first = known.take(records, stage.view);
  EXPECT_THAT(first.line, SizeIs(kTakenAtOnce));
  stage.view.apply(first);
  const Changes second = known.take(records, stage.view);  // the same batch goes on behind its own mark
  EXPECT_THAT(second.line, SizeIs(5));
  EXPECT_EQ(second.line.front().place, kTakenAtOnce + 1);
  stage.view.apply(second);
  EXPECT_EQ(told(known.take(records, stage.view)), "");
}

// What the commands of the same batch did counts: joins, leaves, ends of visits.
TEST(TakeJoins, decides_by_this_batch) {
  Stage stage;
  Known known;
  known.mark.last_place = 3;
  const PlaceRef token = stage.inside(1);
  known.places[user_id(1)] = {kClubNight, token.place, user_id(1), kNow, {}};
  known.places[user_id(2)] = {kClubNight, 3, user_id(2), kNow, {}};
  EXPECT_EQ(told(known.take({record(1, 1), record(2, 2)}, stage.view)),
            "has_place@1 has_place@2 mark 1/2 last 3");
  Changes over;
  over.visits.push_back(stage.visit(token));
  over.visits.front().expires_at = kNow;
  over.line.push_back({kClubNight, 3, user_id(2), kNow, kNow});
  stage.view.apply(over);
  EXPECT_EQ(told(known.take({record(1, 1), record(2, 2)}, stage.view)), "4:1 5:2 mark 1/2 last 5");
}

TEST(TakeJoins, leaves_a_place_that_was_put_back_as_it_is) {
  const Stage stage;
  LogRecord put_back = record(5, 1);
  put_back.place = 3;
  put_back.epoch = 1;
  Known known;
  known.mark.last_place = 3;
  EXPECT_EQ(told(known.take({put_back, record(6, 2)}, stage.view)), "4:2 mark 1/6 last 4");
}

TEST(RaiseEpoch, begins_behind_the_last_record_that_is_left_and_keeps_the_places) {
  Stage stage;
  const LineMark lost{kClubNight, 1, 9, 0, random_of(9), 8, 0, kNow};
  EXPECT_EQ(told(decide_raise_epoch(kClubNight, 1, record(4, 1), 3, stage.view, kNow, lost)),
            "mark 2/4 last 8");
  const Changes wiped = decide_raise_epoch(kClubNight, 1, std::nullopt, 0, stage.view, kNow, lost);
  EXPECT_EQ(told(wiped), "mark 2/0 last 8");
  stage.view.apply(wiped);
  EXPECT_EQ(told(decide_raise_epoch(kClubNight, 1, std::nullopt, 0, stage.view, kNow, lost)), "")
      << "another instance saw the loss, too";
  Known known;
  known.mark = lost;
  EXPECT_EQ(told(known.take({record(10, 7)}, stage.view)), "") << "this record is of the lost log";
}

}  // namespace
}  // namespace stagedoor::queue
