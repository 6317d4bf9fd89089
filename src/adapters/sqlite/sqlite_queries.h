// Reads outside the lane, on a separate connection. Each call is one short read transaction, because a long
// one prevents the write-ahead log from being reset.
#pragma once

#include "adapters/sqlite/database.h"
#include "ports/queries.h"

namespace stagedoor::sqlite {

class SqliteQueries final : public Queries {
 public:
  explicit SqliteQueries(const std::string& path);

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
  void read_paid_reservations(Payment& payment);

  Database database_;
  Statement reservation_;
  Statement reservations_of_user_;
  Statement newest_reservation_;
  Statement reservation_taking_seat_;
  Statement all_reservations_;
  Statement wallet_;
  Statement postings_;
  Statement payment_;
  Statement payments_of_user_;
  Statement newest_payment_;
  Statement paid_reservations_;
  Statement log_;
  Statement ticket_use_;
  Statement revoked_of_date_;
  Statement twice_of_date_;
};

}  // namespace stagedoor::sqlite
