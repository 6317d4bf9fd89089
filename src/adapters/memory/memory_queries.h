// Reads of the in-memory tables outside the lane.
#pragma once

#include "adapters/memory/memory_store.h"

namespace stagedoor::memory {

class MemoryQueries final : public Queries {
 public:
  explicit MemoryQueries(MemoryStore& store) : store_(store) {}

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
  void add_reservations(Payment& payment) const;

  MemoryStore& store_;
};

}  // namespace stagedoor::memory
