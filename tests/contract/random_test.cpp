// Random batches, good ones and bad ones: the databases do, refuse and remember exactly what the oracle does.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "adapters/memory/memory_store.h"
#include "sample.h"
#include "store_under_test.h"
#include "text.h"

namespace stagedoor::contract {
namespace {

// Few users, seats and places, so that batches meet one another.
constexpr std::uint8_t kUsers = 3;
constexpr int kSeatsUsed = 3;
constexpr Place kPlaces = 4;

using Dice = std::vector<std::uint8_t>;  // what a batch is made from; RapidCheck makes failing ones smaller

class Roll {
 public:
  explicit Roll(const Dice& dice) : dice_(dice) {}
  bool is_left() const { return next_ < dice_.size(); }
  std::uint8_t below(int sides) { return std::uint8_t(is_left() ? dice_[next_++] % sides : 0); }

 private:
  const Dice& dice_;
  std::size_t next_ = 0;
};

// Makes batches from what the oracle has. One change in eight is made stale or impossible on purpose.
class Inventor {
 public:
  explicit Inventor(const memory::Tables& tables) : tables_(tables) {}

  Batch batch(Roll roll) {
    Batch batch;
    if (roll.below(4) == 0) batch.ids_reserved_to = id_ + 1000 * roll.below(5);
    batch.now = at(roll.below(100) * 1000);
    while (roll.is_left()) add_row(batch, roll);
    return batch;
  }

 private:
  void add_row(Batch& batch, Roll& roll) {
    switch (roll.below(12)) {
      case 0:
      case 1:
        return add_hold(batch, roll);
      case 2:
      case 3:
      case 4:
        return change_reservation(batch, roll);
      case 5:
        return change_wallet(batch, roll);
      case 6:
        return change_visit(batch, roll);
      case 7:
        return change_place(batch, roll);
      case 8:
        return put(batch, SeatBlock{seat(1 + roll.below(kSeatsUsed)), roll.below(2) == 0});
      case 9:
        return add_answer(batch, roll);
      case 10:
        return batch.log.push_back(log_row(new_id(roll)));
      case 11:
        return batch.outbox.push_back(outbox(new_id(roll), "x", 1, at(roll.below(100))));
    }
  }

  // Mostly a new one; ids jump, so that generations change.
  std::int64_t new_id(Roll& roll) {
    const auto jump = roll.below(32);
    if (jump == 1) return id_;
    return id_ += jump == 2 ? 16'384 : 1;
  }
  UserId who(Roll& roll) { return user(std::uint8_t(1 + roll.below(kUsers))); }

  // One in eight times what is known to be wrong.
  bool is_bad(Roll& roll) { return roll.below(8) == 1; }

  void add_hold(Batch& batch, Roll& roll) {
    const SeatId where = seat(1 + roll.below(kSeatsUsed));
    if (tables_.taking.contains(where) && !is_bad(roll)) return;
    put(batch, hold(new_id(roll), where, who(roll)));
  }

  void add_answer(Batch& batch, Roll& roll) {
    const UserKey key{who(roll), std::string(1, char('a' + roll.below(26)))};
    if (tables_.answers.contains(key) && !is_bad(roll)) return;
    batch.answers.push_back(answer(key.first, key.second));
  }

  void change_reservation(Batch& batch, Roll& roll) {
    if (tables_.reservations.empty()) return;
    auto row = tables_.reservations.begin();
    std::advance(row, roll.below(int(std::min<std::size_t>(tables_.reservations.size(), 256))));
    Reservation stored = row->second;
    if (is_bad(roll)) --stored.version;
    Reservation next = stored;
    switch (roll.below(6)) {
      case 0:
        next = cancelled(stored, CancelReason::LAPSED, at(roll.below(100)));
        break;
      case 1:
        next = cancelled(stored, CancelReason::OWNER);
        break;
      case 2:
        if (!stored.is_unpaid() && !is_bad(roll)) return;
        next = paid(stored, new_id(roll));
        next.reason = CancelReason::NONE;
        batch.payments.push_back({next.payment, next.user, next.price, at(5), {}});
        break;
      case 3:
        if (stored.status != ReservationStatus::PAID && !is_bad(roll)) return;
        next.status = ReservationStatus::REFUNDED;
        ++next.version;
        break;
      case 4:
        next.user = who(roll), ++next.version;
        break;
      case 5:
        if (!stored.takes_seat() && !is_bad(roll)) return;
        next.status = ReservationStatus::RESERVED;
        next.reason = CancelReason::NONE;
        next.expires_at += Millis(roll.below(100));
        ++next.version;
        break;
    }
    put(batch, next, &stored);
  }

