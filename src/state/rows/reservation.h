// Reservations and house seats: what takes a seat.
#pragma once

#include <algorithm>
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "core/ids.h"
#include "core/money.h"
#include "core/time.h"
#include "core/uuid.h"

namespace stagedoor {

// RESERVED: held. PENDING: held, and a payment was started and not finished. Both expire at expires_at by
// rule.
BOOST_DEFINE_ENUM_CLASS(ReservationStatus, RESERVED, PENDING, PAID, CANCELLED, REFUNDED)
// Why a reservation is CANCELLED; NONE otherwise.
BOOST_DEFINE_ENUM_CLASS(CancelReason, NONE, LAPSED, OWNER, OPERATOR)

struct Reservation {
  ReservationId id{};
  SeatId seat{};
  DateId date{};
  EventId event{};
  UserId user{};
  Place place = 0;  // of the visit that made the hold
  ReservationStatus status = ReservationStatus::RESERVED;
  CancelReason reason = CancelReason::NONE;
  Won price{};  // fixed when the hold is made (R-S9)
  TimePoint expires_at{};
  TimePoint created_at{};
  TimePoint updated_at{};
  PaymentId payment{};  // 0 while unpaid
  std::optional<TimePoint> paid_at{};
  std::int32_t version = 1;  // counts the row's changes, from 1

  // An unpaid, unexpired hold: RESERVED or PENDING before expires_at.
  bool is_live_hold(TimePoint now) const { return is_unpaid() && now < expires_at; }
  bool is_unpaid() const {
    return status == ReservationStatus::RESERVED || status == ReservationStatus::PENDING;
  }
  // True if the row takes the seat in the store's unique index; an expired hold does until it is swept.
  bool takes_seat() const { return is_unpaid() || status == ReservationStatus::PAID; }
  // The owner did not keep it: it expired, or they gave it up (R-S8).
  bool is_given_up() const { return reason == CancelReason::LAPSED || reason == CancelReason::OWNER; }
  // The end of a cancelled hold: when it expired, whenever it was swept, or was cancelled before.
  TimePoint ended_at() const { return std::min(expires_at, updated_at); }
  // The status for readers: an expired hold is CANCELLED, even if it is not yet swept (R-S4).
  ReservationStatus status_at(TimePoint now) const {
    return is_unpaid() && now >= expires_at ? ReservationStatus::CANCELLED : status;
  }
};
BOOST_DESCRIBE_STRUCT(Reservation, (),
                      (id, seat, date, event, user, place, status, reason, price, expires_at, created_at,
                       updated_at, payment, paid_at, version))

// An operator gave a paid reservation to another user. `version`: of the reservation, by this change. The
// user who paid, to whom a refund goes, is the one of the payment (R-P7).
struct Reassignment {
  ReservationId reservation{};
  std::int32_t version = 0;
  UserId from_user{};
  UserId to_user{};
  std::string operator_name{};
  TimePoint reassigned_at{};
};
BOOST_DESCRIBE_STRUCT(Reassignment, (),
                      (reservation, version, from_user, to_user, operator_name, reassigned_at))

struct SeatBlock {  // a house seat (R-S12)
  SeatId seat{};
  bool blocked = false;
};
BOOST_DESCRIBE_STRUCT(SeatBlock, (), (seat, blocked))

}  // namespace stagedoor
