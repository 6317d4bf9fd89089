// Which reservation takes a seat, from the rows of a view.
#pragma once

#include "state/view.h"

namespace stagedoor {

// The reservation of the seat, which may be expired and not yet swept; nullptr if there is none.
inline const Reservation* taker_of(const View& view, SeatId seat) {
  const SeatState* state = view.seats.find(seat);
  return state && state->taken_by ? view.reservations.find(state->taken_by) : nullptr;
}

// The seat is held or sold at `now`.
inline bool is_taken(const View& view, SeatId seat, TimePoint now) {
  const Reservation* taker = taker_of(view, seat);
  return taker && (taker->is_live_hold(now) || taker->status == ReservationStatus::PAID);
}

}  // namespace stagedoor
