// R-S1 – R-S3, R-S10, R-S13, R-W4: holding seats and reading reservations; R-Q4: leaving, because it cancels
// the holds.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "engine/lane.h"
#include "engine/query_pool.h"
#include "http/router.h"
#include "json/types.h"
#include "modules/identity/identity.h"
#include "modules/queue/turn.h"
#include "modules/reservation/best_seats.h"
#include "modules/reservation/model.h"

namespace stagedoor::reservation {

// What became of the date of a reservation.
struct DateCancelledDto {
  TimePoint at{};
  std::string reason;  // the operator's, for fans
};
BOOST_DESCRIBE_STRUCT(DateCancelledDto, (), (at, reason))

struct ReservationDto {
  ReservationId id;
  SeatId seatId;
  std::int64_t seatNumber = 0;
  UserId userId;
  ReservationStatus status = ReservationStatus::RESERVED;
  EventId eventId;
  std::string eventName;
  DateId eventPropertyId;  // the date's id
  DateId eventDateId;
  TimePoint eventDate{};
  Won price;
  TimePoint expiresAt{};
  TimePoint createdAt{};
  TimePoint updatedAt{};
  std::optional<TimePoint> deletedAt;
  json::Omitted<TimePoint> eventStartDate;  // these three: only for paid reservations
  json::Omitted<PaymentId> paymentId;
  json::Omitted<TimePoint> paidAt;
  json::Omitted<bool> paidByOther;  // true: an operator gave it to its user; a refund goes to who paid
  json::Omitted<DateCancelledDto> dateCancelled;
};
BOOST_DESCRIBE_STRUCT(ReservationDto, (),
                      (id, seatId, seatNumber, userId, status, eventId, eventName, eventPropertyId,
                       eventDateId, eventDate, price, expiresAt, createdAt, updatedAt, deletedAt,
                       eventStartDate, paymentId, paidAt, paidByOther, dateCancelled))

struct ReservationsDto {
  std::vector<ReservationDto> reservations;
};
BOOST_DESCRIBE_STRUCT(ReservationsDto, (), (reservations))

// The form for readers at `now`: an expired hold is CANCELLED, even if it is not yet swept.
ReservationDto to_dto(const Reservation& row, const Catalogue& catalogue, TimePoint now);
ReservationsDto to_dto(const std::vector<Reservation>& rows, const Catalogue& catalogue, TimePoint now);

struct ReservationDeps {
  Lane& lane;
  QueryPool& query_pool;
  const identity::Identity& identity;
  const identity::PlaceTokens& tokens;
  const queue::Rooms& rooms;
  const queue::Turns& turns;
  const Clock& clock;
  std::function<std::shared_ptr<const Catalogue>()> catalogue;
  BestSeats& best_seats;
};
void add_reservation_routes(http::Router& router, const ReservationDeps& deps);

http::Route hold_best_route(const ReservationDeps& deps);

}  // namespace stagedoor::reservation
