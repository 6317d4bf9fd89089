// Every kind of key, for rows that are there and rows that are not.
#include <gmock/gmock.h>

#include "sample.h"
#include "store_under_test.h"
#include "text.h"

namespace stagedoor::contract {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Load : public EveryStore {
 protected:
  Load() { open_sample(store()); }
};
INSTANTIATE_ON_EVERY_STORE(Load);

TEST_P(Load, answers_absent_rows_as_known_to_be_absent) {
  Keys keys;
  keys.reservations = {ReservationId{1}};
  keys.seats = {seat(1)};
  keys.fans = {{kEvent, user(1)}};
  keys.wallets = {user(1)};
  keys.visits = {{kEvent, 1}};
  keys.answers = {{user(1), "key"}};
  keys.last_ended = {{{seat(1), user(1)}, Millis(1000)}};
  keys.payments = {PaymentId{1}};
  const View view = loaded(store(), keys);

  EXPECT_EQ(view.reservations.find(ReservationId{1}), nullptr);
  EXPECT_EQ(view.seats.find(seat(1))->taken_by, ReservationId{});
  EXPECT_FALSE(view.seats.find(seat(1))->blocked);
  EXPECT_THAT(view.fans.find({kEvent, user(1)})->unpaid, IsEmpty());
  EXPECT_THAT(view.fans.find({kEvent, user(1)})->paid, IsEmpty());
  EXPECT_EQ(view.wallets.find(user(1)), nullptr);
  EXPECT_EQ(view.visits.find({kEvent, 1}), nullptr);
  EXPECT_EQ(view.answers.find({user(1), "key"}), nullptr);
  EXPECT_EQ(view.last_ended.find({seat(1), user(1)}), nullptr);
  EXPECT_EQ(view.payments.find(PaymentId{1}), nullptr);
}

TEST_P(Load, brings_a_reservation_with_every_field) {
  Batch batch;
  Reservation row = paid(hold(1001, seat(3), user(1)), 2001);
  row.place = 4'000'000'000;
  batch.payments.push_back({PaymentId{2001}, user(1), row.price, at(1000), {row.id}});
  put(batch, row);
  commit(store(), batch);

  const View view = loaded(store(), {.reservations = {row.id}});
  EXPECT_EQ(text(view.reservations.find(row.id)), text(row));
}

TEST_P(Load, brings_a_seat_with_its_blocking_and_the_row_that_takes_it) {
  const auto row = hold(1001, seat(3), user(1));
  commit_rows(store(), row, SeatBlock{seat(4), true});

  const View view = loaded(store(), {.seats = {seat(3), seat(4)}});
  EXPECT_EQ(view.seats.find(seat(3))->taken_by, row.id);
  EXPECT_FALSE(view.seats.find(seat(3))->blocked);
  EXPECT_EQ(text(view.reservations.find(row.id)), text(row));
  EXPECT_EQ(view.seats.find(seat(4))->taken_by, ReservationId{});
  EXPECT_TRUE(view.seats.find(seat(4))->blocked);
}

TEST_P(Load, takes_a_lapsed_hold_for_taking_its_seat_until_it_is_swept) {
  const auto row = hold(1001, seat(3), user(1), at(-10'000'000));
  commit_rows(store(), row);
  EXPECT_EQ(loaded(store(), {.seats = {seat(3)}}).seats.find(seat(3))->taken_by, row.id);

  commit_change(store(), cancelled(row, CancelReason::LAPSED), row);
  EXPECT_EQ(loaded(store(), {.seats = {seat(3)}}).seats.find(seat(3))->taken_by, ReservationId{});
}

TEST_P(Load, brings_a_fan_with_unpaid_and_paid_seats_of_the_event_and_their_rows) {
  const auto first = hold(1001, seat(1), user(1));
  const auto second = hold(70'002, seat(2), user(1));  // another generation of ids
  const auto bought = paid(hold(140'003, seat(3), user(1)), 2001);
  const auto gone = cancelled(hold(1004, seat(4), user(1)), CancelReason::OWNER);
  const auto other = hold(1005, seat(5), user(2));
  Batch batch;
  batch.payments.push_back({PaymentId{2001}, user(1), bought.price, at(1000), {bought.id}});
  for (const auto& row : {first, second, bought, gone, other}) put(batch, row);
  commit(store(), batch);

  for (int round = 0; round < 2; ++round) {
    const View view = loaded(store(), {.fans = {{kEvent, user(1)}, {EventId{9}, user(1)}}});
    const FanSeats* fan = view.fans.find({kEvent, user(1)});
    EXPECT_THAT(fan->unpaid, ElementsAre(first.id, second.id));
    EXPECT_THAT(fan->paid, ElementsAre(bought.id));
    EXPECT_EQ(text(view.reservations.find(second.id)), text(second));
    EXPECT_EQ(text(view.reservations.find(bought.id)), text(bought));
    EXPECT_FALSE(view.reservations.knows(gone.id));
    EXPECT_THAT(view.fans.find({EventId{9}, user(1)})->unpaid, IsEmpty());
    reopen();  // what is known of fans after a restart comes from the rows
  }
}

TEST_P(Load, finds_a_reservation_by_its_new_owner) {
  const auto row = hold(1001, seat(1), user(1));
  commit_rows(store(), row);
  Reservation moved = row;
  moved.user = user(2);
  ++moved.version;
  commit_change(store(), moved, row);

  const View view = loaded(store(), {.fans = {{kEvent, user(1)}, {kEvent, user(2)}}});
  EXPECT_THAT(view.fans.find({kEvent, user(1)})->unpaid, IsEmpty());
  EXPECT_THAT(view.fans.find({kEvent, user(2)})->unpaid, ElementsAre(row.id));
  EXPECT_EQ(text(view.reservations.find(row.id)), text(moved));
}

TEST_P(Load, brings_the_end_of_the_newest_hold_of_a_user_on_a_seat) {  // R-S8
  const auto lapse = [&](std::int64_t id, SeatId where, std::uint8_t who, TimePoint made) {
    const auto row = hold(id, where, user(who), made);
    commit_rows(store(), cancelled(row, CancelReason::LAPSED, made + Millis(300'000)));
  };
  lapse(1001, seat(1), 1, at(0));
  lapse(90'000, seat(1), 1, at(400'000));
  lapse(90'001, seat(2), 1, at(500'000));
  lapse(90'002, seat(1), 2, at(600'000));
  commit_rows(store(), cancelled(hold(200'000, seat(1), user(1), at(700'000)), CancelReason::OPERATOR));
  commit_rows(store(),
              cancelled(hold(200'001, seat(4), user(1), at(700'000)), CancelReason::LAPSED, at(1'200'000)));
  commit_rows(store(),
              cancelled(hold(300'000, seat(3), user(1), at(1'300'000)), CancelReason::OWNER, at(1'300'005)));

  Keys keys;
  for (const auto& key : {SeatUser{seat(1), user(1)}, SeatUser{seat(2), user(2)}, SeatUser{seat(3), user(1)},
                          SeatUser{seat(4), user(1)}})
    keys.last_ended[key] = Millis(2'000'000);
  const View view = loaded(store(), keys);
  EXPECT_EQ(*view.last_ended.find({seat(1), user(1)}), at(700'000)) << "not what an operator cancelled";
  EXPECT_EQ(view.last_ended.find({seat(2), user(2)}), nullptr);
  EXPECT_EQ(*view.last_ended.find({seat(3), user(1)}), at(1'300'005)) << "given up";
  EXPECT_EQ(*view.last_ended.find({seat(4), user(1)}), at(1'000'000)) << "it lapsed before it was swept";
}

TEST_P(Load, brings_wallets_visits_and_answers) {
  Batch batch;
  const auto purse = wallet(3001, user(1), 5000, 1);
  const auto turn = visit(7, user(1));
  auto remembered = answer(user(1), std::string("k'\"\x01", 4));
  remembered.headers.clear();
  put(batch, purse);
  put(batch, turn);
  batch.answers = {remembered, answer(user(1), "other"), answer(user(2), remembered.key)};
  commit(store(), batch);

  const UserKey key{user(1), remembered.key};
  const View view = loaded(store(), {.wallets = {user(1)}, .visits = {{kEvent, 7}}, .answers = {key}});
  EXPECT_EQ(text(view.wallets.find(user(1))), text(purse));
  EXPECT_EQ(text(view.visits.find({kEvent, 7})), text(turn));
  EXPECT_EQ(text(view.answers.find(key)), text(remembered));
}

TEST_P(Load, brings_a_payment_with_its_reservations_by_id) {
  const auto first = paid(hold(1001, seat(1), user(1)), 2001);
  const auto second = paid(hold(1002, seat(2), user(1)), 2001);
  Batch batch;
  const Payment payment{PaymentId{2001}, user(1), Won{180'000}, at(1000), {first.id, second.id}};
  batch.payments.push_back(payment);
  put(batch, second);
  put(batch, first);
  commit(store(), batch);

  const View view = loaded(store(), {.payments = {payment.id}});
  EXPECT_EQ(text(view.payments.find(payment.id)), text(payment));
}

TEST_P(Load, needs_no_write_and_leaves_nothing) {
  const auto transaction = store().begin();
  View view;
  transaction->load({.wallets = {user(1)}}, view);
  transaction->load({.wallets = {user(2)}}, view);
  transaction->commit();
  EXPECT_EQ(startup().latest_moment(), TimePoint{});
}

}  // namespace
}  // namespace stagedoor::contract
