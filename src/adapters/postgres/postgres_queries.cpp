#include "adapters/postgres/postgres_queries.h"

#include "adapters/tables/rows.h"

namespace stagedoor::postgres {
namespace {

// Single-key lookups use the set query with one element.
template <class Key>
Value only(const Key& key) {
  return Value::of_each(std::initializer_list<Key>{key}, [](const Key& each) { return each; });
}

template <class Row>
std::optional<Row> first_of(std::vector<Row> rows) {
  return rows.empty() ? std::nullopt : std::optional<Row>(std::move(rows.front()));
}

void read(Columns& columns, auto& row) { columns >> row; }
void read(Columns& columns, Payment& row) { columns >> row >> row.reservations; }

}  // namespace

// An idle connection may have been lost; only its use shows that.
template <class Row>
std::vector<Row> PostgresQueries::rows(const sql::Text& query, std::initializer_list<Param> params) {
  for (bool is_new = false;;) {
    if (!connection_ || !connection_->is_open()) {
      connection_.emplace(options_);
      connection_->set_fatal_on_error();
      is_new = true;
    }
    std::vector<Row> found;
    try {
      connection_->queue(query, params, [&](Columns& columns) { read(columns, found.emplace_back()); });
      connection_->finish();
      return found;
    } catch (const ConnectionLost&) {
      if (is_new) throw;
    }
  }
}

std::optional<Reservation> PostgresQueries::reservation(ReservationId id) {
  return first_of(rows<Reservation>(sql::reservation::find_reservation, {{"$ids", only(id)}}));
}

std::vector<Reservation> PostgresQueries::reservations_of(const UserId& user,
                                                          std::optional<ReservationStatus> status,
                                                          PageAt at) {
  return rows<Reservation>(
      sql::reservation::find_reservations_of_user,
      {{"$user_id", user}, {"$before", at.bound()}, {"$status", status}, {"$limit", at.limit}});
}

std::optional<Reservation> PostgresQueries::reservation_taking(SeatId seat) {
  return first_of(
      rows<Reservation>(sql::reservation::find_reservation_taking_seat, {{"$seat_ids", only(seat)}}));
}

std::vector<Reservation> PostgresQueries::reservations_after(ReservationId after, int limit) {
  return rows<Reservation>(sql::reservation::find_reservations_after,
                           {{"$after", after.value}, {"$limit", limit}});
}

std::optional<Wallet> PostgresQueries::wallet(const UserId& user) {
  return first_of(rows<Wallet>(sql::wallet::find_wallet, {{"$user_ids", only(user)}}));
}

std::vector<Posting> PostgresQueries::history(WalletId wallet, PageAt at) {
  return rows<Posting>(sql::wallet::list_postings,
                       {{"$wallet_id", wallet}, {"$before", at.bound()}, {"$limit", at.limit}});
}

std::optional<Payment> PostgresQueries::payment(PaymentId id) {
  return first_of(rows<Payment>(sql::payment::find_payment, {{"$ids", only(id)}}));
}

std::vector<Payment> PostgresQueries::payments_of(const UserId& user, PageAt at) {
  return rows<Payment>(sql::payment::find_payments_of_user,
                       {{"$user_id", user}, {"$before", at.bound()}, {"$limit", at.limit}});
}

std::vector<LogRow> PostgresQueries::log(PageAt at) {
  return rows<LogRow>(sql::operator_::list_log, {{"$before", at.bound()}, {"$limit", at.limit}});
}

std::optional<TicketUse> PostgresQueries::ticket_use(const TicketRef& ticket) {
  return first_of(rows<TicketUse>(sql::ticket::find_use,
                                  {{"$reservation_id", ticket.first}, {"$ticket", ticket.second}}));
}

GateRows PostgresQueries::gate_rows(DateId date) {
  return {rows<RevokedTickets>(sql::ticket::find_revoked_of_date, {{"$date_id", date}}),
          rows<TicketUse>(sql::ticket::find_twice_of_date, {{"$date_id", date}})};
}

}  // namespace stagedoor::postgres
