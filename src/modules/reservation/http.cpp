#include "modules/reservation/http.h"

#include <fmt/format.h>

#include <boost/describe/enum_from_string.hpp>

#include <algorithm>

#include "api/bind.h"
#include "api/call.h"
#include "json/read.h"
#include "json/schema.h"
#include "json/types.h"
#include "modules/identity/who_asks.h"
#include "modules/queue/http.h"

namespace stagedoor::reservation {

struct HoldBody {
  static constexpr std::size_t kListMax = 100;

  std::optional<SeatId> seatId;
  std::optional<std::vector<SeatId>> seatIds;
  json::Omitted<UserId> userId;  // in mode `token` required
};
BOOST_DESCRIBE_STRUCT(HoldBody, (), (seatId, seatIds, userId))

void check(const HoldBody& body, json::FieldErrors& errors) {
  if (!body.seatId && !body.seatIds) errors.add("seatId", "is required, unless seatIds is given");
  if (body.seatId && body.seatIds) errors.add("seatIds", "must be omitted when seatId is given");
  if (!body.seatIds) return;
  if (body.seatIds->empty()) errors.add("seatIds", "must name at least one seat");
  auto sorted = *body.seatIds;
  std::erase(sorted, SeatId{});  // invalid ids are reported separately
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
    errors.add("seatIds", "must not name a seat twice");
}

// What HoldBody takes, for the API document: one seat, or several.
struct HoldOneBody {
  SeatId seatId;
  json::Omitted<UserId> userId;
};
BOOST_DESCRIBE_STRUCT(HoldOneBody, (), (seatId, userId))
struct HoldSeveralBody {
  static constexpr std::size_t kListMax = HoldBody::kListMax;

