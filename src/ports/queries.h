// Short reads of committed rows for one fan or operator, outside the lane.
#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "ports/store_errors.h"
#include "state/rows/audit_log.h"
#include "state/rows/reservation.h"
#include "state/rows/ticket_use.h"
#include "state/rows/wallet.h"

namespace stagedoor {

// A page of a growing list, newest first.
struct PageAt {
  std::int64_t before = 0;  // rows below this id (or seq); 0 = from the newest
  int limit = 50;
  std::int64_t bound() const { return before ? before : std::numeric_limits<std::int64_t>::max(); }
};

// What gates of a date take along (R-P9).
struct RevokedTickets {
  ReservationId reservation{};
  std::int32_t first = 0;    // the tickets of this version and later ones,
  std::int32_t version = 0;  // before this one, are revoked
};
BOOST_DESCRIBE_STRUCT(RevokedTickets, (), (reservation, first, version))
struct GateRows {
  std::vector<RevokedTickets> revoked;
  std::vector<TicketUse> twice;  // with more than one live scan
};

// One thread at a time per object.
class Queries {
 public:
  virtual ~Queries() = default;
  virtual std::optional<Reservation> reservation(ReservationId id) = 0;
  virtual std::vector<Reservation> reservations_of(const UserId& user,
                                                   std::optional<ReservationStatus> status, PageAt at) = 0;
  // The one that takes the seat in the store: held, also if it has expired and is not swept yet, or paid.
  virtual std::optional<Reservation> reservation_taking(SeatId seat) = 0;
  // At most `limit` with ids above `after`, in the order of their ids.
  virtual std::vector<Reservation> reservations_after(ReservationId after, int limit) = 0;
  virtual std::optional<Wallet> wallet(const UserId& user) = 0;
  virtual std::vector<Posting> history(WalletId wallet, PageAt at) = 0;  // cursor: seq
  virtual std::optional<Payment> payment(PaymentId id) = 0;
  virtual std::vector<Payment> payments_of(const UserId& user, PageAt at) = 0;
  virtual std::vector<LogRow> log(PageAt at) = 0;
  virtual std::optional<TicketUse> ticket_use(const TicketRef& ticket) = 0;
  virtual GateRows gate_rows(DateId date) = 0;
};

}  // namespace stagedoor
