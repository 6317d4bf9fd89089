// The tickets of fans: as a text, as a QR code, and the keys to check them with.
#include "modules/ticket/http.h"

#include "api/bind.h"
#include "api/call.h"
#include "json/schema.h"
#include "json/write.h"
#include "modules/identity/who_asks.h"
#include "modules/ticket/qr.h"
#include "modules/ticket/scans.h"

namespace stagedoor::ticket {

struct TicketDto {
  std::string ticket;
  std::string serial;
  ReservationId reservationId;
  EventId eventId;
  std::string eventName;
  std::string venue;
  DateId eventDateId;
  TimePoint eventDate{};
  SeatId seatId;
  std::int64_t seatNumber = 0;
  std::optional<TimePoint> usedAt;
};
BOOST_DESCRIBE_STRUCT(TicketDto, (),
                      (ticket, serial, reservationId, eventId, eventName, venue, eventDateId, eventDate,
                       seatId, seatNumber, usedAt))

struct TicketKeyDto {
  std::string kty, crv, x, kid, use, alg;
};
BOOST_DESCRIBE_STRUCT(TicketKeyDto, (), (kty, crv, x, kid, use, alg))
struct TicketKeysDto {
  std::vector<TicketKeyDto> keys;
};
BOOST_DESCRIBE_STRUCT(TicketKeysDto, (), (keys))

namespace {

using enum http::Method;

// A sale of the caller, which has a ticket.
Result<Reservation> find_sale(Queries& queries, ReservationId id, const UserId& caller) {
  const auto row = queries.reservation(id);
  if (!row) return unknown_reservation();
  if (row->user != caller) return not_yours("reservation");
  if (!row->paid_at)
    return refuse(Code::TICKET_NOT_FOUND, "This reservation is not paid, so it has no ticket.");
  if (row->status != ReservationStatus::PAID)
    return refuse(Code::TICKET_REVOKED, "This reservation was refunded; its ticket is revoked.");
  return *row;
}

std::string sign(const TicketDeps& deps, const Reservation& row) {
  return deps.ticket_keys.sign({.serial = deps.lane.ticket_serials().of(current_ticket(row)),
                                .reservation = row.id,
                                .event = row.event,
                                .date = row.date,
                                .seat = row.seat},
                               row.user);
}

TicketDto to_dto(const TicketDeps& deps, const Reservation& row, Queries& queries) {
  const auto catalogue = deps.catalogue();
  const Event* event = catalogue->event(row.event);
  const EventDate* date = catalogue->date(row.date);
  TicketDto dto{.ticket = {},
                .serial = to_text(deps.lane.ticket_serials().of(current_ticket(row))),
                .reservationId = row.id,
                .eventId = row.event,
                .eventName = event ? event->name : "",
                .venue = event ? event->venue : "",
                .eventDateId = row.date,
                .eventDate = date ? date->starts_at : TimePoint{},
                .seatId = row.seat,
                .seatNumber = date && date->has(row.seat) ? date->seat(row.seat).number : 0,
                .usedAt = {}};
  if (const auto use = queries.ticket_use(current_ticket(row))) {
    const Scans scans = parse_scans(use->scans);
    if (const Scan* first = first_live(scans)) dto.usedAt = first->at;
  }
  return dto;
}

// Signs only for a client that does not have this ticket yet.
void show(const TicketDeps& deps, const identity::Caller& caller, ReservationId id,
          const std::string& known_tags, http::Reply reply) {
  api::submit_read(deps.query_pool, std::move(reply),
                   [id, user = caller.user, known_tags, &deps](Queries& queries) -> Result<Answer> {
                     const auto row = find_sale(queries, id, user);
                     if (!row) return row.error();
                     TicketDto dto = to_dto(deps, *row, queries);
                     const std::string tag =
                         http::content_tag(deps.ticket_keys.signing_kid() + json::to_text(dto));
                     if (!http::etag_matches(known_tags, tag)) dto.ticket = sign(deps, *row);
                     return http::with_etag(known_tags, http::ok(200, dto), tag);
                   });
}

const http::Success kNotModified{.status = 304, .description = "Not changed since the ETag given"};

// They count as payments: each is signed anew, and who stands at the door is not refused because others buy.
http::Route show_route(const TicketDeps& deps) {
  return {.method = GET,
          .path = "/events/reservations/{id}/ticket",
          .id = "getTicket",
          .summary = "The ticket of a paid reservation, signed, for a gate that may be offline",
          .tag = "reservations",
          .successes = {{.description = "The ticket", .schema = &json::schema<TicketDto>}, kNotModified},
          .refusals = {Code::FORBIDDEN, Code::RESERVATION_NOT_FOUND, Code::TICKET_NOT_FOUND,
                       Code::TICKET_REVOKED},
          .handler = api::bind(deps, show, identity::by_caller, api::with_id<ReservationId>("id"),
                               api::with_known_tags),
          .limit_class = http::LimitClass::payment};
}

void show_code(const TicketDeps& deps, const identity::Caller& caller, ReservationId id,
               const std::string& known_tags, http::Reply reply) {
  api::submit_read(deps.query_pool, std::move(reply),
                   [id, user = caller.user, known_tags, &deps](Queries& queries) -> Result<Answer> {
                     const auto row = find_sale(queries, id, user);
                     if (!row) return row.error();
                     const std::string tag = deps.ticket_keys.signing_kid() + "-" +
                                             to_text(deps.lane.ticket_serials().of(current_ticket(*row)));
                     Answer answer{.headers = "Content-Type: image/svg+xml\r\n"};
                     if (!http::etag_matches(known_tags, tag)) answer.body = qr_svg(sign(deps, *row));
                     return http::with_etag(known_tags, std::move(answer), tag);
                   });
}

http::Route code_route(const TicketDeps& deps) {
  return {.method = GET,
          .path = "/events/reservations/{id}/ticket.svg",
          .id = "getTicketCode",
          .summary = "The ticket as a QR code",
          .tag = "reservations",
          .successes = {{.description = "An image",
                         .schema = &json::schema<std::string>,
                         .envelope = http::Envelope::none,
                         .content_type = "image/svg+xml"},
                        kNotModified},
          .refusals = {Code::FORBIDDEN, Code::RESERVATION_NOT_FOUND, Code::TICKET_NOT_FOUND,
                       Code::TICKET_REVOKED},
          .handler = api::bind(deps, show_code, identity::by_caller, api::with_id<ReservationId>("id"),
                               api::with_known_tags),
          .limit_class = http::LimitClass::payment};
}

http::Route keys_route(const TicketDeps& deps) {
  return {.method = GET,
          .path = "/.well-known/jwks.json",
          .id = "getTicketKeys",
          .summary = "The public keys of tickets, the one that signs first",
          .tag = "reservations",
          .successes = {{.description = "A JSON Web Key Set",
                         .schema = &json::schema<TicketKeysDto>,
                         .envelope = http::Envelope::none}},
          .read = [&deps](const http::Request&) {
            return Answer{.body = deps.ticket_keys.jwks(),
                          .headers = "Cache-Control: public, max-age=300\r\n"};
          }};
}

}  // namespace

void add_ticket_routes(http::Router& router, const TicketDeps& deps) {
  for (const auto route : {show_route, code_route, keys_route}) router.add(route(deps));
}

}  // namespace stagedoor::ticket
