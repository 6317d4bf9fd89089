// The domain events for other systems (R-M4): their payloads and outbox rows. Types are named as in
// CloudEvents: "stagedoor.reservation.held.v1" (R-E3). Within a version only members may be added.
#pragma once

#include <boost/describe/class.hpp>
#include <optional>
#include <string>
#include <vector>

#include "engine/command.h"
#include "json/types.h"

namespace stagedoor::events {

// stagedoor.reservation.{held,pending,paid,lapsed,cancelled,refunded,reassigned}.v1; the version of the key
// is the reservation's.
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
  json::Omitted<UserId> previousUserId{};  // of a reassigned one
};
BOOST_DESCRIBE_STRUCT(ReservationEvent, (),
                      (id, seatId, dateId, eventId, userId, status, reason, price, expiresAt, previousUserId))

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

// stagedoor.event.{created,changed,policy_changed}.v1: the event as it is after the change. The policies have
// the names and values of the catalogue file.
struct CatalogueEvent {
  EventId id{};
  std::string name{};
  std::string performer{};
  std::string venue{};
  std::string timeZone{};
  TimePoint onSaleFrom{};
  TimePoint onSaleUntil{};
  bool closed{};
  bool paused{};
  QueuePolicy queue{};
  SalePolicy policy{};
};
BOOST_DESCRIBE_STRUCT(CatalogueEvent, (),
                      (id, name, performer, venue, timeZone, onSaleFrom, onSaleUntil, closed, paused, queue,
                       policy))

// stagedoor.date.{added,changed,price_changed,cancelled}.v1: the date as it is after the change. Its seats
// are only counted, because there are up to 100,000 of them.
struct DateCategory {
  CategoryId id{};
  std::string name{};
  Won price{};
  std::int64_t seats{};
};
BOOST_DESCRIBE_STRUCT(DateCategory, (), (id, name, price, seats))
struct DateEvent {
  DateId id{};
  EventId eventId{};
  TimePoint startsAt{};
  TimePoint bookingFrom{};
  TimePoint bookingUntil{};
  std::string layout{};
  SeatId firstSeatId{};  // the seats have consecutive ids
  std::int64_t seats{};
  std::vector<DateCategory> categories{};
  bool deleted{};
  json::Omitted<std::string> cancelReason{};  // of a cancelled date: what fans are told
  json::Omitted<DateId> carriedToId{};        // and the date to which its reservations are carried over
};
BOOST_DESCRIBE_STRUCT(DateEvent, (),
                      (id, eventId, startsAt, bookingFrom, bookingUntil, layout, firstSeatId, seats,
                       categories, deleted, cancelReason, carriedToId))

// stagedoor.draw.{committed,drawn}.v1: what GET /queue/draw/{eventId} publishes. It is published again
// when the opening is moved or another beacon is named.
struct DrawEvent {
  EventId eventId{};
  std::string algorithm{};
  std::string commitment{};  // hexadecimal, as are digest and seed
  TimePoint opensAt{};
  TimePoint committedAt{};
  std::string beaconSource{};  // "": none
  // null before the draw:
  std::optional<std::string> beacon{};
  std::optional<TimePoint> drawnAt{};
  std::optional<std::int64_t> people{};
  std::optional<std::string> digest{};
  std::optional<std::string> seed{};
};
BOOST_DESCRIBE_STRUCT(DrawEvent, (),
                      (eventId, algorithm, commitment, opensAt, committedAt, beaconSource, beacon, drawnAt,
                       people, digest, seed))

// stagedoor.queue.admitted.v1: one batch of admissions of an event. `places` are those that were let in, in
// this order; a draw, priority and users who came back make it differ from the order of the numbers.
struct AdmittedEvent {
  EventId event{};
  Place from{};  // the lowest place
  Place to{};    // the highest place
  std::int64_t count{};
  std::vector<Place> places{};
};
BOOST_DESCRIBE_STRUCT(AdmittedEvent, (), (event, from, to, count, places))

// stagedoor.ticket.{issued,revoked}.v1: versions 1 and 2 of the key ticket/RESERVATION.TICKET;
// stagedoor.ticket.{used,use_undone}.v1: the versions of the key check-in/RESERVATION.TICKET are the use's.
BOOST_DEFINE_ENUM_CLASS(TicketStatus, ISSUED, USED, REVOKED)
struct TicketScan {
  TimePoint at{};
  std::string device{};
};
BOOST_DESCRIBE_STRUCT(TicketScan, (), (at, device))
struct TicketEvent {
  std::string serial{};
  ReservationId reservationId{};
  EventId eventId{};
  DateId dateId{};
  SeatId seatId{};
  TicketStatus status{};
  std::vector<TicketScan> scans{};  // those that count; with more than one the ticket was used twice
};
BOOST_DESCRIBE_STRUCT(TicketEvent, (), (serial, reservationId, eventId, dateId, seatId, status, scans))

OutboxRow event_of(const Reservation& row, Ids& ids);
// Of a reservation that was given to another user.
OutboxRow reassigned_event_of(const Reservation& row, const UserId& previous, Ids& ids);
// Adds what the row's newest version means for its tickets (R-P7): the ticket of the version before is
// revoked, and a row that is PAID has a new one. Nothing for a row that was never paid.
void add_ticket_events(const Reservation& row, Ids& ids, Changes& changes);
// `scans`: those that are not undone; `name`: "used" or "use_undone".
OutboxRow event_of(const TicketUse& use, const Reservation& row, std::vector<TicketScan> scans,
                   std::string_view name, Ids& ids);
OutboxRow event_of(const Posting& posting, const UserId& user, Ids& ids);
OutboxRow event_of(const Payment& payment, Ids& ids);

// Keys of events whose version is in key_versions; to be loaded by whoever adds such an event, unless the row
// is new.
std::string key_of(const Event& event);
std::string key_of(const EventDate& date);
std::string draw_key(EventId event);
std::string queue_key(EventId event);

// Each adds its events to `changes`, with the next versions of the key. `before`: nullptr for a new row. A
// row that exists has no event if nothing of the payload changed, and two if the policy (the price) and
// something else changed. `cancellation`: the change cancels the date.
void add_events_of(const Event& row, const Event* before, const View& view, BatchContext& context,
                   Changes& changes);
void add_events_of(const EventDate& row, const EventDate* before, const View& view, BatchContext& context,
                   Changes& changes, const DateCancellation* cancellation = nullptr);
void add_event_of(const Draw& row, const View& view, BatchContext& context, Changes& changes);
void add_event_of(const AdmittedEvent& admitted, const View& view, BatchContext& context, Changes& changes);

// The type of a stored row. Rows of the previous version have shorter names ("reservation.reserved",
// "wallet.charged") and the same payload.
std::string type_of(const OutboxRow& row);

}  // namespace stagedoor::events
