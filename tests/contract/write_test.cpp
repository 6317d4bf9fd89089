// Every kind of change; guards and constraints; all or nothing.
#include <gmock/gmock.h>

#include "sample.h"
#include "store_under_test.h"
#include "text.h"

namespace stagedoor::contract {
namespace {

class WriteBatch : public EveryStore {
 protected:
  WriteBatch() { open_sample(store()); }

  std::string reservation(std::int64_t id) { return text(queries()->reservation(ReservationId{id})); }
  // Everything that the tests here touch.
  std::string state() {
    const auto reader = queries();
    return text(ports(), *reader,
                {.users = {user(1), user(2)},
                 .seats = {seat(1), seat(2)},
                 .answers = {{user(1), "a"}},
                 .event = kEvent,
                 .last_place = 3});
  }
  // Refused, and nothing of the batch is left; the store goes on.
  void expect_refused(Batch batch) {
    const std::string before = state();
    put(batch, wallet(9999, user(99), 1, 0));
    batch.outbox.push_back(outbox(9998, "wallet/9999", 1));
    EXPECT_TRUE(refuses(store(), batch));
    EXPECT_EQ(state(), before);
    EXPECT_EQ(text(queries()->wallet(user(99))), "none");
    const std::uint8_t next = ++committed_;
    commit_rows(store(), wallet(9000 + next, user(std::uint8_t(100 + next)), 1, 0));
  }

