#include "modules/reservation/model.h"

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
using testing::SizeIs;
using enum ReservationStatus;

constexpr Millis kHoldTtl{300'000};

const Reservation& only_hold(const Decision<Held>& decision) {
  return result_of(decision).reservations.front();
}

// User 1 is inside; one row, one reason why a hold of seat 7 is done or refused. Refusals change nothing
// (I-20).
TEST(HoldSeats, follows_the_table) {
  struct Row {
    const char* when;
    std::function<void(Stage&)> arrange;
    const char* decision;
  };
  const Row rows[] = {
      {"the seat is free (R-S1)", [](Stage&) {}, "ok"},
      {"another user holds it (R-S5)", [](Stage& stage) { stage.hold(stage.inside(2), {7}); },
       "SEAT_OCCUPIED"},
      {"another user's hold has a millisecond left (R-S4)",
       [](Stage& stage) {
         stage.hold(stage.inside(2), {7});
         stage.now += kHoldTtl - Millis(1);
       },
       "SEAT_OCCUPIED"},
      {"another user's hold ends now (R-S4)",
       [](Stage& stage) {
         stage.hold(stage.inside(2), {7});
         stage.now += kHoldTtl;
       },
       "ok"},
      {"another user cancelled it (R-S3)",
       [](Stage& stage) {
         const auto token = stage.inside(2);
         stage.cancel(token, only_hold(stage.hold(token, {7})).id);
       },
       "ok"},
      {"another user paid for it long ago (R-P2)",
       [](Stage& stage) {
         const auto token = stage.inside(2);
         stage.charge(2, kPrice);
         stage.hold(token, {7});
         stage.pay(token, {stage.taken_by(7)});
         stage.now += kHoldTtl * 2;
       },
       "SEAT_OCCUPIED"},
      {"another user paid and was refunded (R-P6)",
       [](Stage& stage) {
         const auto token = stage.inside(2);
         stage.charge(2, kPrice);
         stage.hold(token, {7});
         const ReservationId id = stage.taken_by(7);
         stage.pay(token, {id});
         stage.refund(id, user_id(2));
       },
       "ok"},
      {"the seat is a house seat (R-S12)", [](Stage& stage) { stage.block(7); }, "SEAT_OCCUPIED"},
      {"a neighbouring seat is held, paid or blocked (R-S6)",
       [](Stage& stage) {
         stage.hold(stage.inside(2), {6});
         stage.block(8);
       },
       "ok"},
      {"the event's sale begins now (R-C1)", [](Stage& stage) { stage.event().on_sale.from = stage.now; },
       "ok"},
      {"the event's sale has not begun",
       [](Stage& stage) { stage.event().on_sale.from = stage.now + Millis(1); }, "EVENT_NOT_ON_SALE"},
      {"the event's sale ends now", [](Stage& stage) { stage.event().on_sale.until = stage.now; },
       "EVENT_NOT_ON_SALE"},
      {"the event is closed", [](Stage& stage) { stage.event().closed = true; }, "EVENT_NOT_ON_SALE"},
      {"the event's admissions are paused (R-Q17)", [](Stage& stage) { stage.event().paused = true; }, "ok"},
      {"the date's booking begins now", [](Stage& stage) { stage.date().booking.from = stage.now; }, "ok"},
      {"the date's booking has not begun",
       [](Stage& stage) { stage.date().booking.from = stage.now + Millis(1); }, "BOOKING_CLOSED"},
      {"the date's booking ends now", [](Stage& stage) { stage.date().booking.until = stage.now; },
       "BOOKING_CLOSED"},
      {"the performance has begun (R-C6)", [](Stage& stage) { stage.date().starts_at = stage.now; },
       "BOOKING_CLOSED"},
      {"the date was taken away", [](Stage& stage) { stage.date().deleted_at = stage.now; },
       "SEAT_NOT_FOUND"},
      {"both windows are shut",  // the event is told before the date
       [](Stage& stage) { stage.event().closed = true, stage.date().booking.until = stage.now; },
       "EVENT_NOT_ON_SALE"},
      {"the window is shut and the seat taken",
       [](Stage& stage) {
         stage.hold(stage.inside(2), {7});
         stage.date().booking.until = stage.now;
       },
       "BOOKING_CLOSED"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.when);
    Stage stage;
    row.arrange(stage);
    const PlaceRef token = stage.inside(1);
    const auto decision = stage.hold(token, {7});
    EXPECT_EQ(outcome(decision), row.decision);
    if (outcome(decision) == "ok") continue;
    EXPECT_THAT(decision.changes.reservations, IsEmpty());
    EXPECT_THAT(decision.changes.visits, IsEmpty());
    EXPECT_THAT(decision.changes.outbox, IsEmpty());
    EXPECT_EQ(refusal_in(decision).details.front().path, "seatId");
  }
}

// R-Q5, R-S1, R-S11
TEST(HoldSeats, needs_a_turn_in_the_event_of_the_seat) {
  Stage stage;
  const PlaceRef waiting = stage.waiting(1);
  EXPECT_EQ(outcome(stage.hold(waiting, {7})), "WRONG_TOKEN_TURN");

  const PlaceRef elsewhere = stage.inside(2, kOtherNight);
  EXPECT_EQ(outcome(stage.hold(elsewhere, {7})), "WRONG_TOKEN_EVENT");

  const PlaceRef inside = stage.inside(3);
  stage.now = stage.visit(inside).expires_at - Millis(1);
  EXPECT_EQ(outcome(stage.hold(inside, {7})), "ok");
  const PlaceRef late = stage.inside(4);
  stage.now = stage.visit(late).expires_at;
  EXPECT_EQ(outcome(stage.hold(late, {8})), "TOKEN_EXPIRED");

  PlaceRef foreign = stage.inside(5);
  foreign.user = user_id(6);  // authentic, of another store: the place is somebody else's here
  EXPECT_EQ(outcome(stage.hold(foreign, {9})), "TOKEN_NOT_FOUND");
}

// R-S1
TEST(HoldSeats, refuses_a_seat_that_does_not_exist) {
  Stage stage;
  const PlaceRef token = stage.inside(1);
  for (const std::int64_t id : {1000, 1051, 999'999})
    EXPECT_EQ(outcome(stage.hold_seats(token, {SeatId{id}})), "SEAT_NOT_FOUND") << id;
}

// R-S1, R-S9, I-21
TEST(HoldSeats, writes_the_hold_with_its_price_and_its_event) {
  Stage stage;
  const PlaceRef token = stage.inside(1);
  stage.now += Millis(1234);
  const auto decision = stage.hold(token, {7});
  const Reservation& hold = only_hold(decision);
  EXPECT_TRUE(result_of(decision).is_new);
  EXPECT_EQ(hold.status, RESERVED);
  EXPECT_EQ(hold.seat, stage.seat(7));
  EXPECT_EQ(hold.date, DateId{1});
  EXPECT_EQ(hold.event, kClubNight);
  EXPECT_EQ(hold.user, user_id(1));
  EXPECT_EQ(hold.place, token.place);
  EXPECT_EQ(hold.price, kPrice);
  EXPECT_EQ(hold.created_at, stage.now);
  EXPECT_EQ(hold.expires_at, stage.now + kHoldTtl);
  EXPECT_EQ(hold.version, 1);
  EXPECT_THAT(decision.changes.outbox, ElementsAre(Field(&OutboxRow::type, "stagedoor.reservation.held.v1")));
  EXPECT_THAT(decision.changes.outbox.front().key, "reservation/" + std::to_string(hold.id.value));

  stage.date().categories.front().price = Won{1};
  EXPECT_EQ(only_hold(stage.hold(token, {7})).price, kPrice);
}

// R-S5
TEST(HoldSeats, gives_the_same_hold_again_with_its_time_unchanged) {
  Stage stage;
  const PlaceRef token = stage.inside(1);
  const Reservation first = only_hold(stage.hold(token, {7}));
  stage.now += kHoldTtl - Millis(1);
  const auto again = stage.hold(token, {7});
  EXPECT_FALSE(result_of(again).is_new);
  EXPECT_EQ(only_hold(again).id, first.id);
  EXPECT_EQ(only_hold(again).expires_at, first.expires_at);
  EXPECT_THAT(again.changes.reservations, IsEmpty());
  EXPECT_THAT(again.changes.visits, IsEmpty());
}

// R-S5: also when the sale has closed meanwhile, or the limit is reached; nothing is asked for that is not
// held.
TEST(HoldSeats, gives_the_same_hold_again_whatever_has_closed_meanwhile) {
  Stage stage;
  stage.event().policy.seats_per_user = 1;
  const PlaceRef token = stage.inside(1);
  stage.hold(token, {7});
  stage.event().closed = true;
  EXPECT_EQ(outcome(stage.hold(token, {7})), "ok");
}

// R-S7
TEST(HoldSeats, gives_a_pending_hold_again) {
  Stage stage;
  const PlaceRef token = stage.inside(1);
  stage.hold(token, {7});
  stage.pay(token, {stage.taken_by(7)});
  EXPECT_EQ(only_hold(stage.hold(token, {7})).status, PENDING);
}

// R-S4, I-1: the lapsed hold and the new one are one decision, the cancellation first.
TEST(HoldSeats, cancels_the_lapsed_hold_in_the_way_in_the_same_decision) {
  Stage stage;
  const Reservation old = only_hold(stage.hold(stage.inside(2), {7}));
  stage.now += kHoldTtl;
  const auto decision = stage.hold(stage.inside(1), {7});
  ASSERT_EQ(outcome(decision), "ok");
  ASSERT_THAT(decision.changes.reservations, SizeIs(2));
  const Reservation& over = decision.changes.reservations[0];
  EXPECT_EQ(over.id, old.id);
  EXPECT_EQ(over.status, CANCELLED);
  EXPECT_EQ(over.reason, CancelReason::LAPSED);
  EXPECT_EQ(over.version, 2);
  EXPECT_THAT(decision.changes.outbox, ElementsAre(Field(&OutboxRow::type, "stagedoor.reservation.lapsed.v1"),
                                                   Field(&OutboxRow::type, "stagedoor.reservation.held.v1")));
  EXPECT_EQ(stage.taken_by(7), only_hold(decision).id);
  EXPECT_THAT(stage.view.fans.find({kClubNight, user_id(2)})->unpaid, IsEmpty());
}

// R-S8
TEST(HoldSeats, limits_live_holds_and_paid_seats_together) {
  Stage stage;
  stage.event().policy.seats_per_user = 3;
  stage.charge(1, Won{10 * kPrice.amount});
  PlaceRef token = stage.inside(1);
  stage.hold(token, {1});
  stage.pay(token, {stage.taken_by(1)});  // ends the visit
  token = stage.inside(1);
  EXPECT_EQ(outcome(stage.hold(token, {2, 3})), "ok");
  EXPECT_EQ(outcome(stage.hold(token, {4})), "SEAT_LIMIT_EXCEEDED");
  stage.cancel(token, stage.taken_by(3));
  EXPECT_EQ(outcome(stage.hold(token, {4})), "ok");
  stage.refund(stage.taken_by(1), user_id(1));
  EXPECT_EQ(outcome(stage.hold(token, {5})), "ok");
  EXPECT_EQ(outcome(stage.hold(token, {6})), "SEAT_LIMIT_EXCEEDED");
}

// R-S8
TEST(HoldSeats, does_not_count_lapsed_holds_swept_or_not) {
  for (const bool is_swept : {false, true}) {
    Stage stage;
    stage.event().policy.seats_per_user = 2;
    stage.hold(stage.inside(1), {1, 2});
    stage.now += kHoldTtl;
    if (is_swept) stage.sweep();
    const PlaceRef token = stage.inside(1);
    EXPECT_EQ(outcome(stage.hold(token, {3, 4})), "ok");
    EXPECT_EQ(outcome(stage.hold(token, {5})), "SEAT_LIMIT_EXCEEDED");
  }
}

// R-S8: the limit is the event's own.
TEST(HoldSeats, counts_each_event_by_itself) {
  Stage stage;
  stage.event().policy.seats_per_user = 1;
  stage.hold_seats(stage.inside(1, kOtherNight), {stage.seat(1, 2), stage.seat(2, 2)});
  EXPECT_EQ(outcome(stage.hold(stage.inside(1), {1})), "ok");
}

// R-S8: whether the sweep has seen the lapsed hold or not.
TEST(HoldSeats, keeps_a_user_from_their_lapsed_seat_for_the_cooldown) {
  for (const bool is_swept : {false, true}) {
    SCOPED_TRACE(is_swept);
    Stage stage;
    stage.event().policy.rehold_cooldown = Millis(60'000);
    stage.hold(stage.inside(1), {7});
    stage.now += kHoldTtl;
    const TimePoint lapsed = stage.now;
    if (is_swept) stage.sweep();
    const PlaceRef token = stage.inside(1);
    EXPECT_EQ(outcome(stage.hold(token, {7})), "SEAT_LIMIT_EXCEEDED");
    EXPECT_EQ(outcome(stage.hold(token, {6, 7})), "SEAT_LIMIT_EXCEEDED");
    EXPECT_EQ(outcome(stage.hold(token, {8})), "ok");
    stage.now = lapsed + Millis(59'999);
    EXPECT_EQ(outcome(stage.hold(token, {7})), "SEAT_LIMIT_EXCEEDED");
    stage.now = lapsed + Millis(60'000);
    EXPECT_EQ(outcome(stage.hold(token, {7})), "ok");
  }
}

// R-S8: nobody squats a seat by giving it up and taking it again.
TEST(HoldSeats, keeps_a_user_from_a_seat_that_they_gave_up_for_the_cooldown) {
  for (const bool leaves : {false, true}) {
    SCOPED_TRACE(leaves);
    Stage stage;
    stage.event().policy.rehold_cooldown = Millis(60'000);
    PlaceRef token = stage.inside(1);
    stage.hold(token, {7});
    stage.now += Millis(1000);
    if (leaves) {
      stage.leave(token);
      token = stage.inside(1);
    } else {
      stage.cancel(token, stage.taken_by(7));
    }
    EXPECT_EQ(outcome(stage.hold(token, {7})), "SEAT_LIMIT_EXCEEDED");
    EXPECT_EQ(outcome(stage.hold(token, {8})), "ok");
    stage.now += Millis(59'999);
    EXPECT_EQ(outcome(stage.hold(token, {7})), "SEAT_LIMIT_EXCEEDED");
    stage.now += Millis(1);
    EXPECT_EQ(outcome(stage.hold(token, {7})), "ok");
  }
}

// R-S8
TEST(HoldSeats, the_cooldown_does_not_apply_to_other_users) {
  Stage stage;
  stage.event().policy.rehold_cooldown = Millis(60'000);
  const PlaceRef token = stage.inside(1);
  stage.hold(token, {7, 8});
  stage.cancel(token, stage.taken_by(8));
  EXPECT_EQ(outcome(stage.hold(stage.inside(2), {8})), "ok");
  stage.now += kHoldTtl;
  EXPECT_EQ(outcome(stage.hold(stage.inside(2), {7})), "ok");
}

// R-S8: without a cooldown one may take one's lapsed seat again.
TEST(HoldSeats, renews_a_lapsed_seat_where_there_is_no_cooldown) {
  Stage stage;
  const ReservationId old = only_hold(stage.hold(stage.inside(1), {7})).id;
  stage.now += kHoldTtl;
  const auto decision = stage.hold(stage.inside(1), {7});
  ASSERT_EQ(outcome(decision), "ok");
  EXPECT_NE(only_hold(decision).id, old);
  EXPECT_TRUE(result_of(decision).is_new);
  EXPECT_EQ(stage.reservation(old).reason, CancelReason::LAPSED);
}

// R-Q11, I-17
TEST(HoldSeats, renews_the_visit_up_to_the_holds_end) {
  Stage stage;
  const PlaceRef token = stage.inside(1);
  stage.now += Millis(200'000);
  const Reservation hold = only_hold(stage.hold(token, {7}));
  EXPECT_EQ(hold.expires_at, kNow + Millis(500'000));
  EXPECT_EQ(stage.visit(token).expires_at, hold.expires_at);
  EXPECT_EQ(stage.visit(token).activated_at, kNow);
}

// R-Q11: a hold shorter than the visit's rest leaves the visit as it is.
TEST(HoldSeats, never_shortens_the_visit) {
  Stage stage;
  stage.event().policy.hold_ttl = Millis(1000);
  const PlaceRef token = stage.inside(1);
  const auto decision = stage.hold(token, {7});
  EXPECT_THAT(decision.changes.visits, IsEmpty());
  EXPECT_EQ(stage.visit(token).expires_at, kNow + Millis(300'000));
}

// R-Q11
TEST(HoldSeats, ends_no_later_than_the_visits_cap) {
  Stage stage;
  stage.event().queue.visit_max = Millis(400'000);
  const PlaceRef token = stage.inside(1);
  stage.now += Millis(299'999);
  EXPECT_EQ(only_hold(stage.hold(token, {7})).expires_at, kNow + Millis(400'000));
  EXPECT_EQ(stage.visit(token).expires_at, kNow + Millis(400'000));
  stage.now = kNow + Millis(399'999);
  EXPECT_EQ(only_hold(stage.hold(token, {8})).expires_at, kNow + Millis(400'000));
  stage.now = kNow + Millis(400'000);
  EXPECT_EQ(outcome(stage.hold(token, {9})), "TOKEN_EXPIRED");
}

// R-Q11: an operator who lowers visit_max ends no visit that is under way, and so no hold is made that is
// over already.
TEST(HoldSeats, ends_when_the_performance_begins_so_that_nothing_is_bought_later) {  // R-C6
  Stage stage;
  stage.date().starts_at = stage.now + Millis(60'000);
  const auto fan = stage.inside(1);
  stage.charge(1, kPrice);
  const auto held = stage.hold(fan, {7});
  ASSERT_EQ(outcome(held), "ok");
  EXPECT_EQ(std::get<Held>(held.result).reservations[0].expires_at, stage.date().starts_at);
  const ReservationId id = stage.taken_by(7);
  stage.now = stage.date().starts_at;
  EXPECT_EQ(outcome(stage.pay(fan, {id})), "RESERVATION_EXPIRED");
}

TEST(HoldSeats, makes_no_dead_hold_when_the_cap_was_lowered_meanwhile) {
  Stage stage;
  const PlaceRef token = stage.inside(1);
  stage.event().queue.visit_max = Millis(60'000);
  stage.now += Millis(100'000);
  const auto decision = stage.hold(token, {7});
  ASSERT_EQ(outcome(decision), "ok");
  EXPECT_EQ(only_hold(decision).expires_at, kNow + Millis(300'000));
}

// R-S10
TEST(HoldSeats, holds_several_in_the_order_asked_for) {
  Stage stage;
  const auto decision = stage.hold(stage.inside(1), {9, 3, 7});
  const auto& held = result_of(decision).reservations;
  EXPECT_THAT(held,
              ElementsAre(Field(&Reservation::seat, stage.seat(9)), Field(&Reservation::seat, stage.seat(3)),
                          Field(&Reservation::seat, stage.seat(7))));
  EXPECT_THAT(decision.changes.reservations, SizeIs(3));
}

// R-S10
TEST(HoldSeats, holds_all_or_none) {
  struct Row {
    const char* when;
    std::function<void(Stage&)> arrange;
    std::vector<SeatId> seats;
    const char* decision;
    const char* path;
  };
  const Row rows[] = {
      {"the last one is held", [](Stage& stage) { stage.hold(stage.inside(2), {9}); },
       Stage::seats({7, 8, 9}), "SEAT_OCCUPIED", "seatIds[2]"},
      {"one is blocked", [](Stage& stage) { stage.block(8); }, Stage::seats({7, 8, 9}), "SEAT_OCCUPIED",
       "seatIds[1]"},
      {"one does not exist", [](Stage&) {}, {Stage::seat(7), SeatId{1}}, "SEAT_NOT_FOUND", "seatIds[1]"},
      {"one is of another event",
       [](Stage&) {},
       {Stage::seat(7), Stage::seat(7, 2)},
       "WRONG_TOKEN_EVENT",
       "seatIds[1]"},
      {"they are one too many", [](Stage& stage) { stage.event().policy.seats_per_user = 2; },
       Stage::seats({7, 8, 9}), "SEAT_LIMIT_EXCEEDED", nullptr},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.when);
    Stage stage;
    row.arrange(stage);
    const auto decision = stage.hold_seats(stage.inside(1), row.seats);
    EXPECT_EQ(outcome(decision), row.decision);
    EXPECT_THAT(decision.changes.reservations, IsEmpty());
    EXPECT_FALSE(stage.taken_by(7));
    const auto& details = refusal_in(decision).details;
    if (row.path) EXPECT_THAT(details, ElementsAre(Field(&FieldError::path, row.path)));
    else EXPECT_THAT(details, IsEmpty());
  }
}

// R-S5, R-S10
TEST(HoldSeats, adds_to_what_is_held_already) {
  Stage stage;
  stage.event().policy.seats_per_user = 3;
  const PlaceRef token = stage.inside(1);
  const ReservationId first = only_hold(stage.hold(token, {8})).id;
  const auto decision = stage.hold(token, {7, 8, 9});
  ASSERT_EQ(outcome(decision), "ok");
  EXPECT_TRUE(result_of(decision).is_new);
  EXPECT_EQ(result_of(decision).reservations[1].id, first);
  EXPECT_THAT(decision.changes.reservations, SizeIs(2));
}

// R-S3, I-20. Each row: what has become of user 1's hold of seat 7.
TEST(CancelHold, follows_the_table) {
  struct Row {
    const char* when;
    std::function<void(Stage&, const PlaceRef&, ReservationId)> arrange;
    const char* decision;
  };
  const Row rows[] = {
      {"it is live", [](Stage&, auto&, auto) {}, "ok"},
      {"it is pending", [](Stage& stage, auto& token, auto id) { stage.pay(token, {id}); }, "ok"},
      {"it was cancelled", [](Stage& stage, auto& token, auto id) { stage.cancel(token, id); },
       "WRONG_RESERVATION_STATUS"},
      {"it has lapsed", [](Stage& stage, auto&, auto) { stage.now += kHoldTtl; }, "RESERVATION_EXPIRED"},
      {"it has lapsed and was swept",
       [](Stage& stage, auto&, auto) {
         stage.now += kHoldTtl;
         stage.sweep();
       },
       "RESERVATION_EXPIRED"},
      {"it is paid",
       [](Stage& stage, auto& token, auto id) {
         stage.charge(1, kPrice);
         stage.pay(token, {id});
       },
       "RESERVATION_ALREADY_PAID"},
      {"it was refunded",
       [](Stage& stage, auto& token, auto id) {
         stage.charge(1, kPrice);
         stage.pay(token, {id});
         stage.refund(id, user_id(1));
       },
       "WRONG_RESERVATION_STATUS"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.when);
    Stage stage;
    const PlaceRef token = stage.inside(1);
    const ReservationId id = only_hold(stage.hold(token, {7})).id;
    row.arrange(stage, token, id);
    const auto decision = stage.cancel(token, id);
    EXPECT_EQ(outcome(decision), row.decision);
    if (outcome(decision) == "ok") {
      EXPECT_EQ(result_of(decision).status, CANCELLED);
      EXPECT_EQ(result_of(decision).reason, CancelReason::OWNER);
      EXPECT_THAT(decision.changes.outbox,
                  ElementsAre(Field(&OutboxRow::type, "stagedoor.reservation.cancelled.v1")));
      EXPECT_FALSE(stage.taken_by(7));
    } else {
      EXPECT_THAT(decision.changes.reservations, IsEmpty());
    }
  }
}

// R-S3, R-S11
TEST(CancelHold, is_for_the_owner_whatever_their_turn) {
  Stage stage;
  const PlaceRef token = stage.inside(1);
  const ReservationId id = only_hold(stage.hold(token, {7})).id;
  EXPECT_EQ(outcome(stage.cancel(stage.inside(2), id)), "FORBIDDEN");
  EXPECT_EQ(outcome(stage.cancel(token, {999})), "RESERVATION_NOT_FOUND");
  EXPECT_EQ(outcome(stage.cancel(stage.waiting(1, kOtherNight), id)), "ok");
}

// R-Q4, R-Q11
TEST(Leave, ends_the_visit_and_cancels_its_holds) {
  Stage stage;
  stage.charge(1, kPrice);
  const PlaceRef token = stage.inside(1);
  stage.hold(token, {6, 7, 8});
  const ReservationId paid = stage.taken_by(6), held = stage.taken_by(7);
  stage.pay(token, {paid});
  stage.now += Millis(5);
  const auto decision = stage.leave(token);
  ASSERT_EQ(outcome(decision), "ok");
  EXPECT_EQ(stage.visit(token).expires_at, stage.now);
  EXPECT_EQ(stage.reservation(held).status, CANCELLED);
  EXPECT_EQ(stage.reservation(held).reason, CancelReason::OWNER);
  EXPECT_EQ(stage.reservation(paid).status, PAID);
  EXPECT_THAT(decision.changes.outbox, SizeIs(2));
  EXPECT_EQ(outcome(stage.hold(token, {9})), "TOKEN_EXPIRED");
}

// R-S8: a hold that lapsed before the leaving counts for the cooldown.
TEST(Leave, tells_lapsed_holds_from_those_given_up) {
  Stage stage;
  stage.event().policy.hold_ttl = Millis(1000);
  const PlaceRef token = stage.inside(1);
  stage.hold(token, {7});
  const ReservationId lapsed = stage.taken_by(7);
  stage.now += Millis(1000);
  stage.hold(token, {8});
  const ReservationId live = stage.taken_by(8);
  stage.leave(token);
  EXPECT_EQ(stage.reservation(lapsed).reason, CancelReason::LAPSED);
  EXPECT_EQ(stage.reservation(live).reason, CancelReason::OWNER);
}

// R-Q4
TEST(Leave, gives_a_waiting_place_up_once) {
  Stage stage;
  const PlaceRef token = stage.waiting(1);
  const auto first = stage.leave(token, true);
  ASSERT_THAT(first.changes.line, SizeIs(1));
  EXPECT_EQ(first.changes.line.front().place, token.place);
  EXPECT_EQ(first.changes.line.front().left_at, stage.now);
  EXPECT_THAT(stage.leave(token, true).changes.line,
              IsEmpty());  // the same batch: the room has not heard of it
  stage.view.end_batch();
  EXPECT_THAT(stage.leave(token, false).changes.line, IsEmpty());
}

// R-Q4, R-Q7, I-13: leave, join and leave again with the first token, all in one batch.
TEST(Leave, with_an_old_token_does_not_disturb_the_place_taken_since) {
  Stage stage;
  const PlaceRef old = stage.waiting(1);
  const LinePlace stored{kClubNight, old.place, old.user, kNow, std::nullopt};
  stage.leave(old, true);
  const auto joined = queue::decide_join({kClubNight, user_id(1)}, stage.view, stage.now, stored, old.place);
  stage.view.apply(joined.changes);
  const Place place = result_of(joined).place.place;
  EXPECT_NE(place, old.place);
  EXPECT_THAT(stage.leave(old, true).changes.line, IsEmpty());
  const auto again = queue::decide_join({kClubNight, user_id(1)}, stage.view, stage.now, stored, old.place);
  EXPECT_FALSE(result_of(again).is_new);
  EXPECT_EQ(result_of(again).place.place, place);
}

// R-Q4: leaving twice, or after the end, changes nothing.
TEST(Leave, after_the_end_changes_nothing) {
  Stage stage;
  const PlaceRef token = stage.inside(1);
  stage.leave(token);
  const TimePoint ended = stage.now;
  stage.now += Millis(1000);
  const auto again = stage.leave(token);
  EXPECT_EQ(outcome(again), "ok");
  EXPECT_THAT(again.changes.visits, IsEmpty());
  EXPECT_EQ(stage.visit(token).expires_at, ended);
}

// R-Q6: an authentic token of a place that is somebody else's here (another store's) ends nobody's visit.
TEST(Leave, does_not_end_somebody_elses_visit) {
  Stage stage;
  const PlaceRef token = stage.inside(1);
  PlaceRef foreign = token;
  foreign.user = user_id(2);
  const auto decision = stage.leave(foreign);
  EXPECT_EQ(outcome(decision), "TOKEN_NOT_FOUND");
  EXPECT_THAT(decision.changes.visits, IsEmpty());
}

// R-S4, R-S7
TEST(Lapse, cancels_what_has_ended_and_nothing_else) {
  Stage stage;
  stage.charge(1, kPrice);
  const PlaceRef token = stage.inside(1);
  stage.hold(token, {1, 2, 3, 4});
  const ReservationId paid = stage.taken_by(1), pending = stage.taken_by(2), given_back = stage.taken_by(3),
                      held = stage.taken_by(4);
  stage.pay(token, {paid});
  stage.pay(token, {pending});
  stage.cancel(token, given_back);
  stage.now += kHoldTtl - Millis(1);
  stage.hold(stage.inside(2), {5});
  const ReservationId younger = stage.taken_by(5);
  EXPECT_THAT(stage.sweep().reservations, IsEmpty());
  stage.now += Millis(1);
  EXPECT_THAT(stage.sweep().reservations, SizeIs(2));
  EXPECT_EQ(stage.reservation(paid).status, PAID);
  EXPECT_EQ(stage.reservation(pending).reason, CancelReason::LAPSED);
  EXPECT_EQ(stage.reservation(held).reason, CancelReason::LAPSED);
  EXPECT_EQ(stage.reservation(given_back).reason, CancelReason::OWNER);
  EXPECT_EQ(stage.reservation(younger).status, RESERVED);
  EXPECT_THAT(stage.sweep().reservations, IsEmpty());
}

// R-S4: what a reader is told does not wait for the sweep.
TEST(Reservation, reads_as_cancelled_from_its_end_on) {
  Reservation row;
  row.expires_at = kNow;
  EXPECT_EQ(row.status_at(kNow - Millis(1)), RESERVED);
  EXPECT_EQ(row.status_at(kNow), CANCELLED);
  row.status = PAID;
  EXPECT_EQ(row.status_at(kNow), PAID);
}

}  // namespace
}  // namespace stagedoor::reservation
