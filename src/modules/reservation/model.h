// Seats: holding, giving back, lapsing. At most one reservation takes a seat; until a hold's end nobody else
// can have it, from then on it is free by rule, swept or not (R-S4).
#pragma once

#include <span>
#include <vector>

#include "core/place_ref.h"
#include "engine/command.h"

namespace stagedoor::reservation {

// The next state of a row, one version on.
Reservation changed(Reservation row, ReservationStatus status, TimePoint now);
Reservation cancelled(const Reservation& row, CancelReason reason, TimePoint now);

// Adds the row and its outbox event.
void write(Changes& changes, Reservation row, Ids& ids);

struct HoldSeats {
  PlaceRef fan;
  std::vector<SeatId> seats;  // no seat twice
};
struct Held {
  std::vector<Reservation> reservations;  // in the order of the seats asked for
  bool is_new = false;                    // false: all of them were held already (R-S5)
};
void hold_keys(const HoldSeats& order, const View& view, Keys& wanted);
// All or none (R-S10). Refusals in this order: turn (queue/model.h), SEAT_NOT_FOUND, WRONG_TOKEN_EVENT,
// EVENT_NOT_ON_SALE, BOOKING_CLOSED, SEAT_OCCUPIED, SEAT_LIMIT_EXCEEDED (too many, or held by the same user
// too recently, R-S8).
Decision<Held> decide_hold(const HoldSeats& order, const View& view, BatchContext& context);

// What an owner may be told about a reservation that should be a live hold: RESERVATION_NOT_FOUND (null),
// FORBIDDEN, RESERVATION_ALREADY_PAID, WRONG_RESERVATION_STATUS, RESERVATION_EXPIRED.
Result<Reservation> live_hold_of(const Reservation* row, const UserId& user, TimePoint now);

struct CancelHold {
  ReservationId reservation;
  UserId user;
};
void cancel_keys(const CancelHold& order, const View& view, Keys& wanted);
Decision<Reservation> decide_cancel(const CancelHold& order, const View& view, BatchContext& context);

// Giving up one's place: a waiting one leaves the line; a visit ends and its unpaid holds are cancelled
// (R-Q4, R-Q11).
struct Leave {
  PlaceRef fan;
  CancelReason reason = CancelReason::OWNER;  // of the holds; OPERATOR when a room is emptied
};
struct Left {
  TimePoint at{};
};
void leave_keys(const Leave& order, const View& view, Keys& wanted);
// `current` is the user's place as of the newest commit. Leaving twice changes nothing. Refusal:
// TOKEN_NOT_FOUND (the place is somebody else's: the token is of another store).
Decision<Left> decide_leave(const Leave& order, const View& view, BatchContext& context,
                            const std::optional<LinePlace>& current);

// The sweep: cancels those of `holds` that have lapsed by now.
Changes decide_lapse(std::span<const ReservationId> holds, const View& view, BatchContext& context);

}  // namespace stagedoor::reservation
