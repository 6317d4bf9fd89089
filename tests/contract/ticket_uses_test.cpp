// What gates have scanned, as it is written, loaded and listed; and the secret of tickets (R-P7, R-P9).
#include <gmock/gmock.h>

#include "sample.h"
#include "store_under_test.h"

namespace stagedoor::contract {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class TicketUses : public EveryStore {
 protected:
  // Three seats of date 1 and one of date 2, paid.
  void sell() {
    open_sample(store());
    Batch batch;
    std::vector<ReservationId> ids;
    for (int i = 1; i <= 4; ++i) {
      put(batch, bought(i));
      ids.push_back(bought(i).id);
    }
    batch.payments.push_back({PaymentId{2001}, user(1), Won{360'000}, at(1000), ids});
    commit(store(), batch);
  }
  static Reservation bought(int i) { return paid(hold(1000 + i, seat(i < 4 ? i : 11), user(1)), 2001); }
  void use(std::vector<TicketUse> rows) {
    Batch batch;
    batch.ticket_uses = std::move(rows);
    commit(store(), batch);
  }
  std::string stored(const TicketRef& ticket) {
    View view;
    store().begin()->load({.ticket_uses = {ticket}}, view);
    const TicketUse* row = view.ticket_uses.find(ticket);
    return row ? row->scans : "none";
  }
  std::vector<std::string> twice(DateId date) {
    std::vector<std::string> scans;
    for (const auto& row : queries()->gate_rows(date).twice) scans.push_back(row.scans);
    return scans;
  }
  // "1001: 2 to 3": the tickets of the versions 2 and later that are older than 3.
  std::vector<std::string> revoked(DateId date) {
    std::vector<std::string> rows;
    for (const auto& row : queries()->gate_rows(date).revoked)
      rows.push_back(std::to_string(row.reservation.value) + ": " + std::to_string(row.first) + " to " +
                     std::to_string(row.version));
    std::sort(rows.begin(), rows.end());
    return rows;
  }
};
INSTANTIATE_ON_EVERY_STORE(TicketUses);

TEST_P(TicketUses, are_loaded_as_they_were_written_last) {
  sell();
  const TicketRef ticket{ReservationId{1001}, 2};
  EXPECT_EQ(stored(ticket), "none");
  use({{ticket.first, 2, kDate, 1, 1, "+5 a\n", at(5)},
       {ticket.first, 2, kDate, 2, 2, "+5 a\n+6 b\n", at(6)}});
  EXPECT_EQ(stored(ticket), "+5 a\n+6 b\n");
  use({{ticket.first, 2, kDate, 3, 1, "-5 a\n+6 b\n", at(7)}});
  reopen();
  EXPECT_EQ(stored(ticket), "-5 a\n+6 b\n");
  EXPECT_EQ(stored({ticket.first, 3}), "none");
  const auto read = queries()->ticket_use(ticket);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->date, kDate);
  EXPECT_EQ(read->version, 3);
  EXPECT_EQ(read->live, 1);
  EXPECT_EQ(read->updated_at, at(7));
  EXPECT_FALSE(queries()->ticket_use({ticket.first, 3}));
}

TEST_P(TicketUses, that_were_used_twice_are_listed_for_their_date) {
  sell();
  use({{ReservationId{1001}, 2, kDate, 1, 1, "+1 a\n", at(1)},
       {ReservationId{1002}, 2, kDate, 2, 2, "+1 a\n+2 b\n", at(2)},
       {ReservationId{1004}, 2, DateId{2}, 2, 2, "+3 a\n+4 b\n", at(4)}});
  EXPECT_THAT(twice(kDate), ElementsAre("+1 a\n+2 b\n"));
  EXPECT_THAT(twice(DateId{2}), ElementsAre("+3 a\n+4 b\n"));
  EXPECT_THAT(twice(DateId{3}), IsEmpty());
}

TEST_P(TicketUses, of_sales_that_changed_are_revoked) {
  sell();
  EXPECT_THAT(revoked(kDate), IsEmpty());
  Reservation refunded = bought(1), reassigned = bought(2), of_date_2 = bought(4);
  for (Reservation* row : {&refunded, &reassigned, &of_date_2}) {
    row->updated_at = at(1001);
    ++row->version;
  }
  refunded.status = of_date_2.status = ReservationStatus::REFUNDED;
  reassigned.user = user(2);
  for (const auto& [after, before] :
       {std::pair(refunded, bought(1)), std::pair(reassigned, bought(2)), std::pair(of_date_2, bought(4))})
    commit_change(store(), after, before);
  EXPECT_THAT(revoked(kDate), ElementsAre("1001: 2 to 3", "1002: 2 to 3"));
  EXPECT_THAT(revoked(DateId{2}), ElementsAre("1004: 2 to 3"));
  // Refunded in the millisecond of its payment, and written as paid at once.
  Reservation at_once = paid(hold(1005, seat(5), user(1), at(2000)), 2001, at(2000));
  at_once.version = 1;
  commit_rows(store(), at_once);
  Reservation back = at_once;
  back.status = ReservationStatus::REFUNDED;
  ++back.version;
  commit_change(store(), back, at_once);
  EXPECT_THAT(revoked(kDate), ElementsAre("1001: 2 to 3", "1002: 2 to 3", "1005: 1 to 2"));
}

TEST_P(TicketUses, need_a_secret_that_stays) {
  const std::string secret = startup().ticket_secret();
  EXPECT_GE(secret.size(), 16U);
  reopen();
  EXPECT_EQ(startup().ticket_secret(), secret);
}

}  // namespace
}  // namespace stagedoor::contract
