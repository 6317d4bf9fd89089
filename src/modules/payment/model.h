// Payments and refunds. One decision changes the balance, its history, the payment, the reservations, the
// visit and the outbox atomically (R-P2).
#pragma once

#include "core/place_ref.h"
#include "engine/command.h"

namespace stagedoor::payment {

struct Pay {
  PlaceRef fan;
  std::vector<ReservationId> reservations;  // the one in the path first; without duplicates
  bool user_may_charge = true;              // a refusal for lack of balance names the call for it (R-P3)
};
struct Paid {
  Payment payment;
  std::vector<Reservation> reservations;  // in the requested order
};
void pay_keys(const Pay& order, const View& view, Keys& wanted);
// All or none. The state of the reservations is checked before the turn (R-P3). Refusals: those of
// live_hold_of(), turn, NOT_ENOUGH_BALANCE (the holds become PENDING).
Decision<Paid> decide_pay(const Pay& order, const View& view, BatchContext& context);

struct Refund {
  ReservationId reservation;
  std::optional<UserId> owner;  // nullopt: an operator, who may always refund
};
void refund_keys(const Refund& order, const View& view, Keys& wanted);
// Who paid the reservation, and gets the money back whoever has it now. Requires what refund_keys() wants.
const UserId& payer_of(const Reservation& row, const View& view);
// The money goes back however large the balance is (R-W5). Refusals: RESERVATION_NOT_FOUND, FORBIDDEN,
// WRONG_RESERVATION_STATUS (not paid, past refund_until, or the date is cancelled), TICKET_ALREADY_USED (the
// owner, R-P7).
Decision<Reservation> decide_refund(const Refund& order, const View& view, BatchContext& context);

}  // namespace stagedoor::payment
