// The pieces of a cancelled date (R-O1): what becomes of each reservation, and of the money.
#include "modules/operator/date_cancellation.h"

#include <gmock/gmock.h>

#include <map>

#include "support/stage.h"

namespace stagedoor::operators {
namespace {

using namespace stagedoor::test;
using testing::IsEmpty;
using testing::SizeIs;
using enum ReservationStatus;

// Event 2 has the dates 2 and 3, of the same seats; date 3 costs nothing.
struct Night {
  Stage stage;

  PlaceRef fan(std::uint32_t user) {
    stage.charge(user, kBalanceMax);
    return stage.inside(user, kOtherNight);
  }
  ReservationId hold(const PlaceRef& who, int number, std::int64_t date = 2) {
    return result_of(stage.hold_seats(who, {Stage::seat(number, date)})).reservations.front().id;
  }
  ReservationId buy(const PlaceRef& who, int number, std::int64_t date = 2) {
    const ReservationId id = hold(who, number, date);
    EXPECT_EQ(outcome(stage.pay(who, {id})), "ok");
    return id;
  }
  void cancel(DateId carry_to = {}) {
    stage.cancel_date({2}, carry_to);
    stage.now += Millis(1);
  }
  Changes piece(std::size_t seats) {
    const CancellationPiece order{{2}, seats};
    const auto decision = stage.run(
        [&](Keys& keys) { piece_keys(order, stage.view, keys); },
        [&](BatchContext& context) { return Decision<int>(0, decide_piece(order, stage.view, context)); });
    stage.change_catalogue(decision.changes.catalogue);
    return decision.changes;
  }
  const DateCancellation& row() { return *stage.view.catalogue->cancellation({2}); }
  const Reservation& reservation(ReservationId id) { return stage.reservation(id); }
};

TEST(CancelledDate, ends_its_reservations_in_pieces_and_counts_the_money) {
  Night night;
  // Each fan has two seats: buying the last unpaid one ends the visit, so the first is held beside it.
  std::vector<ReservationId> sold;
  for (std::uint32_t user = 1; user <= 10; ++user) {
    const PlaceRef who = night.fan(user);
    const ReservationId first = night.hold(who, int(user)), second = night.hold(who, int(user) + 20);
    ASSERT_EQ(outcome(night.stage.pay(who, {first, second})), "ok");
    sold.insert(sold.end(), {first, second});
  }
  const ReservationId held = night.hold(night.fan(11), 40);
  night.cancel();
  EXPECT_THAT(night.piece(5).reservations, SizeIs(5));
  EXPECT_EQ(night.row().seats_done, 5);
  EXPECT_EQ(night.row().refunded, 5);
  EXPECT_EQ(night.row().refunded_amount, Won{5 * kPrice.amount});
  EXPECT_FALSE(night.row().finished_at);
  EXPECT_EQ(night.reservation(sold[0]).status, REFUNDED);
  EXPECT_EQ(night.reservation(sold[1]).status, PAID);
  night.piece(30);
  const Changes last = night.piece(1000);
  EXPECT_EQ(night.row().seats_done, 50);
  EXPECT_EQ(night.row().finished_at, night.stage.now);
  EXPECT_EQ(night.row().refunded, 20);
  EXPECT_EQ(night.row().refunded_amount, Won{20 * kPrice.amount});
  for (const ReservationId id : sold) EXPECT_EQ(night.reservation(id).status, REFUNDED);
  EXPECT_EQ(night.reservation(held).status, CANCELLED);
  EXPECT_EQ(night.reservation(held).reason, CancelReason::OPERATOR);
  for (std::uint32_t user = 1; user <= 10; ++user) EXPECT_EQ(night.stage.balance(user), kBalanceMax);
  ASSERT_THAT(last.log, SizeIs(1));
  EXPECT_EQ(last.log.front().action, "date.cancel.done");
  EXPECT_EQ(last.log.front().operator_name, "otto");
  EXPECT_EQ(last.log.front().detail,
            R"({"date":2,"refunded":20,"refunded_amount":2200000,"carried":0,"carried_amount":0})");
  const Changes nothing = night.piece(1000);
  EXPECT_THAT(nothing.reservations, IsEmpty());
  EXPECT_TRUE(nothing.catalogue.empty()) << "it is done";
}

// One wallet is written once in a piece, with all its postings.
TEST(CancelledDate, refunds_several_seats_of_one_user_above_the_limit_of_the_balance_R_W5) {
  Night night;
  const PlaceRef who = night.fan(1);
  std::vector<ReservationId> ids;
  for (int seat = 1; seat <= 4; ++seat) ids.push_back(night.hold(who, seat));
  ASSERT_EQ(outcome(night.stage.pay(who, ids)), "ok");
  ASSERT_EQ(outcome(night.stage.charge(1, Won{4 * kPrice.amount})), "ok");
  ASSERT_EQ(night.stage.balance(1), kBalanceMax);
  night.cancel();
  const Changes changes = night.piece(50);
  EXPECT_THAT(changes.wallets, SizeIs(1));
  ASSERT_THAT(changes.postings, SizeIs(4));
  EXPECT_EQ(changes.postings.back().balance_after, kBalanceMax + Won{4 * kPrice.amount});
  EXPECT_EQ(night.stage.balance(1), kBalanceMax + Won{4 * kPrice.amount});
}

TEST(CancelledDate, gives_the_money_of_a_reassigned_seat_to_who_paid_R_P7) {
  Night night;
  const ReservationId id = night.buy(night.fan(1), 7);
  night.stage.charge(2, kPrice);
  ASSERT_EQ(outcome(night.stage.reassign(id, 2)), "ok");
  night.cancel();
  night.piece(50);
  EXPECT_EQ(night.reservation(id).status, REFUNDED);
  EXPECT_EQ(night.stage.balance(1), kBalanceMax);
  EXPECT_EQ(night.stage.balance(2), kPrice);
}

// The audit tells what ended with the date from what ended before by the time.
TEST(CancelledDate, waits_for_a_later_moment_than_its_own) {
  Night night;
  night.buy(night.fan(1), 7);
  night.stage.cancel_date({2});
  EXPECT_THAT(night.piece(50).reservations, IsEmpty());
  night.stage.now += Millis(1);
  EXPECT_THAT(night.piece(50).reservations, SizeIs(1));
}

TEST(CancelledDate, carries_over_to_the_same_seats_where_they_are_free) {
  Night night;
  const ReservationId moved = night.buy(night.fan(1), 1), given = night.buy(night.fan(2), 2),
                      stays = night.buy(night.fan(3), 3), blocked = night.buy(night.fan(4), 4),
                      lapsed = night.buy(night.fan(5), 5);
  night.stage.reassign(given, 9);
  night.hold(night.fan(6), 5, 3);
  night.stage.now += Millis(300'000);  // that hold has ended, and is not swept
  night.buy(night.fan(7), 3, 3);
  night.stage.block(4, 3);
  night.cancel({3});
  const Changes changes = night.piece(50);
  for (const ReservationId id : {moved, given, stays, blocked, lapsed})
    EXPECT_EQ(night.reservation(id).status, REFUNDED);
  EXPECT_EQ(night.row().carried, 3);
  EXPECT_EQ(night.row().carried_amount, Won{3 * kPrice.amount});
  EXPECT_EQ(night.row().refunded, 2);
  EXPECT_EQ(night.row().refunded_amount, Won{2 * kPrice.amount});
  const std::map<int, std::uint32_t> owners = {{1, 1}, {2, 9}, {5, 5}};
  for (const auto& [number, user] : owners) {
    const Reservation& row = night.reservation(night.stage.taken_by(number, 3));
    EXPECT_EQ(row.status, PAID);
    EXPECT_EQ(row.user, user_id(user));
    EXPECT_EQ(row.price, kPrice) << "the price of the hold stays (R-S9)";
  }
  EXPECT_EQ(night.stage.balance(1), kBalanceMax - kPrice);
  EXPECT_EQ(night.stage.balance(2), kBalanceMax - kPrice) << "who paid has paid for it again";
  EXPECT_EQ(night.stage.balance(3), kBalanceMax);
  EXPECT_EQ(night.stage.balance(4), kBalanceMax);
  // R-P7: the chain of owners begins with who paid.
  ASSERT_THAT(changes.reassignments, SizeIs(1));
  EXPECT_EQ(changes.reassignments.front().from_user, user_id(2));
  EXPECT_EQ(changes.reassignments.front().to_user, user_id(9));
}

TEST(CancelledDate, refunds_when_the_other_date_is_cancelled_meanwhile_or_has_begun) {
  for (const bool is_cancelled : {true, false}) {
    Night night;
    const ReservationId id = night.buy(night.fan(1), 1);
    night.cancel({3});
    if (is_cancelled) night.stage.cancel_date({3});
    else night.stage.now = night.stage.date(3).starts_at;
    night.piece(50);
    EXPECT_EQ(night.reservation(id).status, REFUNDED);
    EXPECT_EQ(night.row().carried, 0);
    EXPECT_EQ(night.stage.balance(1), kBalanceMax);
  }
}

TEST(CancelDate, begins_once_and_carries_over_only_to_a_fit_date) {
  Night night;
  Stage& stage = night.stage;
  const auto begin = [&](DateId carry_to) {
    CatalogueChanges changes;
    const auto result =
        begin_cancellation({{2}, "ill", carry_to, "otto"}, *stage.view.catalogue, stage.now, changes);
    return outcome(result) + " " + std::to_string(changes.cancellations.size());
  };
  EXPECT_EQ(begin({}), "ok 1");
  EXPECT_EQ(begin({3}), "ok 1");
  EXPECT_EQ(begin({1}), "INVALID_REQUEST 0") << "of another event";
  EXPECT_EQ(begin({2}), "INVALID_REQUEST 0") << "itself";
  EXPECT_EQ(begin({9}), "EVENT_DATE_NOT_FOUND 0");
  stage.date(3).seats.pop_back();
  EXPECT_EQ(begin({3}), "INVALID_REQUEST 0") << "of other seats";
  stage.date(3).seats = stage.date(2).seats;
  stage.date(3).starts_at = stage.now;
  EXPECT_EQ(begin({3}), "INVALID_REQUEST 0") << "it has begun";
  stage.cancel_date({2}, {3});
  EXPECT_EQ(begin({3}), "ok 0") << "as it is already";
  EXPECT_EQ(begin({}), "INVALID_REQUEST 0") << "not as it is";
}

}  // namespace
}  // namespace stagedoor::operators
