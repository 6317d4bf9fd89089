// What all calls that hold seats share, whoever chose the seats: may this user hold them, and the rows of the
// new holds.
#pragma once

#include <optional>
#include <vector>

#include "core/place_ref.h"
#include "modules/reservation/model.h"

namespace stagedoor::reservation {

// Refusals: WRONG_TOKEN_EVENT, EVENT_NOT_ON_SALE, BOOKING_CLOSED.
Result<void> check_bookable(const EventDate& date, EventId event, const Catalogue& catalogue, TimePoint now);

// The row of the visit, and of the user's seats.
void fan_keys(const PlaceRef& fan, const View& view, Keys& wanted);
// The row of the user's last hold of the seat, if the event has a cooldown (R-S8).
void cooldown_keys(const Event& event, SeatId seat, const UserId& user, const View& view, Keys& wanted);
// The reservation that takes the seat, and the rows that change when it is cancelled because it has expired.
void taker_keys(SeatId seat, const View& view, Keys& wanted);

// The end of the cooldown in which the user cannot hold this free seat (R-S8); nullopt: they can. `unswept`:
// the expired hold that still takes the seat, nullptr if there is none.
std::optional<TimePoint> cooldown_of(const Event& event, SeatId seat, const UserId& user,
                                     const Reservation* unswept, const View& view, TimePoint now);

// Refusal: SEAT_LIMIT_EXCEEDED (`count` more seats are too many).
Result<void> check_seats_per_user(const Event& event, const UserId& user, std::int64_t count,
                                  const View& view, TimePoint now);

// The rows of `held` without an id become new holds of free seats. `unswept`: the expired holds that still
// take some of them.
Decision<Held> make_holds(Held held, const std::vector<const Reservation*>& unswept, const PlaceRef& fan,
                          const Visit& visit, const View& view, BatchContext& context);

}  // namespace stagedoor::reservation
