// The Nth call fails, for every N: the batch is in the store entirely or not at all, and the store goes on.
#include "faulty_store.h"

#include "sample.h"
#include "store_under_test.h"
#include "text.h"

namespace stagedoor::contract {
namespace {

class NthCall : public EveryStore {};
INSTANTIATE_ON_EVERY_STORE(NthCall);

void hold_a_seat(Store& store) {
  const auto transaction = store.begin();
  View view;
  transaction->load({.seats = {seat(1)}}, view);
  transaction->load({.wallets = {user(1)}}, view);
  Batch batch;
  put(batch, hold(1001, seat(1), user(1)));
  put(batch, wallet(3001, user(1), 7, 0));
  batch.now = at(5);
  transaction->apply(batch);
  transaction->commit();
}

TEST_P(NthCall, failing_leaves_nothing_and_the_next_try_succeeds) {
  open_sample(store());
  FaultyStore faulty(store());
  const auto is_done = [&] {
    const auto reader = queries();
    const bool held = reader->reservation(ReservationId{1001}).has_value();
    EXPECT_EQ(reader->wallet(user(1)).has_value(), held);
    EXPECT_EQ(store().latest_moment() == at(5), held);
    return held;
  };
  for (std::int64_t n = 1;; ++n) {
    faulty.fail_at(n);
    try {
      hold_a_seat(faulty);
      EXPECT_EQ(n, 6) << "begin, two loads, apply and commit were made to fail";
      EXPECT_FALSE(faulty.has_failed());
      EXPECT_TRUE(is_done());
      break;
    } catch (const StoreUnavailable&) {
      EXPECT_TRUE(faulty.has_failed());
      EXPECT_FALSE(is_done()) << "call " << n;
    }
  }
}

TEST_P(NthCall, failing_after_the_commit_leaves_everything) {
  open_sample(store());
  FaultyStore faulty(store());
  faulty.fail_at(5, FaultyStore::Moment::after);
  EXPECT_THROW(hold_a_seat(faulty), StoreUnavailable);
  EXPECT_TRUE(queries()->reservation(ReservationId{1001}).has_value());
}

}  // namespace
}  // namespace stagedoor::contract
