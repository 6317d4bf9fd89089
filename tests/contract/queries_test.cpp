// Reads beside the lane: pages, cursors, filters; the catalogue there and back; the rows of the start.
#include <gmock/gmock.h>

#include "sample.h"
#include "store_under_test.h"
#include "text.h"

namespace stagedoor::contract {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

template <class Row>
std::vector<std::int64_t> ids(const std::vector<Row>& rows) {
  std::vector<std::int64_t> out;
  for (const auto& row : rows) out.push_back(row.id.value);
  return out;
}

class Reads : public EveryStore {
 protected:
  Reads() { open_sample(store()); }
};
INSTANTIATE_ON_EVERY_STORE(Reads);

TEST_P(Reads, answer_nothing_for_what_is_not_there) {
  const auto reader = queries();
  EXPECT_EQ(text(reader->reservation(ReservationId{1})), "none");
  EXPECT_EQ(text(reader->wallet(user(1))), "none");
  EXPECT_EQ(text(reader->payment(PaymentId{1})), "none");
  EXPECT_THAT(reader->reservations_of(user(1), std::nullopt, {}), IsEmpty());
  EXPECT_THAT(reader->history(WalletId{1}, {}), IsEmpty());
  EXPECT_THAT(reader->payments_of(user(1), {}), IsEmpty());
  EXPECT_THAT(reader->log({}), IsEmpty());
}

TEST_P(Reads, page_reservations_of_a_user_newest_first_over_generations_of_ids) {  // R-X6, R-W4
  for (const std::int64_t id : {1001, 1002, 70'000, 200'000, 200'001})
    commit_rows(store(), cancelled(hold(id, seat(1), user(1)), CancelReason::OWNER));
  commit_rows(store(), hold(70'001, seat(1), user(1)), hold(70'002, seat(2), user(2)));
  const auto reader = queries();

  EXPECT_THAT(ids(reader->reservations_of(user(1), std::nullopt, {.limit = 4})),
              ElementsAre(200'001, 200'000, 70'001, 70'000));
  EXPECT_THAT(ids(reader->reservations_of(user(1), std::nullopt, {.before = 70'000, .limit = 4})),
              ElementsAre(1002, 1001));
  EXPECT_THAT(ids(reader->reservations_of(user(1), std::nullopt, {.before = 1001, .limit = 4})), IsEmpty());
  EXPECT_THAT(ids(reader->reservations_of(user(1), ReservationStatus::RESERVED, {.limit = 4})),
              ElementsAre(70'001));
  EXPECT_THAT(
      ids(reader->reservations_of(user(1), ReservationStatus::CANCELLED, {.before = 200'000, .limit = 2})),
      ElementsAre(70'000, 1002));
  EXPECT_THAT(ids(reader->reservations_of(user(2), std::nullopt, {})), ElementsAre(70'002));
}

TEST_P(Reads, find_who_has_a_seat) {
  commit_rows(store(), cancelled(hold(1001, seat(1), user(1)), CancelReason::OWNER),
              hold(1002, seat(1), user(2)), cancelled(hold(1003, seat(2), user(2)), CancelReason::OWNER));
  const auto reader = queries();
  EXPECT_EQ(reader->reservation_taking(seat(1))->id.value, 1002);
  EXPECT_EQ(text(reader->reservation_taking(seat(2))), "none");
}

TEST_P(Reads, list_all_reservations_in_the_order_of_their_ids) {
  for (const std::int64_t id : {200'000, 1001, 70'000})
    commit_rows(store(), cancelled(hold(id, seat(1), user(1)), CancelReason::OWNER));
  const auto reader = queries();
  EXPECT_THAT(ids(reader->reservations_after(ReservationId{}, 2)), ElementsAre(1001, 70'000));
  EXPECT_THAT(ids(reader->reservations_after(ReservationId{70'000}, 2)), ElementsAre(200'000));
  EXPECT_THAT(ids(reader->reservations_after(ReservationId{200'000}, 2)), IsEmpty());
}

TEST_P(Reads, page_the_history_of_a_wallet_by_seq) {  // R-W3
  Batch batch;
  put(batch, wallet(3001, user(1), 6000, 3));
  put(batch, wallet(3002, user(2), 1, 1));
  for (std::int64_t seq = 1; seq <= 3; ++seq)
    batch.postings.push_back(charge(4000 + seq, wallet(3001, user(1), 2000 * seq, seq), 2000));
  batch.postings.push_back(charge(4100, wallet(3002, user(2), 1, 1), 1));
  commit(store(), batch);
  const auto reader = queries();
  EXPECT_THAT(ids(reader->history(WalletId{3001}, {.limit = 2})), ElementsAre(4003, 4002));
  EXPECT_THAT(ids(reader->history(WalletId{3001}, {.before = 2, .limit = 2})), ElementsAre(4001));
  EXPECT_THAT(ids(reader->history(WalletId{3002}, {})), ElementsAre(4100));
}

TEST_P(Reads, page_payments_of_a_user_with_their_reservations) {  // R-P8
  Batch batch;
  for (int i = 1; i <= 3; ++i) {
    const std::int64_t id = 60'000 * i;
    const auto row = paid(hold(1000 + i, seat(i), user(1)), id);
    batch.payments.push_back({PaymentId{id}, user(1), row.price, at(i), {row.id}});
    put(batch, row);
  }
  batch.payments.push_back({PaymentId{150'000}, user(2), Won{0}, at(9), {}});
  commit(store(), batch);
  const auto reader = queries();
  EXPECT_EQ(text(reader->payments_of(user(1), {.limit = 2})),
            text(std::vector{batch.payments[2], batch.payments[1]}));
  EXPECT_EQ(text(reader->payments_of(user(1), {.before = 120'000})), text(std::vector{batch.payments[0]}));
  EXPECT_EQ(text(reader->payment(PaymentId{120'000})), text(batch.payments[1]));
}

TEST_P(Reads, page_the_audit_log) {  // R-Q17
  Batch batch;
  batch.log = {log_row(1), log_row(2), log_row(3)};
  commit(store(), batch);
  const auto reader = queries();
  EXPECT_EQ(text(reader->log({.limit = 2})), text(std::vector{batch.log[2], batch.log[1]}));
  EXPECT_EQ(text(reader->log({.before = 2})), text(std::vector{batch.log[0]}));
}

TEST_P(Reads, see_a_commit_at_once) {
  const auto reader = queries();
  EXPECT_EQ(text(reader->wallet(user(1))), "none");
  commit_rows(store(), wallet(3001, user(1), 7, 0));
  EXPECT_EQ(text(reader->wallet(user(1))), text(wallet(3001, user(1), 7, 0)));
}

TEST_P(Reads, give_the_start_its_rows_in_order) {
  const auto gone = cancelled(hold(1002, seat(3), user(1)), CancelReason::OWNER);
  commit_rows(store(), hold(1003, seat(1), user(1)), hold(1001, seat(2), user(2)), gone, visit(2, user(2)),
              visit(1, user(1)));
  std::vector<Reservation> taking;
  std::vector<Visit> visits;
  startup().read({.reservation = [&](const Reservation& row) { taking.push_back(row); }});
  startup().read({.visit = [&](const Visit& row) { visits.push_back(row); }});
  EXPECT_THAT(ids(taking), ElementsAre(1001, 1003));
  EXPECT_EQ(text(visits), text(std::vector{visit(1, user(1)), visit(2, user(2))}));
}

// --- the catalogue ---

std::string text_of(const CatalogueChanges& changes) {
  Catalogue catalogue;
  for (const auto& event : changes.events) catalogue.events[event.id] = std::make_shared<Event>(event);
  for (const auto& date : changes.dates) {
    catalogue.dates[date.id] = std::make_shared<EventDate>(date);
    catalogue.dates_by_first_seat[date.first_seat] = date.id;
  }
  for (const auto& [name, layout] : changes.layouts) catalogue.layouts[name] = layout;
  for (const auto& imported : changes.imports) catalogue.imports[imported.digest] = imported.log;
  return text(catalogue);
}

TEST_P(Reads, bring_the_catalogue_back_as_it_was_written) {
  EXPECT_EQ(text(startup().catalogue()), text_of(sample_catalogue()));
  reopen();
  EXPECT_EQ(text(startup().catalogue()), text_of(sample_catalogue()));
}

TEST_P(Reads, bring_every_policy_back) {
  CatalogueChanges changes = sample_catalogue();
  Event& event = changes.events.front();
  event.queue = {.admission = Admission::both,
                 .people = 1,
                 .every = Millis(2),
                 .capacity = 3,
                 .active_ttl = Millis(4),
                 .visit_max = Millis(5),
                 .presence_timeout = Millis(6),
                 .return_share = 0.3,
                 .poll_min = Millis(0),
                 .poll_max = Millis(8),
                 .spread = true,
                 .order = LineOrder::draw,
                 .gather_from = at(-7),
                 .places_max = 12};
  event.policy = {
      .seats_per_user = 9, .hold_ttl = Millis(10), .rehold_cooldown = Millis(11), .refund_until = kNever};
  event.closed = true;
  event.paused = true;
  event.paused_since = at(2);
  event.paused_text = "잠시만요";
  event.name = "Ünïcode 'quoted' \"night\"";
  event.updated_at = at(1);
  event.time_zone = "Asia/Tokyo";
  event.imported = R"({"paused":false,"name":"Ünïcode 'quoted'"})";
  changes.imports[1].log = LogId{6};
  Batch batch;
  batch.catalogue.events.push_back(event);
  batch.catalogue.imports = {changes.imports[1]};
  commit(store(), batch);
  reopen();
  EXPECT_EQ(text(startup().catalogue()), text_of(changes));
}

TEST_P(Reads, keep_seats_of_a_changed_date) {
  CatalogueChanges changes = sample_catalogue();
  EventDate& date = changes.dates.front();
  date.starts_at += Millis(3'600'000);
  date.categories[1].price = Won{95'000};
  date.sections[0] = "Parterre";
  date.deleted_at = at(3);
  date.updated_at = at(3);
  const auto seats = std::exchange(date.seats, {});
  Batch batch;
  batch.catalogue.dates.push_back(date);
  commit(store(), batch);
  date.seats = seats;
  EXPECT_EQ(text(startup().catalogue()), text_of(changes));
}

TEST_P(Reads, refuse_a_date_whose_seats_have_ids_of_another) {
  const std::string before = text(startup().catalogue());
  EventDate date = sample_catalogue().dates.front();
  date.id = DateId{3};
  date.categories.clear();
  date.first_seat = SeatId{kFirstSeat.value - 1};
  Batch batch;
  batch.catalogue.dates.push_back(date);
  EXPECT_TRUE(refuses(store(), batch));
  batch.catalogue.dates.front().first_seat = SeatId{5001};
  batch.catalogue.dates.front().event = EventId{77};
  EXPECT_TRUE(refuses(store(), batch));
  EXPECT_EQ(text(startup().catalogue()), before);
}

}  // namespace
}  // namespace stagedoor::contract
