#include "modules/payment/http.h"

#include <algorithm>

#include "api/bind.h"
#include "api/call.h"
#include "json/read.h"
#include "json/schema.h"
#include "modules/identity/who_asks.h"
#include "modules/reservation/http.h"

namespace stagedoor::payment {

BOOST_DEFINE_ENUM_CLASS(PaymentStatus, PAID, REFUNDED, PARTLY_REFUNDED)

struct PayBody {
  static constexpr std::size_t kListMax = 100;

  std::optional<std::vector<ReservationId>> reservationIds;  // nullopt: only the reservation in the path
};
BOOST_DESCRIBE_STRUCT(PayBody, (), (reservationIds))

struct PaidDto {
  PaymentId paymentId;
  TimePoint paidAt{};
  Won total;
  std::vector<reservation::ReservationDto> reservations;
};
BOOST_DESCRIBE_STRUCT(PaidDto, (), (paymentId, paidAt, total, reservations))

struct PaidSeat {
  ReservationId id;
  std::string eventName;
  std::int64_t seatNumber = 0;
  TimePoint eventDate{};
  Won price;
  json::Omitted<reservation::DateCancelledDto> dateCancelled;
};
BOOST_DESCRIBE_STRUCT(PaidSeat, (), (id, eventName, seatNumber, eventDate, price, dateCancelled))

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

using enum http::Method;

PaymentDto to_dto(const Payment& payment, Queries& queries, const Catalogue& catalogue, TimePoint now) {
  PaymentDto dto{payment.id, payment.user, {}, payment.total, PaymentStatus::PAID, payment.created_at};
  std::size_t refunded = 0;
  for (const ReservationId id : payment.reservations) {
    const auto row = queries.reservation(id);
    if (!row) continue;
    const reservation::ReservationDto seat = reservation::to_dto(*row, catalogue, now);
    dto.reservations.push_back(
        {seat.id, seat.eventName, seat.seatNumber, seat.eventDate, seat.price, seat.dateCancelled});
    refunded += row->status == ReservationStatus::REFUNDED;
  }
  if (refunded > 0)
    dto.status =
        refunded == payment.reservations.size() ? PaymentStatus::REFUNDED : PaymentStatus::PARTLY_REFUNDED;
  return dto;
}

void pay(const PaymentDeps& deps, const PlaceRef& fan, ReservationId id, const PayBody& body,
         Idempotency idempotency, http::Reply reply) {
  Pay order{fan, {id}, deps.users_may_charge};
  for (const ReservationId further : body.reservationIds.value_or(std::vector<ReservationId>{})) {
    auto& all = order.reservations;
    if (std::find(all.begin(), all.end(), further) == all.end()) all.push_back(further);
  }
  api::submit(
      deps.lane, LaneClass::payment, std::move(idempotency),
      [order](const View& view, Keys& wanted) { pay_keys(order, view, wanted); },
      [order, several = body.reservationIds.has_value(), &deps](const View& view, BatchContext& context) {
        auto decision = decide_pay(order, view, context);
        if (auto* refusal = std::get_if<Refusal>(&decision.result))
          *refusal = deps.turns.explain(*refusal, order.fan);
        return api::answered(std::move(decision), [&](const Paid& paid) {
          if (!several)
            return http::ok(200,
                            reservation::to_dto(paid.reservations.front(), *view.catalogue, context.now));
          PaidDto dto{paid.payment.id, paid.payment.created_at, paid.payment.total, {}};
          for (const auto& row : paid.reservations)
            dto.reservations.push_back(reservation::to_dto(row, *view.catalogue, context.now));
          return http::ok(200, dto);
        });
      },
      std::move(reply));
}

http::Route pay_route(const PaymentDeps& deps) {
  return {
      .method = PUT,
      .path = "/events/reservations/{id}/pay",
      .id = "payReservation",
      .summary = "Pay for a hold, or for several together: all or none",
      .tag = "payments",
      .body = &json::schema<PayBody>,
      .body_optional = true,
      .examples = {{"the one in the path", "{}"}, {"with others", R"({"reservationIds":[2,3]})"}},
      .successes = {{.description = "The reservation, PAID; with reservationIds the payment of all",
                     .schema = &json::one_of_schema<http::Components, reservation::ReservationDto, PaidDto>,
                     .links = {{"getPayment", "Read the payment", {{"id", "data/paymentId"}}, {}}}}},
      .refusals = {Code::WRONG_TOKEN_TURN, Code::WRONG_TOKEN_EVENT, Code::FORBIDDEN,
                   Code::RESERVATION_NOT_FOUND, Code::NOT_ENOUGH_BALANCE, Code::RESERVATION_ALREADY_PAID,
                   Code::BOOKING_CLOSED, Code::WRONG_RESERVATION_STATUS, Code::RESERVATION_EXPIRED},
      .handler = api::bind(deps, pay, identity::by_place, api::with_id<ReservationId>("id"),
                           api::with_optional_body<PayBody>, api::with_idempotency),
      .limit_class = http::LimitClass::payment};
}

void refund(const PaymentDeps& deps, const identity::Caller& caller, ReservationId id,
            Idempotency idempotency, http::Reply reply) {
  submit_refund(deps.lane, {id, caller.user}, std::move(idempotency), std::move(reply));
}

http::Route refund_route(const PaymentDeps& deps) {
  return {.method = POST,
          .path = "/events/reservations/{id}/refund",
          .id = "refundReservation",
          .summary = "Refund a paid seat",
          .tag = "payments",
          .successes = {{.description = "The reservation, REFUNDED",
                         .schema = &json::schema<reservation::ReservationDto>}},
          .refusals = {Code::FORBIDDEN, Code::RESERVATION_NOT_FOUND, Code::WRONG_RESERVATION_STATUS,
                       Code::TICKET_ALREADY_USED},
          .handler = api::bind(deps, refund, identity::by_caller, api::with_id<ReservationId>("id"),
                               api::with_idempotency),
          .limit_class = http::LimitClass::payment};
}

void show(const PaymentDeps& deps, const identity::Caller& caller, PaymentId id, http::Reply reply) {
  api::submit_read(deps.query_pool, std::move(reply),
                   [id, user = caller.user, &deps](Queries& queries) -> Result<Answer> {
                     const auto payment = queries.payment(id);
                     if (!payment) return refuse(Code::NOT_FOUND, "There is no such payment.");
                     if (payment->user != user) return not_yours("payment");
                     return http::ok(200, to_dto(*payment, queries, *deps.catalogue(), deps.clock.now()));
                   });
}

http::Route show_route(const PaymentDeps& deps) {
  return {.method = GET,
          .path = "/payments/{id}",
          .id = "getPayment",
          .summary = "One of the caller's payments",
          .tag = "payments",
          .successes = {{.description = "The payment", .schema = &json::schema<PaymentDto>}},
          .refusals = {Code::FORBIDDEN, Code::NOT_FOUND},
          .handler = api::bind(deps, show, identity::by_caller, api::with_id<PaymentId>("id"))};
}

void list(const PaymentDeps& deps, const identity::Caller&, UserId user, PageAt at, http::Reply reply) {
  api::submit_read(deps.query_pool, std::move(reply), [user, at, &deps](Queries& queries) {
    auto rows = queries.payments_of(user, api::one_more(at));
    const auto next = api::cut_page(rows, at, [](const Payment& row) { return row.id.value; });
    const auto catalogue = deps.catalogue();
    std::vector<PaymentDto> dtos;
    for (const auto& row : rows) dtos.push_back(to_dto(row, queries, *catalogue, deps.clock.now()));
    return http::page(dtos, next);
  });
}

http::Route list_route(const PaymentDeps& deps) {
  return {.method = GET,
          .path = "/users/{userId}/payments",
          .id = "listPayments",
          .summary = "The user's payments, newest first",
          .tag = "payments",
          .successes = {{.description = "A page",
                         .schema = &json::schema<PaymentDto>,
                         .envelope = http::Envelope::page}},
          .refusals = {Code::FORBIDDEN},
          .handler = api::bind(deps, list, identity::by_caller, api::with_owner, api::with_page)};
}

}  // namespace

void submit_refund(Lane& lane, const Refund& order, Idempotency idempotency, http::Reply reply,
                   api::AndThen<Reservation> and_then) {
  api::submit(
      lane, LaneClass::payment, std::move(idempotency),
      [order](const View& view, Keys& wanted) { refund_keys(order, view, wanted); },
      [order, and_then = std::move(and_then)](const View& view, BatchContext& context) {
        auto decision = api::with(decide_refund(order, view, context), and_then, context);
        return api::answered(std::move(decision), [&](const Reservation& row) {
          return http::ok(200, reservation::to_dto(row, *view.catalogue, context.now));
        });
      },
      std::move(reply));
}

void add_payment_routes(http::Router& router, const PaymentDeps& deps) {
  for (const auto route : {pay_route, refund_route, show_route, list_route}) router.add(route(deps));
}

}  // namespace stagedoor::payment
