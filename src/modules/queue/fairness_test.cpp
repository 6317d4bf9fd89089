#include "modules/queue/fairness.h"

#include <gtest/gtest.h>

#include "protocol/draw.h"

namespace stagedoor::queue {
namespace {

constexpr TimePoint kOpening = from_ms(1'800'000'000'000);

UserId user_of(Place n) {
  UserId id;
  id.bytes[15] = static_cast<std::uint8_t>(n);
  return id;
}

TimePoint after(int ms) { return kOpening + Millis(ms); }

class FairnessTest : public testing::Test {
 protected:
  FairnessTest() {
    for (Place place = 1; place <= 6; ++place)
      rows.places.push_back({EventId{1}, place, user_of(place), after(int(place)), std::nullopt});
  }
  void admit(Place place, int at_ms, int for_ms = 1000) {
    rows.visits.push_back({EventId{1}, place, user_of(place), after(at_ms), after(at_ms + for_ms)});
  }
  void vanish(Place place) {
    if (rows.absences.empty()) rows.absences.push_back({EventId{1}, 0, std::string(512, '\0')});
    rows.absences[0].bits[0] = static_cast<char>(rows.absences[0].bits[0] | 1 << (place - 1));
  }

  RoomRows rows;
  QueuePolicy policy{.admission = Admission::capacity, .capacity = 3};
};

TEST_F(FairnessTest, counts_people_by_what_became_of_them) {
  admit(1, 100);
  admit(3, 200);
  vanish(2);
  rows.places[4].left_at = after(150);
  const Fairness found = judge_fairness(rows, policy);
  EXPECT_EQ(found.joins, 6);
  EXPECT_EQ(found.admissions, 2);
  EXPECT_EQ(found.left, 1);
  EXPECT_EQ(found.still_waiting, 3);
  EXPECT_EQ(found.vanished, 1);
  EXPECT_EQ(found.passed_over, 1);
  EXPECT_EQ(found.came_back, 0);
  EXPECT_EQ(found.wait_p50, Millis(99));
  EXPECT_EQ(found.wait_max, Millis(197));
  EXPECT_TRUE(found.is_fair());
}

TEST_F(FairnessTest, sees_who_was_overtaken) {
  admit(1, 100);
  admit(3, 200);
  admit(2, 300);
  EXPECT_EQ(judge_fairness(rows, policy).inversions, 1);
  rows.visits.pop_back();
  EXPECT_EQ(judge_fairness(rows, policy).inversions, 1) << "still waiting behind somebody who came later";
  vanish(2);
  EXPECT_EQ(judge_fairness(rows, policy).inversions, 0) << "passed over while away";
}

TEST_F(FairnessTest, people_with_priority_overtake_nobody) {
  admit(6, 100);
  admit(1, 200);
  EXPECT_EQ(judge_fairness(rows, policy).inversions, 5);
  rows.priority.push_back({EventId{1}, user_of(6), kOpening});
  EXPECT_EQ(judge_fairness(rows, policy).inversions, 0);
}

TEST_F(FairnessTest, judges_by_the_order_that_was_drawn) {
  Draw draw{.event = EventId{1}, .seed = std::string(32, 's'), .opens_at = after(50), .drawn_at = after(60)};
  draw.people = 6;
  draw.digest = std::string(32, 'd');
  const auto order = protocol::draw_order(protocol::draw_key(draw.seed, draw.digest, ""), 6).place_at;
  rows.draw = draw;
  for (std::size_t i = 0; i < 6; ++i) admit(order[i], 100 + int(i) * 2000);
  const Fairness found = judge_fairness(rows, policy);
  EXPECT_EQ(found.inversions, 0);
  EXPECT_EQ(found.wait_max, Millis(50 + 10'000)) << "waiting counts from the opening";
  rows.draw.reset();
  EXPECT_GT(judge_fairness(rows, policy).inversions, 0);
}

TEST_F(FairnessTest, sees_every_admission_over_a_limit) {
  for (Place place = 1; place <= 5; ++place) admit(place, 100 * int(place));
  EXPECT_EQ(judge_fairness(rows, policy).capacity_breaches, 2);
  policy = {.admission = Admission::interval, .people = 2, .every = Millis(200)};
  EXPECT_EQ(judge_fairness(rows, policy).interval_breaches, 3);
  policy.every = Millis(199);
  EXPECT_EQ(judge_fairness(rows, policy).interval_breaches, 0);
}

}  // namespace
}  // namespace stagedoor::queue