 private:
  std::uint8_t committed_ = 0;
};
INSTANTIATE_ON_EVERY_STORE(WriteBatch);

TEST_P(WriteBatch, changes_a_reservation_through_its_life) {
  const auto made = hold(1001, seat(1), user(1));
  commit_rows(store(), made);
  EXPECT_EQ(reservation(1001), text(made));

  auto pending = made;
  pending.status = ReservationStatus::PENDING;
  pending.expires_at += Millis(1);
  pending.updated_at = at(10);
  ++pending.version;
  commit_change(store(), pending, made);
  EXPECT_EQ(reservation(1001), text(pending));

  const auto bought = paid(pending, 2001);
  Batch batch;
  put(batch, bought, &pending);
  batch.payments.push_back({PaymentId{2001}, user(1), made.price, at(1000), {made.id}});
  commit(store(), batch);
  EXPECT_EQ(reservation(1001), text(bought));

  auto refunded = bought;
  refunded.status = ReservationStatus::REFUNDED;
  ++refunded.version;
  commit_change(store(), refunded, bought);
  EXPECT_EQ(reservation(1001), text(refunded));
}

TEST_P(WriteBatch, writes_the_last_state_of_a_row_changed_twice) {
  const auto made = hold(1001, seat(1), user(1));
  const auto gone = cancelled(made, CancelReason::OWNER);
  Batch batch;
  put(batch, made);
  put(batch, gone, &made);
  commit(store(), batch);
  EXPECT_EQ(reservation(1001), text(gone));
}

TEST_P(WriteBatch, frees_a_seat_before_somebody_else_takes_it) {  // R-S4: lapse and hold in one batch
  const auto lapsed = hold(1002, seat(1), user(1), at(-400'000));
  commit_rows(store(), lapsed);
  const auto next = hold(1001, seat(1), user(2));
  Batch batch;
  put(batch, next);
  put(batch, cancelled(lapsed, CancelReason::LAPSED), &lapsed);
  commit(store(), batch);
  EXPECT_EQ(loaded(store(), {.seats = {seat(1)}}).seats.find(seat(1))->taken_by, next.id);
}

TEST_P(WriteBatch, keeps_wallets_postings_and_payments) {
  const auto empty = wallet(3001, user(1), 0, 0);
  const auto full = wallet(3001, user(1), 5000, 1);
  commit_rows(store(), empty);
  Batch batch;
  put(batch, full, &empty);
  batch.postings.push_back(charge(4001, full, 5000));
  commit(store(), batch);
  EXPECT_EQ(text(queries()->wallet(user(1))), text(full));
  EXPECT_EQ(text(queries()->history(full.id, {})), text(std::vector{charge(4001, full, 5000)}));
}

TEST_P(WriteBatch, renews_a_visit_and_gives_up_a_place) {
  const auto turn = visit(1, user(1));
  const auto stands = place(1, user(1));
  commit_rows(store(), turn, stands);
  auto longer = turn;
  longer.expires_at += Millis(60'000);
  longer.ended_by = EarlyEnd::paid;
  auto left = stands;
  left.left_at = at(77);
  left.left_by = EarlyEnd::emptied;
  Batch batch;
  put(batch, longer, &turn);
  put(batch, left, &stands);
  auto came_and_went = place(2, user(2));
  put(batch, came_and_went);
  came_and_went.left_at = at(78);
  put(batch, came_and_went, &stands);
  commit(store(), batch);

  std::vector<Visit> visits;
  startup().read({.visit = [&](const Visit& row) { visits.push_back(row); }});
  EXPECT_EQ(text(visits), text(std::vector{longer}));
  EXPECT_EQ(text(line().read(kEvent, 0, 9)), text(std::vector{left, came_and_went}));
}

TEST_P(WriteBatch, blocks_and_releases_seats) {  // R-S12
  const auto blocked = [&] {
    std::vector<SeatId> seats;
    startup().read({.block = [&](const SeatBlock& row) { seats.push_back(row.seat); }});
    return seats;
  };
  commit_rows(store(), SeatBlock{seat(2), true}, SeatBlock{seat(1), true});
  EXPECT_THAT(blocked(), testing::ElementsAre(seat(1), seat(2)));
  commit_rows(store(), SeatBlock{seat(2), true}, SeatBlock{seat(1), false}, SeatBlock{seat(3), false});
  EXPECT_THAT(blocked(), testing::ElementsAre(seat(2)));
}

TEST_P(WriteBatch, remembers_ids_and_the_latest_moment) {
  EXPECT_EQ(startup().ids_reserved_to(), 1);
  Batch batch;
  batch.ids_reserved_to = 5000;
  batch.now = at(100);
  commit(store(), batch);
  batch.ids_reserved_to.reset();
  batch.now = at(50);  // the clock went back
  commit(store(), batch);
  reopen();
  EXPECT_EQ(startup().ids_reserved_to(), 5000);
  EXPECT_EQ(startup().latest_moment(), at(100));
}

TEST_P(WriteBatch, keeps_everything_over_a_restart) {
  Batch batch;
  put(batch, hold(1001, seat(1), user(1)));
  put(batch, wallet(3001, user(1), 5000, 1));
  put(batch, visit(1, user(1)));
  put(batch, place(1, user(1)));
  put(batch, SeatBlock{seat(2), true});
  batch.postings.push_back(charge(4001, wallet(3001, user(1), 5000, 1), 5000));
  batch.answers.push_back(answer(user(1), "a"));
  batch.outbox.push_back(outbox(5001, "reservation/1001", 1));
  batch.log.push_back(log_row(6001));
  batch.ids_reserved_to = 9000;
  batch.now = at(1);
  commit(store(), batch);
  const std::string before = state();
  EXPECT_THAT(before, testing::HasSubstr("answer"));
  reopen();
  EXPECT_EQ(state(), before);
}

TEST_P(WriteBatch, leaves_nothing_without_commit) {
  const std::string before = state();
  {
    const auto transaction = store().begin();
    Batch batch;
    batch.catalogue.layouts.emplace_back("new", Layout{.seats = 3, .category = "x"});
    put(batch, hold(1001, seat(1), user(1)));
    put(batch, wallet(3001, user(1), 0, 0));
    batch.answers.push_back(answer(user(1), "a"));
    batch.ids_reserved_to = 9000;
    batch.now = at(1);
    transaction->apply(batch);
    EXPECT_EQ(text(queries()->reservation(ReservationId{1001})), "none") << "not committed, not seen";
  }
  EXPECT_EQ(state(), before);
}

TEST_P(WriteBatch, refuses_a_second_reservation_of_a_seat) {  // R-S5
  commit_rows(store(), hold(1001, seat(1), user(1)));
  Batch batch;
  put(batch, hold(1002, seat(1), user(2)));
  expect_refused(batch);

  Batch both;
  put(both, hold(1003, seat(2), user(1)));
  put(both, hold(1004, seat(2), user(2)));
  expect_refused(both);
}

TEST_P(WriteBatch, refuses_a_change_that_takes_a_seat_again) {
  const auto gone = cancelled(hold(1001, seat(1), user(1)), CancelReason::OWNER);
  commit_rows(store(), gone, hold(1002, seat(1), user(2)));
  auto back = gone;
  back.status = ReservationStatus::RESERVED;
  back.reason = CancelReason::NONE;
  ++back.version;
  Batch batch;
  put(batch, back, &gone);
  expect_refused(batch);
}

TEST_P(WriteBatch, refuses_a_stale_reservation) {  // a late sweep never frees a paid seat (R-P5)
  const auto made = hold(1001, seat(1), user(1));
  const auto bought = paid(made, 2001);
  Batch pay;
  put(pay, bought);
  pay.payments.push_back({PaymentId{2001}, user(1), made.price, at(1000), {made.id}});
  commit(store(), pay);
  Batch sweep;
  put(sweep, cancelled(made, CancelReason::LAPSED), &made);
  expect_refused(sweep);
}

TEST_P(WriteBatch, refuses_a_change_of_a_row_that_is_not_there) {
  const auto row = hold(1001, seat(1), user(1));
  Batch batch;
  put(batch, cancelled(row, CancelReason::OWNER), &row);
  expect_refused(batch);

  const auto purse = wallet(3001, user(1), 0, 0);
  Batch money;
  put(money, purse, &purse);
  expect_refused(money);

  const auto turn = visit(1, user(1));
  Batch visits;
  put(visits, turn, &turn);
  expect_refused(visits);

  auto stands = place(1, user(1));
  stands.left_at = at(5);
  Batch line;
  put(line, stands, &stands);
  expect_refused(line);
}

TEST_P(WriteBatch, refuses_a_stale_wallet) {  // R-W6
  const auto first = wallet(3001, user(1), 1000, 1);
  commit_rows(store(), first);
  const auto second = wallet(3001, user(1), 2000, 2);
  commit_change(store(), second, first);
  Batch batch;
  put(batch, wallet(3001, user(1), 500, 2), &first);
  expect_refused(batch);
}

TEST_P(WriteBatch, refuses_a_stale_visit_and_a_place_given_up_twice) {
  const auto turn = visit(1, user(1));
  auto longer = turn;
  longer.expires_at += Millis(1);
  const auto stands = place(1, user(1));
  commit_rows(store(), turn, stands);
  commit_change(store(), longer, turn);
  Batch renewal;
  put(renewal, turn, &turn);
  expect_refused(renewal);

  auto left = stands;
  left.left_at = at(5);
  commit_change(store(), left, stands);
  Batch again;
  put(again, left, &stands);
  expect_refused(again);
}

TEST_P(WriteBatch, refuses_a_second_row_of_one_key) {
  commit_rows(store(), hold(1001, seat(1), user(1)), wallet(3001, user(1), 7, 0), visit(1, user(1)),
              place(1, user(1)));
  const auto refused = [&](auto&& fill) {
    Batch batch;
    fill(batch);
    expect_refused(std::move(batch));
  };
  refused([](Batch& b) { put(b, hold(1001, seat(2), user(2))); });
  refused([](Batch& b) { put(b, wallet(3002, user(1), 0, 0)); });
  refused([](Batch& b) { put(b, wallet(3001, user(2), 0, 0)); });
  refused([](Batch& b) { put(b, visit(1, user(2))); });
  refused([](Batch& b) { put(b, place(1, user(2))); });
  refused([](Batch& b) { b.answers = {answer(user(1), "a"), answer(user(1), "a")}; });
  refused([](Batch& b) { b.outbox = {outbox(1, "x", 1), outbox(1, "y", 1)}; });
  refused([](Batch& b) { b.log = {log_row(1), log_row(1)}; });
  refused([](Batch& b) {
    const auto after = wallet(3001, user(1), 7, 1);
    b.postings = {charge(1, after, 7), charge(2, after, 7)};
  });
  refused([](Batch& b) {
    b.payments = {{PaymentId{1}, user(1), Won{1}, at(0), {}}, {PaymentId{1}, user(2), Won{1}, at(0), {}}};
  });
}

TEST_P(WriteBatch, refuses_what_can_not_be) {
  commit_rows(store(), wallet(3001, user(1), 7, 0));
  const auto refused = [&](auto&& fill) {
    Batch batch;
    fill(batch);
    expect_refused(std::move(batch));
  };
  refused([](Batch& b) { put(b, wallet(3002, user(2), -1, 0)); });
  refused([](Batch& b) {
    const auto now = wallet(3001, user(1), 7, 0);
    put(b, wallet(3001, user(1), -1, 1), &now);
  });
  refused([](Batch& b) { b.postings = {charge(1, wallet(3001, user(1), 7, 1), 0)}; });
  refused([](Batch& b) { b.postings = {charge(1, wallet(3009, user(1), 7, 1), 7)}; });  // no such wallet
  refused([](Batch& b) {
    auto posting = charge(1, wallet(3001, user(1), 7, 1), 7);
    posting.debit_account = posting.credit_account;
    b.postings = {posting};
  });
  refused([](Batch& b) { put(b, visit(1, user(1), at(10), at(9))); });
  refused([](Batch& b) { put(b, place(0, user(1))); });
  refused([](Batch& b) { put(b, hold(1001, SeatId{999'999}, user(1))); });
  refused([](Batch& b) { put(b, SeatBlock{SeatId{999'999}, true}); });
  refused([](Batch& b) { put(b, paid(hold(1001, seat(1), user(1)), 0)); });  // paid by nothing
  refused(
      [](Batch& b) { put(b, paid(hold(1001, seat(1), user(1)), 777)); });  // by a payment that is not there
  refused([](Batch& b) { put(b, cancelled(hold(1001, seat(1), user(1)), CancelReason::NONE)); });
  refused([](Batch& b) {
    auto row = hold(1001, seat(1), user(1));
    row.reason = CancelReason::OPERATOR;
    put(b, row);
  });
}

// R-X5: a key is free after a day, though its row is still there; the new answer is the youngest.
TEST_P(WriteBatch, replaces_an_answer_that_is_past_its_time) {
  const TimePoint next_day = at(0) + kAnswersKept;
  const auto write = [&](std::string key, TimePoint when) {
    Batch batch;
    batch.answers.push_back(answer(user(1), std::move(key), when));
    return batch;
  };
  commit(store(), write("a", at(0)));
  commit(store(), write("b", at(1)));
  EXPECT_TRUE(refuses(store(), write("a", next_day - Millis(1))));
  commit(store(), write("a", next_day));
  const View view = loaded(store(), {.answers = {{user(1), "a"}}});
  EXPECT_EQ(view.answers.find({user(1), "a"})->created_at, next_day);
  EXPECT_TRUE(refuses(store(), write("a", next_day + Millis(1))));
  EXPECT_EQ(retention().forget({.answers_before = next_day}, 10).rows, 1u);
  EXPECT_NE(loaded(store(), {.answers = {{user(1), "a"}}}).answers.find({user(1), "a"}), nullptr);
}

TEST_P(WriteBatch, forgets_old_answers_and_events_in_chunks) {  // R-X5: kept 24 h
  Batch batch;
  for (int i = 0; i < 5; ++i) {
    batch.answers.push_back(answer(user(1), std::to_string(i), at(i * 10)));
    batch.outbox.push_back(outbox(5001 + i, "x", i, at(i * 10)));
  }
  commit(store(), batch);
  const RetentionLimits limits{.answers_before = at(30)};
  EXPECT_EQ(retention().forget(limits, 2).rows, 2u);
  EXPECT_EQ(retention().forget(limits, 2).rows, 1u);
  EXPECT_EQ(retention().forget(limits, 2).rows, 0u);
  const View view = loaded(store(), {.answers = {{user(1), "2"}, {user(1), "3"}}});
  EXPECT_EQ(view.answers.find({user(1), "2"}), nullptr);
  EXPECT_NE(view.answers.find({user(1), "3"}), nullptr);

  const RetentionLimits everything{.answers_before = at(30), .outbox_before = at(20)};
  EXPECT_EQ(retention().forget(everything, 100).rows, 2u);
  Batch again;  // the forgotten key and id are free
  again.answers.push_back(answer(user(1), "2"));
  again.outbox.push_back(outbox(5001, "x", 9));
  commit(store(), again);
  Batch kept;
  kept.outbox.push_back(outbox(5003, "x", 9));
  EXPECT_TRUE(refuses(store(), kept));
}

}  // namespace
}  // namespace stagedoor::contract