  std::vector<SeatId> seatIds;
  json::Omitted<UserId> userId;
};
BOOST_DESCRIBE_STRUCT(HoldSeveralBody, (), (seatIds, userId))

// The place that was left. Without the token, because the answer is stored with the Idempotency-Key.
struct LeftDto {
  EventId eventId;
  UserId userId;
  queue::QueueStatus status = queue::QueueStatus::EXPIRED;
  std::int64_t position = 0;
  std::int64_t estimatedWaitSeconds = 0;
  queue::EndReason reason = queue::EndReason::LEFT;
  TimePoint issuedAt{};
  std::optional<TimePoint> activatedAt;
  TimePoint expiresAt{};
};
BOOST_DESCRIBE_STRUCT(LeftDto, (),
                      (eventId, userId, status, position, estimatedWaitSeconds, reason, issuedAt, activatedAt,
                       expiresAt))

namespace {

using enum http::Method;

void hold(const ReservationDeps& deps, const PlaceRef& fan, HoldBody body, Idempotency idempotency,
          http::Reply reply) {
  if (const auto refusal = deps.identity.refuse_user(body.userId, fan.user))
    return reply(http::render_refusal(*refusal));
  const bool several = body.seatIds.has_value();
  HoldSeats order{fan, several ? std::move(*body.seatIds) : std::vector{*body.seatId}};
  api::submit(
      deps.lane, LaneClass::hold, std::move(idempotency),
      [order](const View& view, Keys& wanted) { hold_keys(order, view, wanted); },
      [order, several, &deps](const View& view, BatchContext& context) {
        auto decision = decide_hold(order, view, context);
        if (auto* refusal = std::get_if<Refusal>(&decision.result))
          *refusal = deps.turns.explain(*refusal, order.fan);
        return api::answered(std::move(decision), [&](const Held& held) {
          const int status = held.is_new ? 201 : 200;
          if (!several)
            return http::ok(status, to_dto(held.reservations.front(), *view.catalogue, context.now));
          return http::ok(status, to_dto(held.reservations, *view.catalogue, context.now));
        });
      },
      std::move(reply));
}

auto hold_body(const ReservationDeps& deps) {
  return [&deps](const api::Source& from) {
    return api::read_body<HoldBody>(from.request, deps.identity.name_check());
  };
}

http::Route hold_route(const ReservationDeps& deps) {
  const std::vector<http::Link> links = {{"payReservation", "Pay for the hold", {{"id", "data/id"}}, {}},
                                         {"getReservation", "Read the hold", {{"id", "data/id"}}, {}},
                                         {"cancelReservation", "Cancel the hold", {{"id", "data/id"}}, {}},
                                         {"chargeBalance",
                                          "Charge the balance for it",
                                          {{"userId", "data/userId"}},
                                          {{"amount", "data/price"}}}};
  return {.method = POST,
          .path = "/events/seats",
          .id = "holdSeats",
          .summary = "Hold one seat, or several: all or none",
          .tag = "reservations",
          .body = &json::one_of_schema<http::Components, HoldOneBody, HoldSeveralBody>,
          .examples = {{"one seat", R"({"seatId":1,"userId":"11111111-2222-4333-8444-555555555555"})"},
                       {"several", R"({"seatIds":[1,2],"userId":"11111111-2222-4333-8444-555555555555"})"}},
          .successes = {{.status = 201,
                         .description = "Held now; with seatIds a list",
                         .schema = &json::one_of_schema<http::Components, ReservationDto, ReservationsDto>,
                         .links = links},
                        {.status = 200,
                         .description = "The existing hold; with seatIds a list",
                         .schema = &json::one_of_schema<http::Components, ReservationDto, ReservationsDto>,
                         .links = links}},
          .refusals = {Code::WRONG_TOKEN_TURN, Code::WRONG_TOKEN_EVENT, Code::SEAT_NOT_FOUND,
                       Code::EVENT_NOT_ON_SALE, Code::BOOKING_CLOSED, Code::SEAT_OCCUPIED,
                       Code::SEAT_LIMIT_EXCEEDED},
          .handler = api::bind(deps, hold, identity::by_place, hold_body(deps), api::with_idempotency)};
}

void show(const ReservationDeps& deps, const identity::Caller& caller, ReservationId id, http::Reply reply) {
  api::submit_read(deps.query_pool, std::move(reply),
                   [id, user = caller.user, &deps](Queries& queries) -> Result<Answer> {
                     const auto row = queries.reservation(id);
                     if (!row) return unknown_reservation();
                     if (row->user != user) return not_yours("reservation");
                     return http::ok(200, to_dto(*row, *deps.catalogue(), deps.clock.now()));
                   });
}

http::Route show_route(const ReservationDeps& deps) {
  return {.method = GET,
          .path = "/events/reservations/{id}",
          .id = "getReservation",
          .summary = "One of the caller's reservations",
          .tag = "reservations",
          .successes = {{.description = "The reservation", .schema = &json::schema<ReservationDto>}},
          .refusals = {Code::FORBIDDEN, Code::RESERVATION_NOT_FOUND},
          .handler = api::bind(deps, show, identity::by_caller, api::with_id<ReservationId>("id"))};
}

void cancel(const ReservationDeps& deps, const identity::Caller& caller, ReservationId id,
            Idempotency idempotency, http::Reply reply) {
  const CancelHold order{id, caller.user};
  api::submit(
      deps.lane, LaneClass::payment, std::move(idempotency),
      [order](const View& view, Keys& wanted) { cancel_keys(order, view, wanted); },
      [order](const View& view, BatchContext& context) {
        return api::answered(decide_cancel(order, view, context), [&](const Reservation& row) {
          return http::ok(200, to_dto(row, *view.catalogue, context.now));
        });
      },
      std::move(reply));
}

http::Route cancel_route(const ReservationDeps& deps) {
  return {
      .method = DELETE,
      .path = "/events/reservations/{id}",
      .id = "cancelReservation",
      .summary = "Cancel a hold: the seat is free at once",
      .tag = "reservations",
      .successes = {{.description = "The reservation, CANCELLED", .schema = &json::schema<ReservationDto>}},
      .refusals = {Code::FORBIDDEN, Code::RESERVATION_NOT_FOUND, Code::RESERVATION_ALREADY_PAID,
                   Code::WRONG_RESERVATION_STATUS, Code::RESERVATION_EXPIRED},
      .handler = api::bind(deps, cancel, identity::by_caller, api::with_id<ReservationId>("id"),
                           api::with_idempotency),
      .limit_class = http::LimitClass::payment};
}

using StatusFilter = std::optional<ReservationStatus>;

Result<StatusFilter> status_filter(const api::Source& from) {
  const auto text = from.request.query("status");
  if (!text) return StatusFilter{};
  ReservationStatus status{};
  if (boost::describe::enum_from_string(text->c_str(), status)) return StatusFilter(status);
  return invalid("status", "must be RESERVED, PENDING, PAID, CANCELLED or REFUNDED");
}

void list(const ReservationDeps& deps, const identity::Caller&, UserId user, StatusFilter status, PageAt at,
          http::Reply reply) {
  api::submit_read(deps.query_pool, std::move(reply), [user, status, at, &deps](Queries& queries) {
    auto rows = queries.reservations_of(user, status, api::one_more(at));
    const auto next = api::cut_page(rows, at, [](const Reservation& row) { return row.id.value; });
    const auto catalogue = deps.catalogue();
    const TimePoint now = deps.clock.now();
    std::vector<ReservationDto> dtos;
    for (const auto& row : rows) {
      // The store may still have the status of a hold that has expired and is not swept yet.
      if (!status || row.status_at(now) == *status) dtos.push_back(to_dto(row, *catalogue, now));
    }
    return http::page(dtos, next);
  });
}

http::Route list_route(const ReservationDeps& deps) {
  return {
      .method = GET,
      .path = "/users/{userId}/reservations",
      .id = "listReservations",
      .summary = "The user's reservations, newest first",
      .tag = "reservations",
      .parameters = {{.name = "status",
                      .description = "Only these",
                      .schema = &json::schema<ReservationStatus>}},
      .successes = {{.description = "A page",
                     .schema = &json::schema<ReservationDto>,
                     .envelope = http::Envelope::page}},
      .refusals = {Code::FORBIDDEN},
      .handler = api::bind(deps, list, identity::by_caller, api::with_owner, status_filter, api::with_page)};
}

void leave(const ReservationDeps& deps, const protocol::TokenClaims& claims, Idempotency idempotency,
           http::Reply reply) {
  api::submit(
      deps.lane, LaneClass::payment, api::with_place(std::move(idempotency), claims),
      [claims](const View& view, Keys& wanted) { leave_keys({claims}, view, wanted); },
      [claims, &deps](const View& view, BatchContext& context) {
        const auto current = deps.rooms.place_of(claims.event, claims.user, context.now);
        return api::answered(decide_leave({claims}, view, context, current), [&](const Left& left) {
          const auto standing = deps.rooms.look(claims).value_or(queue::FanView{}).standing;
          return http::ok(200,
                          LeftDto{.eventId = claims.event,
                                  .userId = claims.user,
                                  .reason = standing.reason.value_or(queue::EndReason::LEFT),
                                  .issuedAt = claims.issued_at,
                                  .activatedAt = standing.activated_at,
                                  .expiresAt = std::min(standing.expires_at.value_or(left.at), left.at)});
        });
      },
      std::move(reply));
}

http::Route leave_route(const ReservationDeps& deps) {
  return {.method = DELETE,
          .path = "/queue",
          .id = "leaveQueue",
          .summary = "Leave the queue; a visit ends and its unpaid holds are cancelled",
          .tag = "queue",
          .successes = {{.description = "The place, EXPIRED", .schema = &json::schema<LeftDto>}},
          .handler = api::bind(deps, leave, identity::by_token, api::with_idempotency),
          .limit_class = http::LimitClass::payment};
}

}  // namespace

ReservationDto to_dto(const Reservation& row, const Catalogue& catalogue, TimePoint now) {
  const Event* event = catalogue.event(row.event);
  const EventDate* date = catalogue.date(row.date);
  ReservationDto dto{.id = row.id,
                     .seatId = row.seat,
                     .seatNumber = date && date->has(row.seat) ? date->seat(row.seat).number : 0,
                     .userId = row.user,
                     .status = row.status_at(now),
                     .eventId = row.event,
                     .eventName = event ? event->name : "",
                     .eventPropertyId = row.date,
                     .eventDateId = row.date,
                     .eventDate = date ? date->starts_at : TimePoint{},
                     .price = row.price,
                     .expiresAt = row.expires_at,
                     .createdAt = row.created_at,
                     .updatedAt = row.updated_at,
                     .deletedAt = {},
                     .eventStartDate = {},
                     .paymentId = {},
                     .paidAt = {},
                     .paidByOther = {},
                     .dateCancelled = {}};
  if (const auto* cancellation = catalogue.cancellation(row.date))
    dto.dateCancelled = DateCancelledDto{cancellation->begun_at, cancellation->reason};
  if (row.paid_at) {
    dto.eventStartDate.emplace(dto.eventDate);
    dto.paymentId.emplace(row.payment);
    dto.paidAt.emplace(*row.paid_at);
    if (row.status == ReservationStatus::PAID && row.updated_at > *row.paid_at) dto.paidByOther.emplace(true);
  }
  return dto;
}

ReservationsDto to_dto(const std::vector<Reservation>& rows, const Catalogue& catalogue, TimePoint now) {
  ReservationsDto dto;
  for (const auto& row : rows) dto.reservations.push_back(to_dto(row, catalogue, now));
  return dto;
}

void add_reservation_routes(http::Router& router, const ReservationDeps& deps) {
  for (const auto route : {hold_route, hold_best_route, show_route, cancel_route, list_route, leave_route})
    router.add(route(deps));
}

}  // namespace stagedoor::reservation
