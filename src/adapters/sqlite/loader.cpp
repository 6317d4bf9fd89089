#include "adapters/sqlite/loader.h"

#include <limits>

#include "adapters/sqlite/generation.h"
#include "adapters/tables/answer_digest.h"
#include "adapters/tables/rows.h"

namespace stagedoor::sqlite {
namespace {

// Several keys may load the same row; the first one has added it.
void keep(View& view, Reservation&& row) {
  const ReservationId id = row.id;
  if (!view.reservations.knows(id)) view.reservations.put(id, std::move(row));
}

}  // namespace

Loader::Loader(Database& database)
    : reservation_(database, sql::reservation::find_reservation),
      reservation_taking_seat_(database, sql::reservation::find_reservation_taking_seat),
      last_ended_(database, sql::reservation::find_last_ended),
      newest_(database, sql::reservation::find_newest),
      block_(database, sql::catalogue::find_block),
      wallet_(database, sql::wallet::find_wallet),
      visit_(database, sql::queue::find_visit),
      answer_(database, sql::engine::find_answer),
      payment_(database, sql::payment::find_payment),
      paid_reservations_(database, sql::payment::find_paid_reservations),
      draw_(database, sql::queue::find_draw),
      key_version_(database, sql::events::find_key_version),
      ticket_use_(database, sql::ticket::find_use) {}

void Loader::load(const Keys& keys, StoreIndexes& indexes, View& view) {
  for (const auto& id : keys.reservations) load_reservation(id, view);
  for (const auto& id : keys.seats) {
    if (indexes.seats.may_be_taken(id)) load_seat(id, view);
    else view.seats.put(id, SeatState{});
  }
  for (const auto& fan : keys.fans) load_fan(fan, indexes.fans, view);
  for (const auto& user : keys.wallets) load_wallet(user, view);
  for (const auto& key : keys.visits) load_visit(key, view);
  for (const auto& key : keys.answers) load_answer(key, view);
  for (const auto& [key, reach] : keys.last_ended) load_last_ended(key, reach, view);
  for (const auto& id : keys.payments) load_payment(id, view);
  for (const auto& event : keys.draws) load_draw(event, view);
  for (const auto& key : keys.key_versions) load_key_version(key, view);
  for (const auto& ticket : keys.ticket_uses) load_ticket_use(ticket, view);
}

void Loader::load_reservation(ReservationId id, View& view) {
  std::optional<Reservation> found;
  reservation_.each({{"$id", id}}, [&](Columns& columns) { columns >> found.emplace(); });
  view.reservations.put(id, std::move(found));
}

void Loader::load_seat(SeatId id, View& view) {
  SeatState state;
  reservation_taking_seat_.each({{"$seat_id", id}}, [&](Columns& columns) {
    Reservation row;
    columns >> row;
    state.taken_by = row.id;
    keep(view, std::move(row));
  });
  block_.each({{"$seat_id", id}}, [&](Columns&) { state.blocked = true; });
  view.seats.put(id, state);
}

void Loader::load_fan(const EventUser& fan, FanIndex& fans, View& view) {
  FanSeats seats;
  for (const ReservationId id : fans.find(fan)) {
    const bool is_from_file = !view.reservations.knows(id);
    if (is_from_file) load_reservation(id, view);
    const Reservation* row = view.reservations.find(id);
    const bool takes_seat = row && row->takes_seat();
    if (takes_seat && EventUser{row->event, row->user} == fan)
      (row->is_unpaid() ? seats.unpaid : seats.paid).push_back(id);
    else if (is_from_file && !takes_seat) fans.remove(id, fan);
  }
  view.fans.put(fan, std::move(seats));
}

void Loader::load_wallet(const UserId& user, View& view) {
  std::optional<Wallet> found;
  wallet_.each({{"$user_id", user}}, [&](Columns& columns) { columns >> found.emplace(); });
  view.wallets.put(user, std::move(found));
}

void Loader::load_visit(const EventPlace& key, View& view) {
  std::optional<Visit> found;
  visit_.each({{"$event_id", key.first}, {"$place", key.second}},
              [&](Columns& columns) { columns >> found.emplace(); });
  view.visits.put(key, std::move(found));
}

void Loader::load_answer(const UserKey& key, View& view) {
  std::optional<IdempotentAnswer> found;
  answer_.each({{"$digest", tables::answer_digest(key.first, key.second)},
                {"$user_id", key.first},
                {"$key", key.second}},
               [&](Columns& columns) { columns >> found.emplace(); });
  view.answers.put(key, std::move(found));
}

// From the newest generation back, as far as its reservations are within reach of the newest one. Ids rise
// with the time of creation.
void Loader::load_last_ended(const SeatUser& key, Millis reach, View& view) {
  std::optional<TimePoint> found;
  std::optional<TimePoint> oldest;
  for (std::int64_t before = std::numeric_limits<std::int64_t>::max(); !found;) {
    ReservationId id;
    TimePoint created;
    newest_.each({{"$before", before}}, [&](Columns& columns) { columns >> id >> created; });
    if (!oldest) oldest = created - reach;
    if (!id || created < *oldest) break;
    const std::int64_t generation = generation_of(id);
    last_ended_.each({{"$generation", generation}, {"$user_id", key.second}, {"$seat_id", key.first}},
                     [&](Columns& columns) { columns >> found; });
    before = first_of_generation(generation);
  }
  view.last_ended.put(key, found);
}

void Loader::load_payment(PaymentId id, View& view) {
  std::optional<Payment> found;
  payment_.each({{"$id", id}}, [&](Columns& columns) { columns >> found.emplace(); });
  if (found) {
    paid_reservations_.each({{"$payment_id", id}},
                            [&](Columns& columns) { columns >> found->reservations.emplace_back(); });
  }
  view.payments.put(id, std::move(found));
}

void Loader::load_draw(EventId event, View& view) {
  std::optional<Draw> found;
  draw_.each({{"$event_id", event}}, [&](Columns& columns) { columns >> found.emplace(); });
  view.draws.put(event, std::move(found));
}

void Loader::load_key_version(const std::string& key, View& view) {
  std::optional<KeyVersion> found;
  key_version_.each({{"$key", key}}, [&](Columns& columns) { columns >> found.emplace(); });
  view.key_versions.put(key, std::move(found));
}

void Loader::load_ticket_use(const TicketRef& ticket, View& view) {
  std::optional<TicketUse> found;
  ticket_use_.each({{"$reservation_id", ticket.first}, {"$ticket", ticket.second}},
                   [&](Columns& columns) { columns >> found.emplace(); });
  view.ticket_uses.put(ticket, std::move(found));
}

}  // namespace stagedoor::sqlite