  void change_wallet(Batch& batch, Roll& roll) {
    const UserId owner = who(roll);
    const auto found = tables_.wallets.find(owner);
    if (found == tables_.wallets.end()) return put(batch, wallet(new_id(roll), owner, roll.below(10), 0));
    Wallet stored = found->second;
    if (is_bad(roll)) ++stored.seq;
    Wallet next = stored;
    next.balance += Won{roll.below(10) - (is_bad(roll) ? 9 : 0)};
    ++next.seq;
    put(batch, next, &stored);
    if (next.balance.amount > 0) batch.postings.push_back(charge(new_id(roll), next, 1 + roll.below(8)));
  }

  void change_visit(Batch& batch, Roll& roll) {
    const auto number = Place(1 + roll.below(kPlaces));
    const auto found = tables_.visits.find({kEvent, number});
    if (found == tables_.visits.end()) return put(batch, visit(number, who(roll)));
    Visit stored = found->second;
    if (is_bad(roll)) stored.expires_at += Millis(1);
    Visit next = stored;
    next.ended_by = EarlyEnd(roll.below(4));
    next.expires_at = at(roll.below(100) * 10 - (is_bad(roll) ? 2000 : 0));
    put(batch, next, &stored);
  }

  void change_place(Batch& batch, Roll& roll) {
    const auto number = Place(is_bad(roll) ? 0 : 1 + roll.below(kPlaces));
    const auto found = tables_.line.find({kEvent, number});
    if (found == tables_.line.end()) return put(batch, place(number, who(roll)));
    LinePlace next = found->second;
    if (next.left_at && !is_bad(roll)) return;
    next.left_at = at(roll.below(100));
    next.left_by = EarlyEnd(2 + roll.below(2));
    put(batch, next, &found->second);
  }

  const memory::Tables& tables_;
  std::int64_t id_ = 1000;
};

// "done", or that it was refused. An outage would be a failure of the test.
std::string outcome(Store& store, const Batch& batch) { return refuses(store, batch) ? "refused" : "done"; }

Asked everything() {
  Asked asked{.event = kEvent, .last_place = kPlaces};
  for (std::uint8_t i = 1; i <= kUsers; ++i) {
    asked.users.push_back(user(i));
    for (char key = 'a'; key < 'a' + 30; ++key) asked.answers.emplace_back(user(i), std::string(1, key));
  }
  for (int i = 1; i <= kSeatsUsed; ++i) asked.seats.push_back(seat(i));
  return asked;
}

// Few or many batches, on the store and on the oracle; every now and then the store is opened anew.
void leave_it_as_they_leave_the_oracle(StoreUnderTest& under_test, double scale) {
  const auto some_dice = rc::gen::resize(20, rc::gen::arbitrary<Dice>());
  const auto rolls = *rc::gen::scale(scale, rc::gen::container<std::vector<Dice>>(some_dice));
  memory::MemoryStore oracle;
  open_sample(oracle);
  open_sample(under_test.ports().store);

  Inventor inventor(oracle.tables());
  int done = 0;
  for (std::size_t i = 0; i < rolls.size(); ++i) {
    const Batch batch = inventor.batch(Roll(rolls[i]));
    const std::string expected = outcome(oracle, batch);
    RC_ASSERT(outcome(under_test.ports().store, batch) == expected);
    if (expected == "done") ++done;
    if (i % 8 == 7) under_test.reopen();
  }
  RC_TAG(fmt::format("{}0 % of the batches done", rolls.empty() ? 10 : done * 10 / int(rolls.size())));
  RC_ASSERT(text(under_test.ports(), *under_test.queries(), everything()) ==
            text(oracle.ports(), *oracle.queries(), everything()));
}

TEST(RandomBatches, leave_sqlite_as_they_leave_the_oracle) {
  EXPECT_TRUE(rc::check([] { leave_it_as_they_leave_the_oracle(*sqlite_store(), 2.0); }));
}

TEST(RandomBatches, leave_postgres_as_they_leave_the_oracle) {
  if (const auto why = test::PostgresServer::missing()) GTEST_SKIP() << *why;
  EXPECT_TRUE(rc::check([] { leave_it_as_they_leave_the_oracle(*postgres_store(), 1.0); }));
}

}  // namespace
}  // namespace stagedoor::contract
