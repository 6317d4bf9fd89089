#include "modules/payment/http.h"

#include <algorithm>

#include "json/read.h"
#include "json/schema.h"
#include "modules/call.h"
#include "modules/reservation/http.h"

namespace stagedoor {

inline constexpr std::size_t kReservationsPerPaymentMax = 100;

BOOST_DEFINE_ENUM_CLASS(PaymentStatus, PAID, REFUNDED, PARTLY_REFUNDED)

struct PayBody {
  std::vector<ReservationId> reservationIds;
};
BOOST_DESCRIBE_STRUCT(PayBody, (), (reservationIds))

void check(const PayBody& body, json::Faults& faults) {
  if (body.reservationIds.size() > kReservationsPerPaymentMax)
    faults.add("reservationIds", "name at most 100 reservations");
}

struct PaidDto {
  PaymentId paymentId;
  TimePoint paidAt{};
  Won total;
  std::vector<ReservationDto> reservations;
};
BOOST_DESCRIBE_STRUCT(PaidDto, (), (paymentId, paidAt, total, reservations))

struct PaidSeat {
  ReservationId id;
  std::string eventName;
  std::int64_t seatNumber = 0;
  TimePoint eventDate{};
  Won price;
};
BOOST_DESCRIBE_STRUCT(PaidSeat, (), (id, eventName, seatNumber, eventDate, price))

struct PaymentDto {
  PaymentId id;
  UserId userId;
  std::vector<PaidSeat> reservations;
  Won total;
  PaymentStatus status = PaymentStatus::PAID;
  TimePoint createdAt{};
};
BOOST_DESCRIBE_STRUCT(PaymentDto, (), (id, userId, reservations, total, status, createdAt))

namespace {

PaymentDto to_dto(const Payment& payment, Queries& queries, const Catalogue& catalogue, TimePoint now) {
  PaymentDto dto{payment.id, payment.user, {}, payment.total, PaymentStatus::PAID, payment.created_at};
  std::size_t refunded = 0;
  for (const ReservationId id : payment.reservations) {
    const auto row = queries.reservation(id);
    if (!row) continue;
    const ReservationDto seat = to_dto(*row, catalogue, now);
    dto.reservations.push_back({seat.id, seat.eventName, seat.seatNumber, seat.eventDate, seat.price});
    refunded += row->status == ReservationStatus::REFUNDED;
  }
  if (refunded > 0)
    dto.status =
        refunded == payment.reservations.size() ? PaymentStatus::REFUNDED : PaymentStatus::PARTLY_REFUNDED;
  return dto;
}

void pay(const PaymentCalls& calls, const http::Request& request, http::Reply reply) {
  const auto token = calls.identity.place_of(request);
  if (!token) return reply(http::problem(token.error()));
  const auto id = request.id<ReservationId>("id");
  const bool has_body = !request.body.empty();
  const auto body = has_body ? json::read<PayBody>(request.body) : Result<PayBody>(PayBody{});
  auto idempotency = idempotency_of(request, token->user);
  if (const auto refusal = refusal_of(id, body, idempotency)) return reply(http::problem(*refusal));
  Pay order{*token, {*id}};
  for (const ReservationId further : body->reservationIds) {
    auto& all = order.reservations;
    if (std::find(all.begin(), all.end(), further) == all.end()) all.push_back(further);
  }
  submit(
      calls.lane, LaneClass::payment, std::move(*idempotency),
      [order](const View& view, Keys& wanted) { pay_keys(order, view, wanted); },
      [order, has_body, &calls](const View& view, Moment& moment) {
        auto decision = decide_pay(order, view, moment);
        if (auto* failure = std::get_if<Failure>(&decision.result))
          *failure = calls.turns.explain(*failure, order.fan);
        return answered(std::move(decision), [&](const Paid& paid) {
          if (!has_body) return http::ok(200, to_dto(paid.reservations.front(), *view.catalogue, moment.now));
          PaidDto dto{paid.payment.id, paid.payment.created_at, paid.payment.total, {}};
          for (const auto& row : paid.reservations)
            dto.reservations.push_back(to_dto(row, *view.catalogue, moment.now));
          return http::ok(200, dto);
        });
      },
      std::move(reply));
}

void refund(const PaymentCalls& calls, const http::Request& request, http::Reply reply) {
  const auto caller = calls.identity.of(request);
  if (!caller) return reply(http::problem(caller.error()));
  const auto id = request.id<ReservationId>("id");
  auto idempotency = idempotency_of(request, caller->user);
  if (const auto refusal = refusal_of(id, idempotency)) return reply(http::problem(*refusal));
  submit_refund(calls.lane, {*id, caller->user, calls.balance_max}, std::move(*idempotency),
                std::move(reply));
}

void show(const PaymentCalls& calls, const http::Request& request, http::Reply reply) {
  const auto caller = calls.identity.of(request);
  if (!caller) return reply(http::problem(caller.error()));
  const auto id = request.id<PaymentId>("id");
  if (!id) return reply(http::problem(id.error()));
  submit_read(calls.readers, std::move(reply), [id = *id, user = caller->user, &calls](Queries& queries) {
    const auto payment = queries.payment(id);
    if (!payment) return http::problem({Code::NOT_FOUND, "There is no such payment.", {}, {}, {}});
    if (payment->user != user)
      return http::problem({Code::FORBIDDEN, "This payment is somebody else's.", {}, {}, {}});
    return http::ok(200, to_dto(*payment, queries, *calls.catalogue(), calls.clock.now()));
  });
}

void list(const PaymentCalls& calls, const http::Request& request, http::Reply reply) {
  const auto user = request.user_id("userId");
  if (!user) return reply(http::problem(user.error()));
  if (const auto owner = calls.identity.owner(request, *user); !owner)
    return reply(http::problem(owner.error()));
  const auto at = page_of(request);
  if (!at) return reply(http::problem(at.error()));
  submit_read(calls.readers, std::move(reply), [user = *user, at = *at, &calls](Queries& queries) {
    auto rows = queries.payments_of(user, {at.before, at.limit + 1});
    const auto next = cut_page(rows, at, [](const Payment& row) { return row.id.value; });
    const auto catalogue = calls.catalogue();
    std::vector<PaymentDto> dtos;
    for (const auto& row : rows) dtos.push_back(to_dto(row, queries, *catalogue, calls.clock.now()));
    return http::page(dtos, next);
  });
}

}  // namespace

void submit_refund(Lane& lane, const Refund& order, Idempotency idempotency, http::Reply reply) {
  submit(
      lane, LaneClass::payment, std::move(idempotency),
      [order](const View& view, Keys& wanted) { refund_keys(order, view, wanted); },
      [order](const View& view, Moment& moment) {
        return answered(decide_refund(order, view, moment), [&](const Reservation& row) {
          return http::ok(200, to_dto(row, *view.catalogue, moment.now));
        });
      },
      std::move(reply));
}

void add_payment_routes(http::Router& router, const PaymentCalls& calls) {
  router.add(
      {.method = http::Method::PUT,
       .path = "/events/reservations/{id}/pay",
       .summary = "Pay for a hold, or for several together: all or none",
       .tag = "payments",
       .parameters = {idempotency_parameter()},
       .body = &json::schema<PayBody>,
       .body_optional = true,
       .successes = {{.description =
                          "The reservation, PAID; with a body: {paymentId, paidAt, total, reservations}",
                      .schema = &json::schema<ReservationDto>}},
       .refusals = {Code::TOKEN_NOT_FOUND, Code::TOKEN_EXPIRED, Code::WRONG_TOKEN_TURN,
                    Code::WRONG_TOKEN_EVENT, Code::FORBIDDEN, Code::RESERVATION_NOT_FOUND,
                    Code::NOT_ENOUGH_BALANCE, Code::RESERVATION_ALREADY_PAID, Code::WRONG_RESERVATION_STATUS,
                    Code::RESERVATION_EXPIRED, Code::IDEMPOTENCY_MISMATCH, Code::STORE_UNAVAILABLE},
       .handler = [&calls](const http::Request& request, http::Reply reply) {
         pay(calls, request, std::move(reply));
       }});
  router.add(
      {.method = http::Method::POST,
       .path = "/events/reservations/{id}/refund",
       .summary = "Give a paid seat back for the money",
       .tag = "payments",
       .parameters = {idempotency_parameter()},
       .successes = {{.description = "The reservation, REFUNDED", .schema = &json::schema<ReservationDto>}},
       .refusals = {Code::TOKEN_NOT_FOUND, Code::TOKEN_EXPIRED, Code::FORBIDDEN, Code::RESERVATION_NOT_FOUND,
                    Code::WRONG_RESERVATION_STATUS, Code::BALANCE_LIMIT_EXCEEDED, Code::IDEMPOTENCY_MISMATCH,
                    Code::STORE_UNAVAILABLE},
       .handler = [&calls](const http::Request& request, http::Reply reply) {
         refund(calls, request, std::move(reply));
       }});
  router.add({.method = http::Method::GET,
              .path = "/payments/{id}",
              .summary = "A payment of yours",
              .tag = "payments",
              .successes = {{.description = "The payment", .schema = &json::schema<PaymentDto>}},
              .refusals = {Code::TOKEN_NOT_FOUND, Code::TOKEN_EXPIRED, Code::FORBIDDEN, Code::NOT_FOUND},
              .handler = [&calls](const http::Request& request, http::Reply reply) {
                show(calls, request, std::move(reply));
              }});
  router.add({.method = http::Method::GET,
              .path = "/users/{userId}/payments",
              .summary = "The user's payments, newest first",
              .tag = "payments",
              .parameters = page_parameters(),
              .successes = {{.description = "A page",
                             .schema = &json::schema<PaymentDto>,
                             .envelope = http::Envelope::page}},
              .refusals = {Code::TOKEN_NOT_FOUND, Code::TOKEN_EXPIRED, Code::FORBIDDEN},
              .handler = [&calls](const http::Request& request, http::Reply reply) {
                list(calls, request, std::move(reply));
              }});
}

}  // namespace stagedoor
