#include "adapters/memory/memory_queries.h"

namespace stagedoor::memory {
namespace {

// A page of the rows for which `wanted` returns true, newest first. `position` returns the cursor of a row.
template <class Row, class Map, class Position, class Wanted>
std::vector<Row> page_of(const Map& rows, PageAt at, Position&& position, Wanted&& wanted) {
  std::vector<Row> page;
  for (auto row = rows.rbegin(); row != rows.rend() && page.size() < std::size_t(at.limit); ++row) {
    if (at.before && position(row->second) >= at.before) continue;
    if (wanted(row->second)) page.push_back(row->second);
  }
  return page;
}

constexpr auto kById = [](const auto& row) { return row.id.value; };

template <class Map, class Key>
auto copy_of(const Map& rows, const Key& key) {
  const auto at = rows.find(key);
  return at == rows.end() ? std::optional<typename Map::mapped_type>() : std::optional(at->second);
}

}  // namespace

std::optional<Reservation> MemoryQueries::reservation(ReservationId id) {
  const std::lock_guard lock(store_.mutex_);
  return copy_of(store_.tables_.reservations, id);
}

std::vector<Reservation> MemoryQueries::reservations_of(const UserId& user,
                                                        std::optional<ReservationStatus> status, PageAt at) {
  const std::lock_guard lock(store_.mutex_);
  return page_of<Reservation>(store_.tables_.reservations, at, kById, [&](const Reservation& row) {
    return row.user == user && (!status || row.status == *status);
  });
}

std::optional<Reservation> MemoryQueries::reservation_taking(SeatId seat) {
  const std::lock_guard lock(store_.mutex_);
  for (const auto& [id, row] : store_.tables_.reservations)
    if (row.seat == seat && row.takes_seat()) return row;
  return std::nullopt;
}

std::vector<Reservation> MemoryQueries::reservations_after(ReservationId after, int limit) {
  const std::lock_guard lock(store_.mutex_);
  std::vector<Reservation> page;
  for (const auto& [id, row] : store_.tables_.reservations) {
    if (id > after && page.size() < std::size_t(limit)) page.push_back(row);
  }
  return page;
}

std::optional<Wallet> MemoryQueries::wallet(const UserId& user) {
  const std::lock_guard lock(store_.mutex_);
  return copy_of(store_.tables_.wallets, user);
}

std::vector<Posting> MemoryQueries::history(WalletId wallet, PageAt at) {
  const std::lock_guard lock(store_.mutex_);
  return page_of<Posting>(
      store_.tables_.postings, at, [](const Posting& row) { return row.seq; },
      [&](const Posting& row) { return row.wallet == wallet; });
}

std::optional<Payment> MemoryQueries::payment(PaymentId id) {
  const std::lock_guard lock(store_.mutex_);
  auto found = copy_of(store_.tables_.payments, id);
  if (found) add_reservations(*found);
  return found;
}

std::vector<Payment> MemoryQueries::payments_of(const UserId& user, PageAt at) {
  const std::lock_guard lock(store_.mutex_);
  auto page = page_of<Payment>(store_.tables_.payments, at, kById,
                               [&](const Payment& row) { return row.user == user; });
  for (auto& payment : page) add_reservations(payment);
  return page;
}

std::vector<LogRow> MemoryQueries::log(PageAt at) {
  const std::lock_guard lock(store_.mutex_);
  return page_of<LogRow>(store_.tables_.log, at, kById, [](const LogRow&) { return true; });
}

std::optional<TicketUse> MemoryQueries::ticket_use(const TicketRef& ticket) {
  const std::lock_guard lock(store_.mutex_);
  return copy_of(table_of(kinds::ticket_uses{}, store_.tables_), ticket);
}

GateRows MemoryQueries::gate_rows(DateId date) {
  const std::lock_guard lock(store_.mutex_);
  GateRows rows;
  for (const auto& [id, row] : store_.tables_.reservations) {
    const bool has_revoked =
        row.paid_at && (row.status != ReservationStatus::PAID || row.updated_at > *row.paid_at);
    if (row.date == date && has_revoked)
      rows.revoked.push_back({id, row.created_at == *row.paid_at ? 1 : 2, row.version});
  }
  for (const auto& [ticket, row] : table_of(kinds::ticket_uses{}, store_.tables_))
    if (row.date == date && row.live > 1) rows.twice.push_back(row);
  return rows;
}

void MemoryQueries::add_reservations(Payment& payment) const {
  for (const auto& [id, row] : store_.tables_.reservations)
    if (row.payment == payment.id) payment.reservations.push_back(id);
}

}  // namespace stagedoor::memory
