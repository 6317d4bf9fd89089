#include "adapters/postgres/loader.h"

#include "adapters/tables/answer_digest.h"
#include "adapters/tables/rows.h"

namespace stagedoor::postgres {
namespace {

// Several keys may load the same row; the first one has added it.
void keep(View& view, const Reservation& row) {
  if (!view.reservations.knows(row.id)) view.reservations.put(row.id, row);
}

// The two parts of composite keys, as separate arrays.
constexpr auto kFirst = [](const auto& key) { return key.first; };
constexpr auto kSecond = [](const auto& key) { return key.second; };
constexpr auto kWhole = [](const auto& key) { return key; };

void load_reservations(Connection& connection, const Keys& keys, View& view) {
  for (const auto& id : keys.reservations) view.reservations.put(id, std::nullopt);
  connection.queue(sql::reservation::find_reservation, {{"$ids", Value::of_each(keys.reservations, kWhole)}},
                   [&](Columns& columns) {
                     Reservation row;
                     columns >> row;
                     view.reservations.put(row.id, row);
                   });
}

void load_seats(Connection& connection, const Keys& keys, View& view) {
  for (const auto& id : keys.seats) view.seats.put(id, SeatState{});
  connection.queue(sql::reservation::find_reservation_taking_seat,
                   {{"$seat_ids", Value::of_each(keys.seats, kWhole)}}, [&](Columns& columns) {
                     Reservation row;
                     columns >> row;
                     view.seats.at_or_new(row.seat).taken_by = row.id;
                     keep(view, row);
                   });
  connection.queue(sql::catalogue::find_block, {{"$seat_ids", Value::of_each(keys.seats, kWhole)}},
                   [&](Columns& columns) {
                     SeatId seat;
                     columns >> seat;
                     view.seats.at_or_new(seat).blocked = true;
                   });
}

void load_fans(Connection& connection, const Keys& keys, View& view) {
  for (const auto& fan : keys.fans) view.fans.put(fan, FanSeats{});
  connection.queue(
      sql::reservation::find_reservations_of_fan,
      {{"$event_ids", Value::of_each(keys.fans, kFirst)}, {"$user_ids", Value::of_each(keys.fans, kSecond)}},
      [&](Columns& columns) {
        Reservation row;
        columns >> row;
        const EventUser fan{row.event, row.user};
        keep(view, row);
        const Reservation* known = view.reservations.find(row.id);
        if (!known || !known->takes_seat() || EventUser{known->event, known->user} != fan) return;
        auto& seats = view.fans.at_or_new(fan);
        (known->is_unpaid() ? seats.unpaid : seats.paid).push_back(row.id);
      });
}

void load_wallets(Connection& connection, const Keys& keys, View& view) {
  for (const auto& user : keys.wallets) view.wallets.put(user, std::nullopt);
  connection.queue(sql::wallet::find_wallet, {{"$user_ids", Value::of_each(keys.wallets, kWhole)}},
                   [&](Columns& columns) {
                     Wallet row;
                     columns >> row;
                     view.wallets.put(row.user, row);
                   });
}

void load_visits(Connection& connection, const Keys& keys, View& view) {
  for (const auto& key : keys.visits) view.visits.put(key, std::nullopt);
  connection.queue(sql::queue::find_visit,
                   {{"$event_ids", Value::of_each(keys.visits, kFirst)},
                    {"$places", Value::of_each(keys.visits, kSecond)}},
                   [&](Columns& columns) {
                     Visit row;
                     columns >> row;
                     view.visits.put({row.event, row.place}, row);
                   });
}

void load_answers(Connection& connection, const Keys& keys, View& view) {
  for (const auto& key : keys.answers) view.answers.put(key, std::nullopt);
  connection.queue(
      sql::engine::find_answer,
      {{"$digests",
        Value::of_each(keys.answers,
                       [](const UserKey& key) { return tables::answer_digest(key.first, key.second); })},
       {"$user_ids", Value::of_each(keys.answers, kFirst)},
       {"$keys", Value::of_each(keys.answers, [](const UserKey& key) { return Bytes{key.second}; })}},
      [&](Columns& columns) {
        IdempotentAnswer row;
        columns >> row;
        const UserKey key{row.user, row.key};
        view.answers.put(key, std::move(row));
      });
}

void load_last_ended(Connection& connection, const Keys& keys, View& view) {
  for (const auto& one : keys.last_ended) view.last_ended.put(one.first, std::nullopt);
  const auto seat_of = [](const auto& one) { return one.first.first; };
  const auto user_of = [](const auto& one) { return one.first.second; };
  connection.queue(sql::reservation::find_last_ended,
                   {{"$seat_ids", Value::of_each(keys.last_ended, seat_of)},
                    {"$user_ids", Value::of_each(keys.last_ended, user_of)}},
                   [&](Columns& columns) {
                     SeatUser key;
                     TimePoint ended;
                     columns >> key.first >> key.second >> ended;
                     view.last_ended.put(key, ended);
                   });
}

void load_payments(Connection& connection, const Keys& keys, View& view) {
  for (const auto& id : keys.payments) view.payments.put(id, std::nullopt);
  connection.queue(sql::payment::find_payment, {{"$ids", Value::of_each(keys.payments, kWhole)}},
                   [&](Columns& columns) {
                     Payment row;
                     columns >> row >> row.reservations;
                     const PaymentId id = row.id;
                     view.payments.put(id, std::move(row));
                   });
}

void load_draws(Connection& connection, const Keys& keys, View& view) {
  for (const auto& event : keys.draws) {
    view.draws.put(event, std::nullopt);
    connection.queue(sql::queue::find_draw, {{"$event_id", event}}, [&](Columns& columns) {
      Draw row;
      columns >> row;
      const EventId of = row.event;
      view.draws.put(of, std::move(row));
    });
  }
}

void load_key_versions(Connection& connection, const Keys& keys, View& view) {
  for (const auto& key : keys.key_versions) {
    view.key_versions.put(key, std::nullopt);
    connection.queue(sql::events::find_key_version, {{"$key", key}}, [&](Columns& columns) {
      KeyVersion row;
      columns >> row;
      const std::string of = row.key;
      view.key_versions.put(of, std::move(row));
    });
  }
}

void load_ticket_uses(Connection& connection, const Keys& keys, View& view) {
  for (const auto& ticket : keys.ticket_uses) {
    view.ticket_uses.put(ticket, std::nullopt);
    connection.queue(sql::ticket::find_use, {{"$reservation_id", ticket.first}, {"$ticket", ticket.second}},
                     [&](Columns& columns) {
                       TicketUse row;
                       columns >> row;
                       const TicketRef of{row.reservation, row.ticket};
                       view.ticket_uses.put(of, std::move(row));
                     });
  }
}

}  // namespace

void load(Connection& connection, const Keys& keys, View& view) {
  if (keys.empty()) return;
  if (!keys.reservations.empty()) load_reservations(connection, keys, view);
  if (!keys.seats.empty()) load_seats(connection, keys, view);
  if (!keys.fans.empty()) load_fans(connection, keys, view);
  if (!keys.wallets.empty()) load_wallets(connection, keys, view);
  if (!keys.visits.empty()) load_visits(connection, keys, view);
  if (!keys.answers.empty()) load_answers(connection, keys, view);
  if (!keys.last_ended.empty()) load_last_ended(connection, keys, view);
  if (!keys.payments.empty()) load_payments(connection, keys, view);
  if (!keys.draws.empty()) load_draws(connection, keys, view);
  if (!keys.key_versions.empty()) load_key_versions(connection, keys, view);
  if (!keys.ticket_uses.empty()) load_ticket_uses(connection, keys, view);
  connection.finish();
}

}  // namespace stagedoor::postgres
