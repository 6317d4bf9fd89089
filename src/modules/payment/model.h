// Paying for holds, and giving the money back. One decision moves the balance, its history, the payment, the
// reservations, the visit and the outbox together (R-P2).
#pragma once

#include "core/place_ref.h"
#include "engine/command.h"

namespace stagedoor::payment {

struct Pay {
  PlaceRef fan;
  std::vector<ReservationId> reservations;  // the one in the path first; none twice
};
struct Paid {
  Payment payment;
  std::vector<Reservation> reservations;  // in the order asked for
};
void pay_keys(const Pay& order, const View& view, Keys& wanted);
// All or none. The state of the reservations is answered before the turn (R-P3). Refusals: those of
// live_hold_of(), turn, NOT_ENOUGH_BALANCE (the holds become PENDING).
Decision<Paid> decide_pay(const Pay& order, const View& view, BatchContext& context);

struct Refund {
  ReservationId reservation;
  std::optional<UserId> owner;  // none: an operator, who may always
  Won balance_max;
};
void refund_keys(const Refund& order, const View& view, Keys& wanted);
// Refusals: RESERVATION_NOT_FOUND, FORBIDDEN, WRONG_RESERVATION_STATUS (not paid, or past refund_until),
// BALANCE_LIMIT_EXCEEDED.
Decision<Reservation> decide_refund(const Refund& order, const View& view, BatchContext& context);

}  // namespace stagedoor::payment
