// What operators do to bookings, as it is written and read back: reassigned reservations (R-P7), cancelled
// dates (R-O1).
#include <gmock/gmock.h>

#include "adapters/postgres/postgres_store.h"
#include "adapters/sqlite/database.h"
#include "adapters/sqlite/sqlite_store.h"
#include "sample.h"
#include "store_under_test.h"

namespace stagedoor::contract {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class OperatorsRows : public EveryStore {
 protected:
  void SetUp() override { open_sample(store()); }

  std::vector<ReservationId> paid_seats_of(const UserId& who) {
    Keys keys;
    keys.fans = {EventUser{kEvent, who}};
    const View view = loaded(store(), keys);
    const FanSeats* seats = view.fans.find(EventUser{kEvent, who});
    return seats ? seats->paid : std::vector<ReservationId>{};
  }
  DateCancellation stored_cancellation() { return startup().catalogue().cancellations.at(kDate); }
};
INSTANTIATE_ON_EVERY_STORE(OperatorsRows);

DateCancellation cancellation(std::int64_t seats_done) {
  DateCancellation row;
  row.date = kDate;
  row.reason = "비가 와요 — it rains";
  row.operator_name = "anna";
  row.begun_at = at(10);
  row.carry_to = DateId{2};
  row.seats_done = seats_done;
  row.refunded = 1;
  row.refunded_amount = Won{90'000};
  row.carried = 2;
  row.carried_amount = Won{180'000};
  return row;
}

TEST_P(OperatorsRows, a_reassigned_reservation_is_of_its_new_user_also_after_a_restart) {
  Batch bought;
  bought.payments.push_back({PaymentId{2001}, user(1), Won{90'000}, at(20), {ReservationId{1001}}});
  const Reservation before = paid(hold(1001, seat(1), user(1), at(0)), 2001, at(20));
  put(bought, before);
  commit(store(), bought);
  ASSERT_THAT(paid_seats_of(user(1)), ElementsAre(ReservationId{1001}));

  Batch given;
  Reservation after = before;
  after.user = user(2);
  ++after.version;
  put(given, after, &before);
  given.reassignments.push_back({after.id, after.version, before.user, after.user, "anna", at(30)});
  commit(store(), given);
  EXPECT_THAT(paid_seats_of(user(1)), IsEmpty());
  EXPECT_THAT(paid_seats_of(user(2)), ElementsAre(ReservationId{1001}));
  reopen();
  EXPECT_THAT(paid_seats_of(user(1)), IsEmpty());
  EXPECT_THAT(paid_seats_of(user(2)), ElementsAre(ReservationId{1001}));
  EXPECT_EQ(queries()->reservation(after.id)->user, user(2));

  Batch again;
  again.reassignments = given.reassignments;
  EXPECT_TRUE(refuses(store(), again)) << "a version is reassigned once";
}

TEST_P(OperatorsRows, a_cancellation_goes_on_where_it_was) {
  Batch begun;
  begun.catalogue.cancellations = {cancellation(0)};
  commit(store(), begun);
  Batch piece;
  piece.catalogue.cancellations = {cancellation(10)};
  piece.catalogue.cancellations.front().finished_at = at(50);
  piece.catalogue.cancellations.front().refunded = 7;
  commit(store(), piece);
  reopen();
  const DateCancellation row = stored_cancellation();
  EXPECT_EQ(row.date, kDate);
  EXPECT_EQ(row.reason, "비가 와요 — it rains");
  EXPECT_EQ(row.operator_name, "anna");
  EXPECT_EQ(row.begun_at, at(10));
  EXPECT_EQ(row.finished_at, at(50));
  EXPECT_EQ(row.carry_to, DateId{2});
  EXPECT_EQ(row.seats_done, 10);
  EXPECT_EQ(row.refunded, 7);
  EXPECT_EQ(row.refunded_amount, Won{90'000});
  EXPECT_EQ(row.carried, 2);
  EXPECT_EQ(row.carried_amount, Won{180'000});
}

TEST_P(OperatorsRows, a_cancellation_may_carry_over_nobody) {
  Batch begun;
  begun.catalogue.cancellations = {cancellation(0)};
  begun.catalogue.cancellations.front().carry_to = {};
  commit(store(), begun);
  reopen();
  EXPECT_EQ(stored_cancellation().carry_to, DateId{});
  EXPECT_FALSE(stored_cancellation().finished_at);
}

// The version before would refund to the wrong user, and sell what is cancelled (migration 0017).
void write_one(Store& store, bool is_cancellation) {
  open_sample(store);
  Batch batch;
  batch.payments.push_back({PaymentId{2001}, user(1), Won{90'000}, at(20), {ReservationId{1001}}});
  put(batch, paid(hold(1001, seat(1), user(1), at(0)), 2001, at(20)));
  if (is_cancellation) batch.catalogue.cancellations = {cancellation(0)};
  else batch.reassignments.push_back({ReservationId{1001}, 3, user(1), user(2), "anna", at(30)});
  commit(store, batch);
}

TEST(OperatorsRowsNeed, a_program_that_knows_them) {
  const std::string needed = "SELECT value FROM meta WHERE name = 'schema_needed'";
  for (const bool is_cancellation : {false, true}) {
    const Folder folder;
    sqlite::SqliteStore store({.path = folder.file("store.db")});
    write_one(store, is_cancellation);
    EXPECT_EQ(sqlite::Database(folder.file("store.db"), sqlite::OpenFor::reading).ask(needed), 17);
    if (test::PostgresServer::missing()) continue;
    const FreshDatabase database;
    postgres::PostgresStore shared({.url = database.url()});
    write_one(shared, is_cancellation);
    EXPECT_EQ(database.ask(needed), "17");
  }
}

}  // namespace
}  // namespace stagedoor::contract
