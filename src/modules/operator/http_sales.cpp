// Operator calls on seats and money: house seats, charging, and releasing, refunding and reassigning one
// reservation.
#include "json/read.h"
#include "json/schema.h"
#include "json/types.h"
#include "modules/operator/http_common.h"
#include "modules/operator/model.h"
#include "modules/payment/http.h"
#include "modules/reservation/http.h"
#include "modules/wallet/http.h"

namespace stagedoor::operators {

struct SeatsBody {
  json::Omitted<std::vector<SeatId>> seatIds;
  json::Omitted<std::vector<std::int64_t>> seatNumbers;
};
BOOST_DESCRIBE_STRUCT(SeatsBody, (), (seatIds, seatNumbers))

void check(const SeatsBody& body, json::FieldErrors& errors) {
  if (body.seatIds && body.seatNumbers) errors.add("seatNumbers", "must be omitted when seatIds is given");
  const bool has_any =
      (body.seatIds && !body.seatIds->empty()) || (body.seatNumbers && !body.seatNumbers->empty());
  if (!has_any) errors.add("seatIds", "must name at least one seat, unless seatNumbers is given");
}

// What SeatsBody takes, for the API document.
struct SeatIdsBody {
  std::vector<SeatId> seatIds;
  static void refine(boost::json::object& properties) { properties["seatIds"].as_object()["minItems"] = 1; }
};
BOOST_DESCRIBE_STRUCT(SeatIdsBody, (), (seatIds))
struct SeatNumbersBody {
  std::vector<std::int64_t> seatNumbers;
  static void refine(boost::json::object& properties) {
    properties["seatNumbers"].as_object()["minItems"] = 1;
  }
};
BOOST_DESCRIBE_STRUCT(SeatNumbersBody, (), (seatNumbers))

struct BlockedDto {
  DateId eventDateId;
  bool blocked = false;
  std::vector<SeatId> seatIds;
  std::int64_t changed = 0;  // number of seats whose state changed
};
BOOST_DESCRIBE_STRUCT(BlockedDto, (), (eventDateId, blocked, seatIds, changed))

struct ChargeDetail {
  UserId userId;
  Won amount;
};
BOOST_DESCRIBE_STRUCT(ChargeDetail, (), (userId, amount))

struct ReassignBody {
  UserId userId;
};
BOOST_DESCRIBE_STRUCT(ReassignBody, (), (userId))

struct ReleaseDetail {
  ReservationId reservation;
  UserId userId;
};
BOOST_DESCRIBE_STRUCT(ReleaseDetail, (), (reservation, userId))

struct ReassignDetail {
  ReservationId reservation;
  UserId from;
  UserId to;
};
BOOST_DESCRIBE_STRUCT(ReassignDetail, (), (reservation, from, to))

struct RefundDetail {
  ReservationId reservation;
  UserId userId;
  Won amount;
};
BOOST_DESCRIBE_STRUCT(RefundDetail, (), (reservation, userId, amount))

namespace {

template <bool kBlock>
void block(const OperatorDeps& deps, const identity::Operator& who, DateId date, SeatsBody body,
           Idempotency idempotency, http::Reply reply) {
  BlockSeats order{.date = date, .seats = {}, .numbers = {}, .block = kBlock, .operator_name = who.name};
  if (body.seatIds) order.seats = std::move(*body.seatIds);
  if (body.seatNumbers) order.numbers = std::move(*body.seatNumbers);
  api::submit(
      deps.lane, LaneClass::operation, std::move(idempotency),
      [order](const View& view, Keys& wanted) { block_keys(order, view, wanted); },
      [order](const View& view, BatchContext& context) {
        return api::answered(decide_block(order, view, context), [](const Blocked& blocked) {
          return http::ok(
              200, BlockedDto{blocked.date, kBlock, blocked.seats, std::int64_t(blocked.changed.size())});
        });
      },
      std::move(reply));
}

template <bool kBlock>
http::Route block_route(const OperatorDeps& deps) {
  std::vector<Code> refusals = {Code::EVENT_DATE_NOT_FOUND, Code::SEAT_NOT_FOUND};
  if (kBlock) refusals.push_back(Code::SEAT_OCCUPIED);
  return operator_route(
      {.method = http::Method::POST,
       .path = kBlock ? "/admin/dates/{id}/seats/block" : "/admin/dates/{id}/seats/unblock",
       .id = kBlock ? "adminBlockSeats" : "adminUnblockSeats",
       .summary =
           kBlock ? "Reserve seats for the house: shown as OCCUPIED, all or none" : "Put house seats on sale",
       .body = &json::one_of_schema<http::Components, SeatIdsBody, SeatNumbersBody>,
       .examples = {{"by number", R"({"seatNumbers":[1,2]})"}, {"by id", R"({"seatIds":[1,2]})"}},
       .successes = {{.description = "The seats, in their order", .schema = &json::schema<BlockedDto>}},
       .refusals = std::move(refusals),
       .handler = api::bind(deps, block<kBlock>,
                            identity::by_operator(kBlock ? "adminBlockSeats" : "adminUnblockSeats"),
                            api::with_id<DateId>("id"), api::with_body<SeatsBody>, api::with_idempotency)});
}

void charge(const OperatorDeps& deps, const identity::Operator& who, UserId user, Won amount,
            Idempotency idempotency, http::Reply reply) {
  const AuditEntry entry{.operator_name = who.name,
                         .action = "balance.charge",
                         .detail = json::to_text(ChargeDetail{user, amount})};
  wallet::submit_charge(deps.lane, {user, amount, deps.balance_max}, std::move(idempotency), std::move(reply),
                        [entry](const wallet::Charged&, Changes& changes, BatchContext& context) {
                          changes.log.push_back(log_row(entry, context));
                        });
}

http::Route charge_route(const OperatorDeps& deps) {
  return operator_route(
      {.method = http::Method::POST,
       .path = "/admin/users/{id}/balance/charge",
       .id = "adminChargeBalance",
       .summary = "Charge a user's balance",
       .body = &json::schema<wallet::ChargeBody>,
       .examples = {{"charge", R"({"amount":110000})"}},
       .successes = {{.description = "The movement and the balance after it",
                      .schema = &json::schema<wallet::PostingDto>}},
       .refusals = {Code::INVALID_AMOUNT, Code::BALANCE_LIMIT_EXCEEDED},
       .handler = api::bind(deps, charge, identity::by_operator("adminChargeBalance"), api::with_user("id"),
                            wallet::with_amount(deps.balance_max), api::with_idempotency)});
}

void refund(const OperatorDeps& deps, const identity::Operator& who, ReservationId id,
            Idempotency idempotency, http::Reply reply) {
  payment::submit_refund(deps.lane, {id, std::nullopt}, std::move(idempotency), std::move(reply),
                         [name = who.name](const Reservation& row, Changes& changes, BatchContext& context) {
                           const RefundDetail detail{row.id, row.user, row.price};
                           changes.log.push_back(log_row(
                               {name, "reservation.refund", row.event, json::to_text(detail)}, context));
                         });
}

http::Route refund_route(const OperatorDeps& deps) {
  return operator_route({.method = http::Method::POST,
                         .path = "/admin/reservations/{id}/refund",
                         .id = "adminRefundReservation",
                         .summary = "Refund a paid seat, at any time",
                         .successes = {{.description = "The reservation, REFUNDED",
                                        .schema = &json::schema<reservation::ReservationDto>}},
                         .refusals = {Code::RESERVATION_NOT_FOUND, Code::WRONG_RESERVATION_STATUS},
                         .handler = api::bind(deps, refund, identity::by_operator("adminRefundReservation"),
                                              api::with_id<ReservationId>("id"), api::with_idempotency)});
}

void release(const OperatorDeps& deps, const identity::Operator& who, ReservationId id,
             Idempotency idempotency, http::Reply reply) {
  const reservation::CancelHold order{id, std::nullopt};
  const api::AndThen<Reservation> add_log = [name = who.name](const Reservation& row, Changes& changes,
                                                              BatchContext& context) {
    changes.log.push_back(log_row(
        {name, "reservation.release", row.event, json::to_text(ReleaseDetail{row.id, row.user})}, context));
  };
  api::submit(
      deps.lane, LaneClass::operation, std::move(idempotency),
      [order](const View& view, Keys& wanted) { reservation::cancel_keys(order, view, wanted); },
      [order, add_log](const View& view, BatchContext& context) {
        return api::answered(api::with(reservation::decide_cancel(order, view, context), add_log, context),
                             [&](const Reservation& row) {
                               return http::ok(200, reservation::to_dto(row, *view.catalogue, context.now));
                             });
      },
      std::move(reply));
}

http::Route release_route(const OperatorDeps& deps) {
  return operator_route({.method = http::Method::POST,
                         .path = "/admin/reservations/{id}/release",
                         .id = "adminReleaseReservation",
                         .summary = "Cancel a user's hold: the seat is free at once",
                         .successes = {{.description = "The reservation, CANCELLED",
                                        .schema = &json::schema<reservation::ReservationDto>}},
                         .refusals = {Code::RESERVATION_NOT_FOUND, Code::RESERVATION_ALREADY_PAID,
                                      Code::WRONG_RESERVATION_STATUS, Code::RESERVATION_EXPIRED},
                         .handler = api::bind(deps, release, identity::by_operator("adminReleaseReservation"),
                                              api::with_id<ReservationId>("id"), api::with_idempotency)});
}

void reassign(const OperatorDeps& deps, const identity::Operator& who, ReservationId id,
              const ReassignBody& body, Idempotency idempotency, http::Reply reply) {
  const reservation::Reassign order{id, body.userId, who.name};
  const api::AndThen<Reservation> add_log = [name = who.name](const Reservation& row, Changes& changes,
                                                              BatchContext& context) {
    const ReassignDetail detail{row.id, changes.reassignments.back().from_user, row.user};
    changes.log.push_back(log_row({name, "reservation.reassign", row.event, json::to_text(detail)}, context));
  };
  api::submit(
      deps.lane, LaneClass::operation, std::move(idempotency),
      [order](const View& view, Keys& wanted) { reservation::reassign_keys(order, view, wanted); },
      [order, add_log](const View& view, BatchContext& context) {
        return api::answered(api::with(reservation::decide_reassign(order, view, context), add_log, context),
                             [&](const Reservation& row) {
                               return http::ok(200, reservation::to_dto(row, *view.catalogue, context.now));
                             });
      },
      std::move(reply));
}

http::Route reassign_route(const OperatorDeps& deps) {
  return operator_route(
      {.method = http::Method::POST,
       .path = "/admin/reservations/{id}/reassign",
       .id = "adminReassignReservation",
       .summary = "Give a paid seat to another user. Who paid stays who gets a refund",
       .body = &json::schema<ReassignBody>,
       .examples = {{"reassign", R"({"userId":"11111111-2222-4333-8444-555555555555"})"}},
       .successes = {{.description = "The reservation, of the other user",
                      .schema = &json::schema<reservation::ReservationDto>}},
       .refusals = {Code::RESERVATION_NOT_FOUND, Code::WRONG_RESERVATION_STATUS, Code::SEAT_LIMIT_EXCEEDED},
       .handler = api::bind(deps, reassign, identity::by_operator("adminReassignReservation"),
                            api::with_id<ReservationId>("id"), api::with_body<ReassignBody>,
                            api::with_idempotency)});
}

}  // namespace

void add_sales_routes(http::Router& router, const OperatorDeps& deps) {
  for (const auto route :
       {block_route<true>, block_route<false>, charge_route, release_route, refund_route, reassign_route})
    router.add(route(deps));
}

}  // namespace stagedoor::operators
