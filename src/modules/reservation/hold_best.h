// Holding the best seats (R-S13): which ones is decided by the lane, against what is free at that moment.
// Otherwise a hold like any other (model.h).
#pragma once

#include <optional>
#include <string>

#include "core/place_ref.h"
#include "modules/reservation/best_seats.h"
#include "modules/reservation/model.h"

namespace stagedoor::reservation {

struct HoldBest {
  PlaceRef fan;
  DateId date;
  std::optional<std::string> category;  // its name; nullopt: any
  std::size_t count = 1;
};

// What an event with a cooldown makes a decision try: as often it looks for other seats than those that the
// user held a short time ago. It is decided in the midst of a batch: each time is a look at the store, and a
// search for each time before it.
inline constexpr int kOtherSeatsMax = 4;

void hold_best_keys(const HoldBest& order, const View& view, Keys& wanted);
// The rows of the seats that are the best ones now (Command::rows_to_load_late).
void hold_best_late_keys(const HoldBest& order, const View& view, TimePoint now, BestSeats& best_seats,
                         Keys& wanted);
// All of them are new holds, in the order of their ids. Refusals in this order: turn (queue/model.h),
// EVENT_DATE_NOT_FOUND, WRONG_TOKEN_EVENT, EVENT_NOT_ON_SALE, BOOKING_CLOSED, INVALID_REQUEST (no such
// category), SEAT_LIMIT_EXCEEDED, NO_SEATS_TOGETHER (`largest` is less than `count`; seats in the user's
// cooldown may count in it); SEAT_LIMIT_EXCEEDED also if the user has just given up
// more seats than kOtherSeatsMax lets it pass over.
Decision<Held> decide_hold_best(const HoldBest& order, const View& view, BatchContext& context,
                                BestSeats& best_seats);

}  // namespace stagedoor::reservation
