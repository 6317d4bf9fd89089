#include "modules/payment/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "support/stage.h"

namespace stagedoor::payment {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::SizeIs;
using enum ReservationStatus;

constexpr Millis kHoldTtl{300'000};

// A fan with a hold of seat 7 and, unless told otherwise, the money for ten seats.
struct Buyer {
  Stage stage;
  PlaceRef token;
  ReservationId hold;

  explicit Buyer(Won money = Won{10 * kPrice.amount}) {
    if (money > Won{0}) stage.charge(1, money);
    token = stage.inside(1);
    hold = take(7);
  }
  ReservationId take(int number) { return result_of(stage.hold(token, {number})).reservations.front().id; }
  Decision<Paid> pay() { return stage.pay(token, {hold}); }
};

void expect_no_effect(const Changes& changes) {
  EXPECT_THAT(changes.reservations, IsEmpty());
  EXPECT_THAT(changes.wallets, IsEmpty());
  EXPECT_THAT(changes.postings, IsEmpty());
  EXPECT_THAT(changes.payments, IsEmpty());
  EXPECT_THAT(changes.visits, IsEmpty());
  EXPECT_THAT(changes.outbox, IsEmpty());
}

// R-P3, I-3, I-20. Each row: what has become of the hold, the visit or the money when the fan pays.
TEST(Pay, follows_the_table) {
  struct Row {
    const char* when;
    std::function<void(Buyer&)> arrange;
    const char* decision;
  };
  const Row rows[] = {
      {"all is well (R-P1)", [](Buyer&) {}, "ok"},
      {"a payment was refused before (R-S7)",
       [](Buyer& buyer) {
         Stage& stage = buyer.stage;
         const Won all = stage.balance(1);
         stage.event().policy.seats_per_user = 100;
         std::vector<ReservationId> many{buyer.hold};
         for (int number = 8; number < 18; ++number) many.push_back(buyer.take(number));
         EXPECT_EQ(outcome(stage.pay(buyer.token, many)), "NOT_ENOUGH_BALANCE");
         EXPECT_EQ(stage.balance(1), all);
       },
       "ok"},
      {"in the last millisecond", [](Buyer& buyer) { buyer.stage.now += kHoldTtl - Millis(1); }, "ok"},
      {"in the millisecond of its end (R-S4)", [](Buyer& buyer) { buyer.stage.now += kHoldTtl; },
       "RESERVATION_EXPIRED"},
      {"after the sweep",
       [](Buyer& buyer) {
         buyer.stage.now += kHoldTtl;
         buyer.stage.sweep();
       },
       "RESERVATION_EXPIRED"},
      {"after another user has taken the seat",
       [](Buyer& buyer) {
         buyer.stage.now += kHoldTtl;
         buyer.stage.hold(buyer.stage.inside(2), {7});
       },
       "RESERVATION_EXPIRED"},
      {"it was cancelled by its owner", [](Buyer& buyer) { buyer.stage.cancel(buyer.token, buyer.hold); },
       "WRONG_RESERVATION_STATUS"},
      {"it was given up with the place (R-Q4)", [](Buyer& buyer) { buyer.stage.leave(buyer.token); },
       "WRONG_RESERVATION_STATUS"},
      {"it is paid, and the visit over with it (R-P4)", [](Buyer& buyer) { buyer.pay(); },
       "RESERVATION_ALREADY_PAID"},
      {"it is paid, and its time long over",
       [](Buyer& buyer) {
         buyer.pay();
         buyer.stage.now += kHoldTtl * 10;
       },
       "RESERVATION_ALREADY_PAID"},
      {"it was refunded",
       [](Buyer& buyer) {
         buyer.pay();
         buyer.stage.refund(buyer.hold, user_id(1));
       },
       "WRONG_RESERVATION_STATUS"},
      {"it does not exist", [](Buyer& buyer) { buyer.hold = {999}; }, "RESERVATION_NOT_FOUND"},
      {"it is another user's (R-S11)", [](Buyer& buyer) { buyer.token = buyer.stage.inside(2); },
       "FORBIDDEN"},
      {"it is another user's and paid",
       [](Buyer& buyer) {
         buyer.pay();
         buyer.token = buyer.stage.inside(2);
       },
       "FORBIDDEN"},
      {"with a token that still waits", [](Buyer& buyer) { buyer.token = buyer.stage.waiting(1); },
       "WRONG_TOKEN_TURN"},
      {"with a token of another event",
       [](Buyer& buyer) { buyer.token = buyer.stage.inside(1, kOtherNight); }, "WRONG_TOKEN_EVENT"},
      {"the sale has closed meanwhile", [](Buyer& buyer) { buyer.stage.event().closed = true; }, "ok"},
      {"the booking window has closed meanwhile",
       [](Buyer& buyer) { buyer.stage.date().booking.until = buyer.stage.now; }, "ok"},
      {"the seat was blocked meanwhile (R-S12)", [](Buyer& buyer) { buyer.stage.block(7); }, "ok"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.when);
    Buyer buyer;
    row.arrange(buyer);
    const auto decision = buyer.pay();
    EXPECT_EQ(outcome(decision), row.decision);
    if (outcome(decision) != "ok") expect_no_effect(decision.changes);
  }
}

// R-P1, R-P2, I-9, I-10, I-21
TEST(Pay, moves_everything_together) {
  Buyer buyer;
  const auto decision = buyer.pay();
  const auto& [payment, reservations] = result_of(decision);
  EXPECT_EQ(payment.total, kPrice);
  EXPECT_EQ(payment.user, user_id(1));
  EXPECT_EQ(payment.created_at, buyer.stage.now);
  EXPECT_THAT(payment.reservations, ElementsAre(buyer.hold));
  EXPECT_THAT(decision.changes.payments, SizeIs(1));
  ASSERT_THAT(decision.changes.reservations, SizeIs(1));
  const Reservation& row = decision.changes.reservations.front();
  EXPECT_EQ(row.status, PAID);
  EXPECT_EQ(row.payment, payment.id);
  EXPECT_EQ(row.paid_at, buyer.stage.now);
  ASSERT_THAT(decision.changes.postings, SizeIs(1));
  const Posting& posting = decision.changes.postings.front();
  EXPECT_EQ(posting.type, PostingType::USE);
  EXPECT_EQ(posting.amount, kPrice);
  EXPECT_EQ(posting.reservation, buyer.hold);
  EXPECT_EQ(posting.credit_account, kHouseAccount);
  EXPECT_EQ(buyer.stage.balance(1), Won{9 * kPrice.amount});
  EXPECT_THAT(decision.changes.outbox, ElementsAre(Field(&OutboxRow::type, "stagedoor.reservation.paid.v1"),
                                                   Field(&OutboxRow::type, "stagedoor.ticket.issued.v1"),
                                                   Field(&OutboxRow::type, "stagedoor.wallet.used.v1"),
                                                   Field(&OutboxRow::type, "stagedoor.payment.made.v1")));
  EXPECT_EQ(buyer.stage.taken_by(7), buyer.hold);
}

// R-P3
TEST(Pay, without_enough_balance_leaves_the_hold_pending_with_its_time) {
  Buyer buyer(kPrice - Won{1});
  const TimePoint ends = buyer.stage.reservation(buyer.hold).expires_at;
  const auto decision = buyer.pay();
  ASSERT_EQ(outcome(decision), "NOT_ENOUGH_BALANCE");
  const Refusal& refusal = refusal_in(decision);
  const std::string url = "/users/" + to_string(user_id(1)) + "/balance/charge";
  EXPECT_THAT(refusal.headers, ElementsAre(testing::Pair("Location", url)));
  EXPECT_THAT(refusal.extra,
              ElementsAre(testing::Pair("chargeUrl", '"' + url + '"'), testing::Pair("balance", "109999"),
                          testing::Pair("price", "110000")));
  EXPECT_THAT(decision.changes.reservations, ElementsAre(Field(&Reservation::status, PENDING)));
  EXPECT_THAT(decision.changes.wallets, IsEmpty());
  EXPECT_THAT(decision.changes.postings, IsEmpty());
  EXPECT_THAT(decision.changes.payments, IsEmpty());
  EXPECT_THAT(decision.changes.visits, IsEmpty());
  EXPECT_EQ(buyer.stage.reservation(buyer.hold).expires_at, ends);
  EXPECT_EQ(buyer.stage.balance(1), kPrice - Won{1});

  EXPECT_THAT(buyer.pay().changes.reservations, IsEmpty());  // pending already: nothing to change
  buyer.stage.charge(1, Won{1});
  EXPECT_EQ(outcome(buyer.pay()), "ok");
  EXPECT_EQ(buyer.stage.balance(1), Won{0});
}

// R-P3: a user never seen by the wallet.
TEST(Pay, without_a_wallet_is_refused_for_lack_of_balance) {
  Buyer buyer(Won{0});
  EXPECT_EQ(outcome(buyer.pay()), "NOT_ENOUGH_BALANCE");
}

// R-S7: both lapse.
TEST(Pay, does_not_keep_a_pending_hold_from_lapsing) {
  Buyer buyer(Won{0});
  buyer.pay();
  buyer.stage.now += kHoldTtl;
  EXPECT_EQ(outcome(buyer.pay()), "RESERVATION_EXPIRED");
  EXPECT_EQ(outcome(buyer.stage.hold(buyer.stage.inside(2), {7})), "ok");
}

// R-P1
TEST(Pay, pays_several_in_one_payment_all_or_none) {
  struct Row {
    const char* when;
    std::function<void(Buyer&, ReservationId)> arrange;
    const char* decision;
  };
  const Row rows[] = {
      {"all is well", [](Buyer&, auto) {}, "ok"},
      {"the last was cancelled", [](Buyer& buyer, auto id) { buyer.stage.cancel(buyer.token, id); },
       "WRONG_RESERVATION_STATUS"},
      {"the last has lapsed",  // it was held earlier and for less time
       [](Buyer& buyer, auto id) {
         const_cast<Reservation&>(buyer.stage.reservation(id)).expires_at = buyer.stage.now;
       },
       "RESERVATION_EXPIRED"},
      {"the last is paid", [](Buyer& buyer, auto id) { buyer.stage.pay(buyer.token, {id}); },
       "RESERVATION_ALREADY_PAID"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.when);
    Buyer buyer;
    const ReservationId second = buyer.take(8), third = buyer.take(9);
    row.arrange(buyer, third);
    const Won before = buyer.stage.balance(1);
    const auto decision = buyer.stage.pay(buyer.token, {buyer.hold, second, third});
    EXPECT_EQ(outcome(decision), row.decision);
    if (outcome(decision) != "ok") {
      expect_no_effect(decision.changes);
      EXPECT_EQ(buyer.stage.reservation(buyer.hold).status, RESERVED);
      continue;
    }
    EXPECT_EQ(result_of(decision).payment.total, Won{3 * kPrice.amount});
    EXPECT_THAT(result_of(decision).payment.reservations, ElementsAre(buyer.hold, second, third));
    EXPECT_THAT(decision.changes.postings, SizeIs(3));
    EXPECT_EQ(buyer.stage.balance(1), before - Won{3 * kPrice.amount});
  }
}

// R-P1, R-P3: the total counts, not the single price.
TEST(Pay, of_several_needs_the_balance_for_all) {
  Buyer buyer(Won{2 * kPrice.amount - 1});
  const ReservationId second = buyer.take(8);
  const auto decision = buyer.stage.pay(buyer.token, {buyer.hold, second});
  EXPECT_EQ(outcome(decision), "NOT_ENOUGH_BALANCE");
  EXPECT_EQ(buyer.stage.reservation(buyer.hold).status, PENDING);
  EXPECT_EQ(buyer.stage.reservation(second).status, PENDING);
  EXPECT_EQ(outcome(buyer.pay()), "ok");
}

// R-P1: holds of two events cannot be paid with the token of one.
TEST(Pay, of_two_events_is_refused) {
  Buyer buyer;
  const PlaceRef other = buyer.stage.inside(1, kOtherNight);
  const ReservationId elsewhere =
      result_of(buyer.stage.hold_seats(other, {Stage::seat(1, 2)})).reservations.front().id;
  EXPECT_EQ(outcome(buyer.stage.pay(buyer.token, {buyer.hold, elsewhere})), "WRONG_TOKEN_EVENT");
}

// R-P4
TEST(Pay, ends_the_visit_with_the_last_hold_and_not_before) {
  Buyer buyer;
  const ReservationId second = buyer.take(8);
  const TimePoint end = buyer.stage.visit(buyer.token).expires_at;
  EXPECT_THAT(buyer.pay().changes.visits, IsEmpty());
  EXPECT_EQ(buyer.stage.visit(buyer.token).expires_at, end);
  buyer.stage.now += Millis(7);
  buyer.stage.pay(buyer.token, {second});
  EXPECT_EQ(buyer.stage.visit(buyer.token).expires_at, buyer.stage.now);
  EXPECT_EQ(outcome(buyer.stage.hold(buyer.token, {9})), "TOKEN_EXPIRED");
}

// R-P4
TEST(Pay, ends_the_visit_when_the_other_holds_are_over_or_elsewhere) {
  const std::function<void(Buyer&)> others[] = {
      [](Buyer& buyer) { buyer.stage.cancel(buyer.token, buyer.take(8)); },
      [](Buyer& buyer) {
        const_cast<Reservation&>(buyer.stage.reservation(buyer.take(8))).expires_at = kNow;
      },
      [](Buyer& buyer) { buyer.stage.hold_seats(buyer.stage.inside(1, kOtherNight), {Stage::seat(1, 2)}); },
      [](Buyer& buyer) { buyer.stage.hold(buyer.stage.inside(2), {8}); },
  };
  for (const auto& arrange : others) {
    Buyer buyer;
    arrange(buyer);
    buyer.pay();
    EXPECT_EQ(buyer.stage.visit(buyer.token).expires_at, buyer.stage.now);
  }
}

// R-P2: a seat for nothing is paid without a posting.
TEST(Pay, needs_no_balance_for_a_price_of_zero) {
  Stage stage;
  const PlaceRef token = stage.inside(1, kOtherNight);
  const ReservationId free = result_of(stage.hold_seats(token, {Stage::seat(1, 3)})).reservations.front().id;
  const auto decision = stage.pay(token, {free});
  ASSERT_EQ(outcome(decision), "ok");
  EXPECT_EQ(result_of(decision).reservations.front().status, PAID);
  EXPECT_THAT(decision.changes.payments, SizeIs(1));
  EXPECT_THAT(decision.changes.postings, IsEmpty());
  EXPECT_THAT(decision.changes.wallets, IsEmpty());
  EXPECT_EQ(outcome(stage.refund(free, user_id(1))), "ok");
}

// R-S9: the price of the hold, not that of today.
TEST(Pay, takes_the_price_that_was_fixed_with_the_hold) {
  Buyer buyer;
  buyer.stage.date().categories.front().price = Won{1};
  EXPECT_EQ(result_of(buyer.pay()).payment.total, kPrice);
}

// R-P6
TEST(Refund, follows_the_table) {
  struct Row {
    const char* when;
    std::function<void(Buyer&)> arrange;
    const char* to_owner;
    const char* to_operator;
  };
  const Row rows[] = {
      {"it is paid", [](Buyer& buyer) { buyer.pay(); }, "ok", "ok"},
      {"in the last millisecond",
       [](Buyer& buyer) {
         buyer.pay();
         buyer.stage.now = *buyer.stage.event().policy.refund_until - Millis(1);
       },
       "ok", "ok"},
      {"refund_until has come",
       [](Buyer& buyer) {
         buyer.pay();
         buyer.stage.now = *buyer.stage.event().policy.refund_until;
       },
       "WRONG_RESERVATION_STATUS", "ok"},
      {"the event gives nothing back",
       [](Buyer& buyer) {
         buyer.pay();
         buyer.stage.event().policy.refund_until.reset();
       },
       "WRONG_RESERVATION_STATUS", "ok"},
      {"it is only held", [](Buyer&) {}, "WRONG_RESERVATION_STATUS", "WRONG_RESERVATION_STATUS"},
      {"it was cancelled", [](Buyer& buyer) { buyer.stage.cancel(buyer.token, buyer.hold); },
       "WRONG_RESERVATION_STATUS", "WRONG_RESERVATION_STATUS"},
      {"it was refunded",
       [](Buyer& buyer) {
         buyer.pay();
         buyer.stage.refund(buyer.hold, std::nullopt);
       },
       "WRONG_RESERVATION_STATUS", "WRONG_RESERVATION_STATUS"},
      {"it does not exist", [](Buyer& buyer) { buyer.hold = {999}; }, "RESERVATION_NOT_FOUND",
       "RESERVATION_NOT_FOUND"},
  };
  for (const Row& row : rows) {
    for (const bool is_owner : {true, false}) {
      SCOPED_TRACE(std::string(row.when) + (is_owner ? ", to the owner" : ", to an operator"));
      Buyer buyer;
      row.arrange(buyer);
      const Won before = buyer.stage.balance(1);
      const auto decision =
          buyer.stage.refund(buyer.hold, is_owner ? std::optional(user_id(1)) : std::nullopt);
      EXPECT_EQ(outcome(decision), is_owner ? row.to_owner : row.to_operator);
      const bool is_done = outcome(decision) == "ok";
      EXPECT_EQ(buyer.stage.balance(1), is_done ? before + kPrice : before);
      if (!is_done) expect_no_effect(decision.changes);
    }
  }
}

// R-S11
TEST(Refund, of_another_users_reservation_is_forbidden) {
  Buyer buyer;
  buyer.pay();
  const auto decision = buyer.stage.refund(buyer.hold, user_id(2));
  EXPECT_EQ(outcome(decision), "FORBIDDEN");
  expect_no_effect(decision.changes);
}

// R-P6, I-11
TEST(Refund, gives_the_money_back_and_the_seat_free) {
  Buyer buyer;
  buyer.pay();
  const auto decision = buyer.stage.refund(buyer.hold, user_id(1));
  EXPECT_EQ(result_of(decision).status, REFUNDED);
  ASSERT_THAT(decision.changes.postings, SizeIs(1));
  const Posting& posting = decision.changes.postings.front();
  EXPECT_EQ(posting.type, PostingType::REFUND);
  EXPECT_EQ(posting.amount, kPrice);
  EXPECT_EQ(posting.reservation, buyer.hold);
  EXPECT_EQ(posting.debit_account, kHouseAccount);
  EXPECT_THAT(decision.changes.outbox,
              ElementsAre(Field(&OutboxRow::type, "stagedoor.reservation.refunded.v1"),
                          Field(&OutboxRow::type, "stagedoor.ticket.revoked.v1"),
                          Field(&OutboxRow::type, "stagedoor.wallet.refunded.v1")));
  EXPECT_FALSE(buyer.stage.taken_by(7));
  EXPECT_EQ(outcome(buyer.stage.hold(buyer.stage.inside(2), {7})), "ok");
}

// R-W5
TEST(Refund, takes_the_balance_above_its_limit) {
  Buyer buyer;
  buyer.pay();
  ASSERT_EQ(outcome(buyer.stage.charge(1, kBalanceMax - buyer.stage.balance(1))), "ok");
  EXPECT_EQ(outcome(buyer.stage.refund(buyer.hold, user_id(1))), "ok");
  EXPECT_EQ(buyer.stage.balance(1), kBalanceMax + kPrice);
  EXPECT_EQ(outcome(buyer.stage.charge(1, Won{1})), "BALANCE_LIMIT_EXCEEDED");
}

}  // namespace
}  // namespace stagedoor::payment
