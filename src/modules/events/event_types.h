// The domain events for other systems (R-M4): their payloads and outbox rows. Types are named as in
// CloudEvents: "stagedoor.reservation.held.v1" (R-E3). Within a version only members may be added.
#pragma once

#include <boost/describe/class.hpp>
#include <optional>
#include <string>
#include <vector>

#include "engine/command.h"

namespace stagedoor::events {

// stagedoor.reservation.{held,pending,paid,lapsed,cancelled,refunded}.v1; the version of the key is the
// reservation's.
struct ReservationEvent {
  ReservationId id{};
  SeatId seatId{};
  DateId dateId{};
  EventId eventId{};
  UserId userId{};
  ReservationStatus status{};
  CancelReason reason{};
  Won price{};
  TimePoint expiresAt{};
};
BOOST_DESCRIBE_STRUCT(ReservationEvent, (),
                      (id, seatId, dateId, eventId, userId, status, reason, price, expiresAt))

// stagedoor.wallet.{charged,used,refunded}.v1; the version of the key is the posting's seq.
struct WalletEvent {
  WalletId walletId{};
  UserId userId{};
  Won amount{};
  Won balanceAfter{};
  std::optional<ReservationId> reservationId{};  // the paid or refunded reservation
};
BOOST_DESCRIBE_STRUCT(WalletEvent, (), (walletId, userId, amount, balanceAfter, reservationId))

// stagedoor.payment.made.v1; a payment never changes, so the version of its key is 1.
struct PaymentEvent {
  PaymentId id{};
  UserId userId{};
  Won total{};
  std::vector<ReservationId> reservationIds{};
};
BOOST_DESCRIBE_STRUCT(PaymentEvent, (), (id, userId, total, reservationIds))

OutboxRow event_of(const Reservation& row, Ids& ids);
OutboxRow event_of(const Posting& posting, const UserId& user, Ids& ids);
OutboxRow event_of(const Payment& payment, Ids& ids);

// The type of a stored row. Rows of the previous version have shorter names ("reservation.reserved",
// "wallet.charged") and the same payload.
std::string type_of(const OutboxRow& row);

}  // namespace stagedoor::events
