// Reads outside the lane, on a separate connection. It connects at the first read, and again after a lost
// connection.
#pragma once

#include <optional>

#include "adapters/postgres/connection.h"
#include "ports/queries.h"

namespace stagedoor::postgres {

class PostgresQueries final : public Queries {
 public:
  explicit PostgresQueries(ConnectionOptions options) : options_(std::move(options)) {}

  std::optional<Reservation> reservation(ReservationId id) override;
  std::vector<Reservation> reservations_of(const UserId& user, std::optional<ReservationStatus> status,
                                           PageAt at) override;
  std::optional<Reservation> reservation_taking(SeatId seat) override;
  std::vector<Reservation> reservations_after(ReservationId after, int limit) override;
  std::optional<Wallet> wallet(const UserId& user) override;
  std::vector<Posting> history(WalletId wallet, PageAt at) override;
  std::optional<Payment> payment(PaymentId id) override;
  std::vector<Payment> payments_of(const UserId& user, PageAt at) override;
  std::vector<LogRow> log(PageAt at) override;
  std::optional<TicketUse> ticket_use(const TicketRef& ticket) override;
  GateRows gate_rows(DateId date) override;

 private:
  template <class Row>
  std::vector<Row> rows(const sql::Text& query, std::initializer_list<Param> params);

  const ConnectionOptions options_;
  std::optional<Connection> connection_;
};

}  // namespace stagedoor::postgres
