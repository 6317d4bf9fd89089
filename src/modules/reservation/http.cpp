#include "modules/reservation/http.h"

#include <fmt/format.h>

#include <boost/describe/enum_from_string.hpp>

#include <algorithm>

#include "json/read.h"
#include "json/schema.h"
#include "modules/call.h"
#include "modules/queue/http.h"

namespace stagedoor {

inline constexpr std::size_t kSeatsPerCallMax = 100;

struct HoldBody {
  std::optional<SeatId> seatId;
  std::optional<std::vector<SeatId>> seatIds;
  UserId userId;
};
BOOST_DESCRIBE_STRUCT(HoldBody, (), (seatId, seatIds, userId))

void check(const HoldBody& body, json::Faults& faults) {
  if (!body.seatId && !body.seatIds) faults.add("seatId", "name a seatId, or several in seatIds");
  if (body.seatId && body.seatIds) faults.add("seatIds", "name either seatId or seatIds, not both");
  if (!body.seatIds) return;
  if (body.seatIds->empty() || body.seatIds->size() > kSeatsPerCallMax)
    faults.add("seatIds", "name 1 to 100 seats");
  auto sorted = *body.seatIds;
  std::erase(sorted, SeatId{});  // what was no id is a fault of its own
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
    faults.add("seatIds", "no seat may stand there twice");
}

struct ReservationsDto {
  std::vector<ReservationDto> reservations;
};
BOOST_DESCRIBE_STRUCT(ReservationsDto, (), (reservations))

namespace {

void hold(const ReservationCalls& calls, const http::Request& request, http::Reply reply) {
  const auto token = calls.identity.place_of(request);
  if (!token) return reply(http::problem(token.error()));
  const auto body = json::read<HoldBody>(request.body);
  auto idempotency = idempotency_of(request, token->user);
  if (const auto refusal = refusal_of(body, idempotency)) return reply(http::problem(*refusal));
  if (body->userId != token->user) {
    return reply(http::problem({Code::TOKEN_NOT_FOUND,
                                "The token is not this user's.",
                                {{"userId", "is not the token's user"}},
                                {},
                                {}}));
  }
  const bool several = body->seatIds.has_value();
  HoldSeats order{*token, several ? *body->seatIds : std::vector{*body->seatId}};
  submit(
      calls.lane, LaneClass::hold, std::move(*idempotency),
      [order](const View& view, Keys& wanted) { hold_keys(order, view, wanted); },
      [order, several, &calls](const View& view, Moment& moment) {
        auto decision = decide_hold(order, view, moment);
        if (auto* failure = std::get_if<Failure>(&decision.result))
          *failure = calls.turns.explain(*failure, order.fan);
        return answered(std::move(decision), [&](const Held& held) {
          const int status = held.is_new ? 201 : 200;
          if (!several)
            return http::ok(status, to_dto(held.reservations.front(), *view.catalogue, moment.now));
          ReservationsDto dto;
          for (const auto& row : held.reservations)
            dto.reservations.push_back(to_dto(row, *view.catalogue, moment.now));
          return http::ok(status, dto);
        });
      },
      std::move(reply));
}

void cancel(const ReservationCalls& calls, const http::Request& request, http::Reply reply) {
  const auto caller = calls.identity.of(request);
  if (!caller) return reply(http::problem(caller.error()));
  const auto id = request.id<ReservationId>("id");
  auto idempotency = idempotency_of(request, caller->user);
  if (const auto refusal = refusal_of(id, idempotency)) return reply(http::problem(*refusal));
  const CancelHold order{*id, caller->user};
  submit(
      calls.lane, LaneClass::payment, std::move(*idempotency),
      [order](const View& view, Keys& wanted) { cancel_keys(order, view, wanted); },
      [order](const View& view, Moment& moment) {
        return answered(decide_cancel(order, view, moment), [&](const Reservation& row) {
          return http::ok(200, to_dto(row, *view.catalogue, moment.now));
        });
      },
      std::move(reply));
}

void show(const ReservationCalls& calls, const http::Request& request, http::Reply reply) {
  const auto caller = calls.identity.of(request);
  if (!caller) return reply(http::problem(caller.error()));
  const auto id = request.id<ReservationId>("id");
  if (!id) return reply(http::problem(id.error()));
  submit_read(calls.readers, std::move(reply), [id = *id, user = caller->user, &calls](Queries& queries) {
    const auto row = queries.reservation(id);
    if (!row)
      return http::problem({Code::RESERVATION_NOT_FOUND, "There is no such reservation.", {}, {}, {}});
    if (row->user != user)
      return http::problem({Code::FORBIDDEN, "This reservation is somebody else's.", {}, {}, {}});
    return http::ok(200, to_dto(*row, *calls.catalogue(), calls.clock.now()));
  });
}

Result<std::optional<ReservationStatus>> status_filter(const http::Request& request) {
  const auto text = request.query("status");
  if (!text) return std::optional<ReservationStatus>{};
  ReservationStatus status{};
  if (boost::describe::enum_from_string(text->c_str(), status)) return std::optional(status);
  return Failure{Code::INVALID_REQUEST,
                 "There is no such status.",
                 {{"status", "must be RESERVED, PENDING, PAID, CANCELLED or REFUNDED"}},
                 {},
                 {}};
}

void list(const ReservationCalls& calls, const http::Request& request, http::Reply reply) {
  const auto user = request.user_id("userId");
  if (!user) return reply(http::problem(user.error()));
  if (const auto owner = calls.identity.owner(request, *user); !owner)
    return reply(http::problem(owner.error()));
  const auto status = status_filter(request);
  const auto at = page_of(request);
  if (const auto refusal = refusal_of(status, at)) return reply(http::problem(*refusal));
  submit_read(calls.readers, std::move(reply),
              [user = *user, status = *status, at = *at, &calls](Queries& queries) {
                auto rows = queries.reservations_of(user, status, {at.before, at.limit + 1});
                const auto next = cut_page(rows, at, [](const Reservation& row) { return row.id.value; });
                const auto catalogue = calls.catalogue();
                const TimePoint now = calls.clock.now();
                std::vector<ReservationDto> dtos;
                for (const auto& row : rows) {
                  if (!status || row.status_at(now) == *status)
                    dtos.push_back(to_dto(row, *catalogue, now));  // lapsed, not yet swept
                }
                return http::page(dtos, next);
              });
}

void leave(const ReservationCalls& calls, const http::Request& request, http::Reply reply) {
  const auto token = calls.tokens.of(request);
  if (!token) return reply(http::problem(token.error()));
  auto idempotency = idempotency_of(request, token->user);
  if (!idempotency) return reply(http::problem(idempotency.error()));
  submit(
      calls.lane, LaneClass::payment, std::move(*idempotency),
      [claims = *token](const View& view, Keys& wanted) { leave_keys({claims}, view, wanted); },
      [claims = *token, &calls](const View& view, Moment& moment) {
        const auto current = calls.rooms.place_of(claims.event, claims.user, moment.now);
        return answered(decide_leave({claims}, view, moment, current), [&](const Left& left) {
          auto fan = calls.rooms.look(claims).value_or(FanView{});
          fan.standing.status = QueueStatus::EXPIRED;
          fan.standing.position = 0;
          fan.standing.expires_at = std::min(fan.standing.expires_at.value_or(left.at), left.at);
          fan.estimate = {0, {}, {}};
          return http::ok(200, to_dto(claims, calls.tokens.sign(claims), fan));
        });
      },
      std::move(reply));
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
                     .paidAt = {}};
  if (row.paid_at) {
    dto.eventStartDate.emplace(dto.eventDate);
    dto.paymentId.emplace(row.payment);
    dto.paidAt.emplace(*row.paid_at);
  }
  return dto;
}

void add_reservation_routes(http::Router& router, const ReservationCalls& calls) {
  const std::vector<Code> turn = {Code::TOKEN_NOT_FOUND, Code::TOKEN_EXPIRED, Code::WRONG_TOKEN_TURN,
                                  Code::WRONG_TOKEN_EVENT};
  std::vector<Code> hold_refusals = turn;
  hold_refusals.insert(
      hold_refusals.end(),
      {Code::SEAT_NOT_FOUND, Code::EVENT_NOT_ON_SALE, Code::BOOKING_CLOSED, Code::SEAT_OCCUPIED,
       Code::SEAT_LIMIT_EXCEEDED, Code::IDEMPOTENCY_MISMATCH, Code::STORE_UNAVAILABLE});
  router.add({.method = http::Method::POST,
              .path = "/events/seats",
              .summary = "Hold one seat, or several: all or none",
              .tag = "reservations",
              .parameters = {idempotency_parameter()},
              .body = &json::schema<HoldBody>,
              .successes = {{.status = 201,
                             .description = "Held now; with seatIds: {reservations: […]}",
                             .schema = &json::schema<ReservationDto>},
                            {.status = 200,
                             .description = "The hold you have already",
                             .schema = &json::schema<ReservationDto>}},
              .refusals = hold_refusals,
              .handler = [&calls](const http::Request& request, http::Reply reply) {
                hold(calls, request, std::move(reply));
              }});
  router.add(
      {.method = http::Method::GET,
       .path = "/events/reservations/{id}",
       .summary = "A reservation of yours",
       .tag = "reservations",
       .successes = {{.description = "The reservation", .schema = &json::schema<ReservationDto>}},
       .refusals = {Code::TOKEN_NOT_FOUND, Code::TOKEN_EXPIRED, Code::FORBIDDEN, Code::RESERVATION_NOT_FOUND},
       .handler = [&calls](const http::Request& request, http::Reply reply) {
         show(calls, request, std::move(reply));
       }});
  router.add(
      {.method = http::Method::DELETE,
       .path = "/events/reservations/{id}",
       .summary = "Give a hold back: the seat is free at once",
       .tag = "reservations",
       .parameters = {idempotency_parameter()},
       .successes = {{.description = "The reservation, CANCELLED", .schema = &json::schema<ReservationDto>}},
       .refusals = {Code::TOKEN_NOT_FOUND, Code::TOKEN_EXPIRED, Code::FORBIDDEN, Code::RESERVATION_NOT_FOUND,
                    Code::RESERVATION_ALREADY_PAID, Code::WRONG_RESERVATION_STATUS, Code::RESERVATION_EXPIRED,
                    Code::IDEMPOTENCY_MISMATCH, Code::STORE_UNAVAILABLE},
       .handler = [&calls](const http::Request& request, http::Reply reply) {
         cancel(calls, request, std::move(reply));
       }});
  std::vector<http::Parameter> filters = page_parameters();
  filters.push_back(
      {.name = "status", .description = "only these", .schema = &json::schema<ReservationStatus>});
  router.add({.method = http::Method::GET,
              .path = "/users/{userId}/reservations",
              .summary = "The user's reservations, newest first",
              .tag = "reservations",
              .parameters = std::move(filters),
              .successes = {{.description = "A page",
                             .schema = &json::schema<ReservationDto>,
                             .envelope = http::Envelope::page}},
              .refusals = {Code::TOKEN_NOT_FOUND, Code::TOKEN_EXPIRED, Code::FORBIDDEN},
              .handler = [&calls](const http::Request& request, http::Reply reply) {
                list(calls, request, std::move(reply));
              }});
  router.add({.method = http::Method::DELETE,
              .path = "/queue",
              .summary = "Give your place up; a visit ends and its unpaid holds are cancelled",
              .tag = "queue",
              .successes = {{.description = "The place, EXPIRED", .schema = &json::schema<QueuePlace>}},
              .refusals = {Code::TOKEN_NOT_FOUND, Code::TOKEN_EXPIRED, Code::STORE_UNAVAILABLE},
              .handler = [&calls](const http::Request& request, http::Reply reply) {
                leave(calls, request, std::move(reply));
              }});
}

}  // namespace stagedoor
