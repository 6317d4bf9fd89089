// The Nth call fails, for every N: the batch is in the store entirely or not at all, and the store goes on.
#include "sample.h"
#include "store_under_test.h"
#include "support/faulty_store.h"
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
  test::FaultyStore faulty(ports());
  const auto is_done = [&] {
    const auto reader = queries();
    const bool held = reader->reservation(ReservationId{1001}).has_value();
    EXPECT_EQ(reader->wallet(user(1)).has_value(), held);
    EXPECT_EQ(startup().latest_moment() == at(5), held);
    return held;
  };
  for (int n = 1; n <= 5; ++n) {  // begin, two loads, apply, commit
    faulty.fail_at(n, test::StoreFault::unavailable);
    EXPECT_THROW(hold_a_seat(faulty), StoreUnavailable);
    EXPECT_FALSE(is_done()) << "call " << n;
  }
  faulty.fail_at(6, test::StoreFault::unavailable);
  hold_a_seat(faulty);
  EXPECT_TRUE(is_done());
}

}  // namespace
}  // namespace stagedoor::contract
