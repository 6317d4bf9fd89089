// Loads keys from the in-memory tables by plain searches: the simplest implementation of each key.
#include "adapters/memory/memory_transaction.h"

namespace stagedoor::memory {
namespace {

template <class Key, class Row>
void load_by_key(const Key& key, const std::map<Key, Row>& rows, Table<Key, Row>& view) {
  const auto at = rows.find(key);
  view.put(key, at == rows.end() ? std::nullopt : std::optional<Row>(at->second));
}

void load_seat(SeatId seat, const Tables& tables, View& view) {
  SeatState state;
  state.blocked = tables.blocks.contains(seat);
  if (const auto at = tables.taking.find(seat); at != tables.taking.end()) {
    state.taken_by = at->second;
    view.reservations.put(at->second, tables.reservations.at(at->second));
  }
  view.seats.put(seat, state);
}

void load_fan(const EventUser& fan, const Tables& tables, View& view) {
  FanSeats seats;
  for (const auto& [id, row] : tables.reservations) {
    if (EventUser{row.event, row.user} != fan || !row.takes_seat()) continue;
    (row.is_unpaid() ? seats.unpaid : seats.paid).push_back(id);
    view.reservations.put(id, row);
  }
  view.fans.put(fan, std::move(seats));
}

void load_last_ended(const SeatUser& key, const Tables& tables, View& view) {
  std::optional<TimePoint> found;
  for (const auto& [id, row] : tables.reservations) {
    if (row.seat == key.first && row.user == key.second && row.is_given_up()) found = row.ended_at();
  }
  view.last_ended.put(key, found);
}

void load_payment(PaymentId id, const Tables& tables, View& view) {
  load_by_key(id, tables.payments, view.payments);
  if (!view.payments.find(id)) return;
  for (const auto& [reservation, row] : tables.reservations)
    if (row.payment == id) view.payments.at_or_new(id).reservations.push_back(reservation);
}

}  // namespace

void MemoryTransaction::load(const Keys& keys, View& view) {
  for (const auto& id : keys.reservations) load_by_key(id, tables_.reservations, view.reservations);
  for (const auto& seat : keys.seats) load_seat(seat, tables_, view);
  for (const auto& fan : keys.fans) load_fan(fan, tables_, view);
  for (const auto& user : keys.wallets) load_by_key(user, tables_.wallets, view.wallets);
  for (const auto& key : keys.visits) load_by_key(key, tables_.visits, view.visits);
  for (const auto& key : keys.answers) load_by_key(key, tables_.answers, view.answers);
  for (const auto& one : keys.last_ended) load_last_ended(one.first, tables_, view);
  for (const auto& id : keys.payments) load_payment(id, tables_, view);
  for (const auto& id : keys.draws) load_by_key(id, tables_.draws, view.draws);
  for (const auto& key : keys.key_versions)
    load_by_key(key, table_of(kinds::key_versions{}, tables_), view.key_versions);
  for (const auto& ticket : keys.ticket_uses)
    load_by_key(ticket, table_of(kinds::ticket_uses{}, tables_), view.ticket_uses);
}

}  // namespace stagedoor::memory
