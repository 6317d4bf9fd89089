// Seats: hold, cancel, expire. At most one reservation takes a seat. Until the hold expires, no other user
// can take the seat; after that it is free by rule, even if not yet swept (R-S4).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/place_ref.h"
#include "engine/command.h"

namespace stagedoor::reservation {

// WRONG_RESERVATION_STATUS: a reservation of a cancelled date ends with its date, once.
Refusal date_is_cancelled(const DateCancellation& cancellation);

// The next state of a row, with the next version. This revokes the ticket of a row that was PAID, and a row
// that stays PAID has a new ticket (R-P7).
Reservation changed(Reservation row, ReservationStatus status, TimePoint now);
Reservation cancelled(const Reservation& row, CancelReason reason, TimePoint now);

// Adds the row, its outbox event and those of its tickets.
void write(Changes& changes, Reservation row, Ids& ids);
// Writes the next state of a paid row that its holder loses: REFUNDED, or of another user. The one place
// where a booking stops being valid for its holder; what hangs on it, such as a ticket, is revoked here.
void take_from_holder(Changes& changes, const Reservation& before, Reservation after, Ids& ids);

// Whether a gate let somebody in with its ticket. A ticket that this batch has made is not known, and not
// used either. Requires the use of its current ticket.
bool is_ticket_used(const Reservation& row, const View& view);

struct HoldSeats {
  PlaceRef fan;
  std::vector<SeatId> seats;  // without duplicates
};
struct Held {
  std::vector<Reservation> reservations;  // in the order of the requested seats
  bool is_new = false;                    // false: all of them were held already (R-S5)
};
void hold_keys(const HoldSeats& order, const View& view, Keys& wanted);
// All or none (R-S10). Refusals in this order: turn (queue/model.h), SEAT_NOT_FOUND, WRONG_TOKEN_EVENT,
// EVENT_NOT_ON_SALE, BOOKING_CLOSED, SEAT_OCCUPIED, SEAT_LIMIT_EXCEEDED (too many, or held by the same user
// too recently, R-S8).
Decision<Held> decide_hold(const HoldSeats& order, const View& view, BatchContext& context);

// Requires a live hold of the user (nullopt: of anybody). Refusals: RESERVATION_NOT_FOUND (null), FORBIDDEN,
// RESERVATION_ALREADY_PAID, WRONG_RESERVATION_STATUS, RESERVATION_EXPIRED.
Result<Reservation> live_hold_of(const Reservation* row, const std::optional<UserId>& user, TimePoint now);

struct CancelHold {
  ReservationId reservation;
  std::optional<UserId> user;  // nullopt: an operator
};
void cancel_keys(const CancelHold& order, const View& view, Keys& wanted);
Decision<Reservation> decide_cancel(const CancelHold& order, const View& view, BatchContext& context);

// Gives a paid reservation to another user. The money stays with the user of the payment (R-P7).
struct Reassign {
  ReservationId reservation;
  UserId to;
  std::string operator_name;
};
void reassign_keys(const Reassign& order, const View& view, Keys& wanted);
// Refusals: RESERVATION_NOT_FOUND, WRONG_RESERVATION_STATUS (not paid, or the date is cancelled),
// INVALID_REQUEST (the user has it), TICKET_ALREADY_USED, SEAT_LIMIT_EXCEEDED (of the new user).
Decision<Reservation> decide_reassign(const Reassign& order, const View& view, BatchContext& context);

// Gives up a place: a waiting place leaves the line; a visit ends and its unpaid holds are cancelled (R-Q4,
// R-Q11).
struct Leave {
  PlaceRef fan;
  CancelReason reason = CancelReason::OWNER;  // of the holds; OPERATOR if a room is emptied
};
struct Left {
  TimePoint at{};
};
void leave_keys(const Leave& order, const View& view, Keys& wanted);
// `current` is the user's place as of the newest commit. A second leave changes nothing. Refusal:
// TOKEN_NOT_FOUND (the place belongs to another user, because the token is from another store).
Decision<Left> decide_leave(const Leave& order, const View& view, BatchContext& context,
                            const std::optional<LinePlace>& current);

// The sweep: cancels those of `holds` that have expired.
Changes decide_lapse(std::span<const ReservationId> holds, const View& view, BatchContext& context);

}  // namespace stagedoor::reservation
