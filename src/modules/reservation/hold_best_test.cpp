#include "modules/reservation/hold_best.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "support/stage.h"

namespace stagedoor::reservation {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

constexpr Millis kBestHoldTtl{300'000};

// The numbers of the seats that were held.
std::vector<std::int64_t> numbers(const Decision<Held>& decision) {
  std::vector<std::int64_t> all;
  for (const Reservation& row : result_of(decision).reservations) all.push_back(row.seat.value - 1000);
  return all;
}

// User 1 is inside and asks for two seats of the club night: five rows of ten. The middle of the
// front one are 5 and 6.
TEST(HoldBest, follows_the_table) {
  struct Row {
    const char* when;
    std::function<void(Stage&)> arrange;
    const char* decision;
    std::int64_t first;
  };
  const Row rows[] = {
      {"all seats are free (R-S13)", [](Stage&) {}, "ok", 5},
      {"another user holds the best ones", [](Stage& stage) { stage.hold_best(stage.inside(2), 2); }, "ok",
       15},
      {"another user holds one of them", [](Stage& stage) { stage.hold(stage.inside(2), {5}); }, "ok", 6},
      {"the same user holds them: others are wanted",
       [](Stage& stage) {
         stage.hold(stage.inside(1), {5, 6});
       },
       "ok", 15},
      {"a hold of them has a millisecond left (R-S4)",
       [](Stage& stage) {
         stage.hold(stage.inside(2), {5, 6});
         stage.now += kBestHoldTtl - Millis(1);
       },
       "ok", 15},
      {"a hold of them ends now (R-S4)",
       [](Stage& stage) {
         stage.hold(stage.inside(2), {5, 6});
         stage.now += kBestHoldTtl;
       },
       "ok", 5},
      {"the swept hold of another user (R-S4)",
       [](Stage& stage) {
         stage.hold(stage.inside(2), {5, 6});
         stage.now += kBestHoldTtl;
         stage.sweep();
       },
       "ok", 5},
      {"another user cancelled them (R-S3)",
       [](Stage& stage) {
         const auto token = stage.inside(2);
         stage.hold(token, {5, 6});
         for (const int number : {5, 6}) stage.cancel(token, stage.taken_by(number));
       },
       "ok", 5},
      {"one is a house seat (R-S12)", [](Stage& stage) { stage.block(6); }, "ok", 4},
      {"a house seat whose hold has ended (R-S12)",
       [](Stage& stage) {
         stage.hold(stage.inside(2), {6});
         stage.now += kBestHoldTtl;
         stage.block(6);
       },
       "ok", 4},
      {"the user has three seats of four (R-S8)",
       [](Stage& stage) {
         stage.hold(stage.inside(1), {1, 2, 3});
       },
       "SEAT_LIMIT_EXCEEDED", 0},
      {"the event's sale has not begun",
       [](Stage& stage) { stage.event().on_sale.from = stage.now + Millis(1); }, "EVENT_NOT_ON_SALE", 0},
      {"the event is closed", [](Stage& stage) { stage.event().closed = true; }, "EVENT_NOT_ON_SALE", 0},
      {"the date's booking ends now", [](Stage& stage) { stage.date().booking.until = stage.now; },
       "BOOKING_CLOSED", 0},
      {"the performance has begun (R-C6)", [](Stage& stage) { stage.date().starts_at = stage.now; },
       "BOOKING_CLOSED", 0},
      {"the date was taken away", [](Stage& stage) { stage.date().deleted_at = stage.now; },
       "EVENT_DATE_NOT_FOUND", 0},
      {"two are left, at opposite ends of two rows",
       [](Stage& stage) {
         for (int number = 1; number <= 50; ++number)
           if (number != 10 && number != 11) stage.block(number);
       },
       "NO_SEATS_TOGETHER", 0},
      {"single seats are left",
       [](Stage& stage) {
         for (int number = 2; number <= 50; number += 2) stage.block(number);
       },
       "NO_SEATS_TOGETHER", 0},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.when);
    Stage stage;
    row.arrange(stage);
    const auto decision = stage.hold_best(stage.inside(1), 2);
    ASSERT_EQ(outcome(decision), row.decision);
    if (outcome(decision) == "ok") {
      EXPECT_THAT(numbers(decision), ElementsAre(row.first, row.first + 1));
      continue;
    }
    EXPECT_THAT(decision.changes.reservations, IsEmpty());
    EXPECT_THAT(decision.changes.outbox, IsEmpty());
  }
}

// R-S13, R-S9: rows, events and the renewed visit are those of an ordinary hold.
TEST(HoldBest, makes_the_holds_that_naming_the_seats_makes) {
  Stage best, named;
  const auto one = best.hold_best(best.inside(1), 3);
  const auto other = named.hold(named.inside(1), {4, 5, 6});
  const auto without_ids = [](const Decision<Held>& decision) {
    std::vector<std::tuple<SeatId, Won, TimePoint, ReservationStatus>> rows;
    for (const Reservation& row : decision.changes.reservations)
      rows.emplace_back(row.seat, row.price, row.expires_at, row.status);
    return rows;
  };
  EXPECT_EQ(without_ids(one), without_ids(other));
  EXPECT_EQ(one.changes.visits.size(), other.changes.visits.size());
  EXPECT_THAT(one.changes.outbox, SizeIs(other.changes.outbox.size()));
  EXPECT_TRUE(result_of(one).is_new);
}

// R-S13
TEST(HoldBest, says_the_most_that_is_left_side_by_side) {
  Stage stage;
  stage.event().policy.seats_per_user = 100;
  for (int number = 4; number <= 50; ++number)
    if (number != 11) stage.block(number);
  const auto decision = stage.hold_best(stage.inside(1), 4);
  ASSERT_EQ(outcome(decision), "NO_SEATS_TOGETHER");
  EXPECT_THAT(refusal_in(decision).extra, ElementsAre(Pair("largest", "3")));
}

// R-S13
TEST(HoldBest, is_of_the_named_category) {
  Stage stage;
  EXPECT_EQ(outcome(stage.hold_best(stage.inside(1), 2, "Standard")), "ok");
  const auto decision = stage.hold_best(stage.inside(1), 2, "Platinum");
  ASSERT_EQ(outcome(decision), "INVALID_REQUEST");
  EXPECT_EQ(refusal_in(decision).details.front().path, "category");
}

// R-S11
TEST(HoldBest, needs_a_turn_of_the_event) {
  Stage stage;
  EXPECT_EQ(outcome(stage.hold_best(stage.inside(1, kOtherNight), 2)), "WRONG_TOKEN_EVENT");
  EXPECT_EQ(outcome(stage.hold_best(stage.inside(1), 2, "", {2})), "WRONG_TOKEN_EVENT");
  EXPECT_EQ(outcome(stage.hold_best(stage.inside(1), 2, "", {99})), "EVENT_DATE_NOT_FOUND");
}

// R-S4: the lapsed hold and the new one are one decision, the cancellation first.
TEST(HoldBest, cancels_the_lapsed_holds_in_the_way) {
  Stage stage;
  stage.hold(stage.inside(2), {5});
  stage.now += kBestHoldTtl;
  const auto decision = stage.hold_best(stage.inside(1), 2);
  ASSERT_EQ(outcome(decision), "ok");
  EXPECT_THAT(decision.changes.outbox, ElementsAre(Field(&OutboxRow::type, "stagedoor.reservation.lapsed.v1"),
                                                   Field(&OutboxRow::type, "stagedoor.reservation.held.v1"),
                                                   Field(&OutboxRow::type, "stagedoor.reservation.held.v1")));
  EXPECT_THAT(stage.view.fans.find({kClubNight, user_id(2)})->unpaid, IsEmpty());
}

// R-S8: what the user gave up a short time ago is not free for them, everything else is.
TEST(HoldBest, passes_over_seats_in_the_users_cooldown) {
  for (const bool lapses : {false, true}) {
    SCOPED_TRACE(lapses);
    Stage stage;
    stage.event().policy.rehold_cooldown = Millis(60'000);
    PlaceRef token = stage.inside(1);
    const auto first = stage.hold_best(token, 2);
    if (lapses) {
      stage.now += kBestHoldTtl;
      token = stage.inside(1);
    } else {
      for (const Reservation& row : result_of(first).reservations) stage.cancel(token, row.id);
    }
    EXPECT_THAT(numbers(stage.hold_best(token, 2)), ElementsAre(15, 16));
    EXPECT_THAT(numbers(stage.hold_best(stage.inside(2), 2)), ElementsAre(5, 6));
  }
}

// R-S8: the work that one user's cooldown can cause is limited.
TEST(HoldBest, gives_up_on_a_user_who_gave_up_everything) {
  Stage stage;
  stage.event().policy.rehold_cooldown = Millis(60'000);
  const PlaceRef token = stage.inside(1);
  for (int i = 0; i <= kOtherSeatsMax; ++i) {
    const auto held = stage.hold_best(token, 1);
    ASSERT_EQ(outcome(held), "ok");
    stage.cancel(token, result_of(held).reservations.front().id);
  }
  const auto refused = stage.hold_best(token, 1);
  ASSERT_EQ(outcome(refused), "SEAT_LIMIT_EXCEEDED");
  EXPECT_THAT(refusal_in(refused).message, testing::HasSubstr("Choose other seats"));  // which are free
  EXPECT_EQ(outcome(stage.hold(token, {50})), "ok");
  stage.now += Millis(60'000);
  EXPECT_EQ(outcome(stage.hold_best(token, 1)), "ok");
}

}  // namespace
}  // namespace stagedoor::reservation
