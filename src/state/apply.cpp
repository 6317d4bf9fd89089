#include "state/view.h"

#include "state/changes.h"

namespace stagedoor {

void View::apply(const Changes& changes) {
  for (const auto& row : changes.reservations) apply(row);
  for (const auto& row : changes.wallets) wallets.put(row.user, row);
  for (const auto& row : changes.visits) visits.put({row.event, row.place}, row);
  for (const auto& row : changes.line) {
    line[{row.event, row.user}] = row;
    auto& last = last_place[row.event];
    last = std::max(last, row.place);
  }
  for (const auto& row : changes.blocks) seats.at_or_new(row.seat).blocked = row.blocked;
  for (const auto& row : changes.payments) payments.put(row.id, row);
  for (const auto& row : changes.draws) draws.put(row.event, row);
  for (const auto& row : changes.answers) answers.put({row.user, row.key}, row);
}

void View::apply(const Reservation& row) {
  auto& seat = seats.at_or_new(row.seat);
  if (row.takes_seat()) seat.taken_by = row.id;
  else if (seat.taken_by == row.id) seat.taken_by = {};

  auto& fan = fans.at_or_new({row.event, row.user});
  const bool is_new = row.version == 1;
  const auto keep = [&](std::vector<ReservationId>& ids, bool wanted) {
    const auto at = is_new ? ids.end() : std::find(ids.begin(), ids.end(), row.id);
    if (wanted && at == ids.end()) ids.push_back(row.id);
    if (!wanted && at != ids.end()) ids.erase(at);
  };
  keep(fan.unpaid, row.is_unpaid());
  keep(fan.paid, row.status == ReservationStatus::PAID);

  if (row.reason == CancelReason::LAPSED) last_lapsed.put({row.seat, row.user}, row.expires_at);
  reservations.put(row.id, row);
}

void View::forget(const Batch& batch) {
  const auto forget_taken = [&](const Reservation& row) {
    seats.forget(row.seat);
    fans.forget({row.event, row.user});
    last_lapsed.forget({row.seat, row.user});
  };
  for (const auto& [row, stored] : batch.reservations.rows()) {
    reservations.forget(row.id);
    forget_taken(row);
    if (stored) forget_taken(*stored);
  }
  for (const auto& [row, stored] : batch.wallets.rows()) wallets.forget(row.user);
  for (const auto& [row, stored] : batch.visits.rows()) visits.forget({row.event, row.place});
  for (const auto& [row, stored] : batch.blocks.rows()) seats.forget(row.seat);
  for (const auto& row : batch.payments) payments.forget(row.id);
  for (const auto& [row, stored] : batch.draws.rows()) draws.forget(row.event);
  for (const auto& row : batch.answers) answers.forget({row.user, row.key});
}

void View::clear() {
  reservations.clear();
  seats.clear();
  fans.clear();
  wallets.clear();
  visits.clear();
  answers.clear();
  last_lapsed.clear();
  payments.clear();
  draws.clear();
  end_batch();
}

}  // namespace stagedoor
