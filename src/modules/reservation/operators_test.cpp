// What operators do to one reservation: release a hold, give a sale to another user (R-O1, R-P7).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "modules/reservation/model.h"
#include "support/stage.h"

namespace stagedoor::reservation {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using enum ReservationStatus;

constexpr Millis kSaleHoldTtl{300'000};

// User 1 holds seat 7, and has the money for ten seats.
struct Sale {
  Stage stage;
  PlaceRef fan;
  ReservationId id;

  Sale() {
    stage.charge(1, Won{10 * kPrice.amount});
    fan = stage.inside(1);
    id = result_of(stage.hold(fan, {7})).reservations.front().id;
  }
  void pay() { ASSERT_EQ(outcome(stage.pay(fan, {id})), "ok"); }
};

struct Row {
  const char* when;
  std::function<void(Sale&)> arrange;
  const char* decision;
};

// R-O1, I-20
TEST(Release, follows_the_table) {
  const Row rows[] = {
      {"it is held", [](Sale&) {}, "ok"},
      {"a payment was refused (R-S7)",
       [](Sale& sale) {
         sale.stage.event().policy.seats_per_user = 100;
         sale.stage.hold(sale.fan, {1, 2, 3, 4, 5, 6, 8, 9, 10, 11});
         std::vector<ReservationId> all{sale.id};
         for (int seat = 1; seat <= 11; ++seat)
           if (seat != 7) all.push_back(sale.stage.taken_by(seat));
         ASSERT_EQ(outcome(sale.stage.pay(sale.fan, all)), "NOT_ENOUGH_BALANCE");
       },
       "ok"},
      {"in its last millisecond", [](Sale& sale) { sale.stage.now += kSaleHoldTtl - Millis(1); }, "ok"},
      {"it has ended", [](Sale& sale) { sale.stage.now += kSaleHoldTtl; }, "RESERVATION_EXPIRED"},
      {"it is paid", [](Sale& sale) { sale.pay(); }, "RESERVATION_ALREADY_PAID"},
      {"its owner cancelled it", [](Sale& sale) { sale.stage.cancel(sale.fan, sale.id); },
       "WRONG_RESERVATION_STATUS"},
      {"it was released", [](Sale& sale) { sale.stage.release(sale.id); }, "WRONG_RESERVATION_STATUS"},
      {"it does not exist", [](Sale& sale) { sale.id = {999}; }, "RESERVATION_NOT_FOUND"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.when);
    Sale sale;
    row.arrange(sale);
    const auto decision = sale.stage.release(sale.id);
    EXPECT_EQ(outcome(decision), row.decision);
    EXPECT_EQ(decision.changes.reservations.size(), outcome(decision) == "ok" ? 1U : 0U);
  }
}

TEST(Release, frees_the_seat_and_says_that_an_operator_did_it) {
  Sale sale;
  const auto decision = sale.stage.release(sale.id);
  EXPECT_EQ(result_of(decision).status, CANCELLED);
  EXPECT_EQ(result_of(decision).reason, CancelReason::OPERATOR);
  EXPECT_THAT(decision.changes.outbox,
              ElementsAre(Field(&OutboxRow::type, "stagedoor.reservation.cancelled.v1")));
  EXPECT_EQ(outcome(sale.stage.hold(sale.stage.inside(2), {7})), "ok");
  EXPECT_EQ(outcome(sale.stage.pay(sale.fan, {sale.id})), "WRONG_RESERVATION_STATUS");
}

// R-P7, I-4, I-20
TEST(Reassign, follows_the_table) {
  const Row rows[] = {
      {"it is paid", [](Sale& sale) { sale.pay(); }, "ok"},
      {"it is only held", [](Sale&) {}, "WRONG_RESERVATION_STATUS"},
      {"it was refunded",
       [](Sale& sale) {
         sale.pay();
         sale.stage.refund(sale.id, std::nullopt);
       },
       "WRONG_RESERVATION_STATUS"},
      {"its date is cancelled",
       [](Sale& sale) {
         sale.pay();
         sale.stage.cancel_date({1});
       },
       "WRONG_RESERVATION_STATUS"},
      {"the user has it already",
       [](Sale& sale) {
         sale.pay();
         sale.stage.reassign(sale.id, 2);
       },
       "INVALID_REQUEST"},
      {"the user has one seat less than is allowed",
       [](Sale& sale) {
         sale.pay();
         sale.stage.hold(sale.stage.inside(2), {1, 2, 3});
       },
       "ok"},
      {"the user has as many seats as are allowed (R-S8)",
       [](Sale& sale) {
         sale.pay();
         sale.stage.hold(sale.stage.inside(2), {1, 2, 3, 4});
       },
       "SEAT_LIMIT_EXCEEDED"},
      {"it does not exist", [](Sale& sale) { sale.id = {999}; }, "RESERVATION_NOT_FOUND"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.when);
    Sale sale;
    row.arrange(sale);
    const auto decision = sale.stage.reassign(sale.id, 2);
    EXPECT_EQ(outcome(decision), row.decision);
    const bool is_done = outcome(decision) == "ok";
    EXPECT_EQ(decision.changes.reservations.size(), is_done ? 1U : 0U);
    EXPECT_EQ(decision.changes.reassignments.size(), is_done ? 1U : 0U);
    EXPECT_EQ(decision.changes.outbox.size(), is_done ? 3U : 0U);
  }
}

// R-P7: (from, to, by, at); no money moves.
TEST(Reassign, writes_from_whom_to_whom_and_tells_it) {
  Sale sale;
  sale.pay();
  sale.stage.now += Millis(1000);
  const auto decision = sale.stage.reassign(sale.id, 2);
  const Reservation& row = result_of(decision);
  EXPECT_EQ(row.user, user_id(2));
  EXPECT_EQ(row.status, PAID);
  ASSERT_THAT(decision.changes.reassignments, SizeIs(1));
  const Reassignment& written = decision.changes.reassignments.front();
  EXPECT_EQ(written.reservation, sale.id);
  EXPECT_EQ(written.version, row.version);
  EXPECT_EQ(written.from_user, user_id(1));
  EXPECT_EQ(written.to_user, user_id(2));
  EXPECT_EQ(written.operator_name, "otto");
  EXPECT_EQ(written.reassigned_at, sale.stage.now);
  ASSERT_THAT(decision.changes.outbox,
              ElementsAre(Field(&OutboxRow::type, "stagedoor.reservation.reassigned.v1"),
                          Field(&OutboxRow::type, "stagedoor.ticket.revoked.v1"),
                          Field(&OutboxRow::type, "stagedoor.ticket.issued.v1")));
  EXPECT_THAT(decision.changes.outbox.front().payload,
              HasSubstr(R"("previousUserId":"00000000-0000-0000-0000-000000000001")"));
  EXPECT_THAT(decision.changes.postings, IsEmpty());
}

// I-32: a date may be moved closer than the holds of before would allow.
TEST(MovedDate, is_not_paid_once_it_has_begun) {
  Sale sale;
  sale.stage.charge(1, kBalanceMax);
  sale.stage.date().starts_at = sale.stage.now;
  EXPECT_EQ(outcome(sale.stage.pay(sale.fan, {sale.id})), "BOOKING_CLOSED");
  sale.stage.date().starts_at += Millis(1);
  EXPECT_EQ(outcome(sale.stage.pay(sale.fan, {sale.id})), "ok");
}

// However much happens in one batch.
TEST(Reassign, never_lets_a_row_be_older_than_it_was) {
  Sale sale;
  sale.pay();
  const TimePoint given = result_of(sale.stage.reassign(sale.id, 2)).updated_at;
  EXPECT_GE(result_of(sale.stage.refund(sale.id, std::nullopt)).updated_at, given);
}

// I-4: the seat counts for the new user and no longer for the old one, in the same batch, too.
TEST(Reassign, moves_the_seat_in_the_limits_of_both_users) {
  Sale sale;
  sale.pay();
  sale.stage.event().policy.seats_per_user = 1;
  ASSERT_EQ(outcome(sale.stage.reassign(sale.id, 2)), "ok");
  EXPECT_EQ(outcome(sale.stage.hold(sale.stage.inside(1), {8})), "ok");
  EXPECT_EQ(outcome(sale.stage.hold(sale.stage.inside(2), {9})), "SEAT_LIMIT_EXCEEDED");
}

// R-P7: money goes back to who paid, whoever asks for it.
TEST(Reassign, leaves_the_refund_with_who_paid) {
  for (const bool by_owner : {true, false}) {
    Sale sale;
    sale.pay();
    sale.stage.reassign(sale.id, 2);
    sale.stage.reassign(sale.id, 3);
    const Won before = sale.stage.balance(1);
    EXPECT_EQ(outcome(sale.stage.refund(sale.id, user_id(1))), "FORBIDDEN");
    EXPECT_EQ(outcome(sale.stage.refund(sale.id, by_owner ? std::optional(user_id(3)) : std::nullopt)), "ok");
    EXPECT_EQ(sale.stage.balance(1), before + kPrice);
    EXPECT_EQ(sale.stage.balance(3), Won{0});
  }
}

// R-O1: a cancelled date ends its reservations itself, each once.
TEST(CancelledDate, takes_neither_payments_nor_single_refunds) {
  Sale sale;
  const ReservationId held = result_of(sale.stage.hold(sale.fan, {8})).reservations.front().id;
  sale.pay();
  sale.stage.cancel_date({1});
  const auto paid = sale.stage.pay(sale.fan, {held});
  EXPECT_EQ(outcome(paid), "BOOKING_CLOSED");
  EXPECT_THAT(refusal_in(paid).message, HasSubstr("The singer is ill."));
  EXPECT_EQ(outcome(sale.stage.refund(sale.id, user_id(1))), "WRONG_RESERVATION_STATUS");
  EXPECT_EQ(outcome(sale.stage.refund(sale.id, std::nullopt)), "WRONG_RESERVATION_STATUS");
  EXPECT_EQ(outcome(sale.stage.hold(sale.fan, {9})), "SEAT_NOT_FOUND");
  EXPECT_EQ(outcome(sale.stage.release(held)), "ok");
}

}  // namespace
}  // namespace stagedoor::reservation
