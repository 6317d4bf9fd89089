// Seats: hold, cancel, expire. At most one reservation takes a seat. Until the hold expires, no other user
// can take the seat; after that it is free by rule, even if not yet swept (R-S4).
#pragma once

#include <span>
#include <vector>

#include "core/place_ref.h"
#include "engine/command.h"

namespace stagedoor::reservation {

// The next state of a row, with the next version. This revokes the ticket of a row that was PAID, and a row
// that stays PAID has a new ticket (R-P7).
Reservation changed(Reservation row, ReservationStatus status, TimePoint now);
Reservation cancelled(const Reservation& row, CancelReason reason, TimePoint now);

// Adds the row, its outbox event and those of its tickets.
void write(Changes& changes, Reservation row, Ids& ids);

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

// Requires a live hold of the user. Refusals: RESERVATION_NOT_FOUND (null), FORBIDDEN,
// RESERVATION_ALREADY_PAID, WRONG_RESERVATION_STATUS, RESERVATION_EXPIRED.
Result<Reservation> live_hold_of(const Reservation* row, const UserId& user, TimePoint now);

struct CancelHold {
  ReservationId reservation;
  UserId user;
};
void cancel_keys(const CancelHold& order, const View& view, Keys& wanted);
Decision<Reservation> decide_cancel(const CancelHold& order, const View& view, BatchContext& context);

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
