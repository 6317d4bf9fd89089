// Seats and money in an operator's hands: house seats, charging, refunding.
#include <fmt/format.h>

#include "http/problem.h"
#include "json/read.h"
#include "json/schema.h"
#include "json/types.h"
#include "modules/call.h"
#include "modules/operator/http_desk.h"
#include "modules/operator/model.h"
#include "modules/payment/model.h"
#include "modules/reservation/http.h"
#include "modules/wallet/http.h"

namespace stagedoor::operators {

struct SeatsBody {
  json::Omitted<std::vector<SeatId>> seatIds;
  json::Omitted<std::vector<std::int64_t>> seatNumbers;
};
BOOST_DESCRIBE_STRUCT(SeatsBody, (), (seatIds, seatNumbers))

void check(const SeatsBody& body, json::Faults& faults) {
  if (body.seatIds && body.seatNumbers) faults.add("seatNumbers", "must be left out where seatIds are given");
  const bool has_any =
      (body.seatIds && !body.seatIds->empty()) || (body.seatNumbers && !body.seatNumbers->empty());
  if (!has_any) faults.add("seatIds", "must name at least one seat; or write seatNumbers");
}

struct BlockedDto {
  DateId eventDateId;
  bool blocked = false;
  std::vector<SeatId> seatIds;
  std::int64_t changed = 0;  // how many of them were not so already
};
BOOST_DESCRIBE_STRUCT(BlockedDto, (), (eventDateId, blocked, seatIds, changed))

namespace {

void block_or_release(const Asked& asked, bool block, http::Reply reply) {
  const auto date = asked.request.id<DateId>("id");
  if (!date) return reply(http::problem(date.error()));
  const auto body = json::read<SeatsBody>(asked.request.body);
  if (!body) return reply(http::problem(body.error()));
  auto idempotency = idempotency_of(asked.request, asked.who.user());
  if (!idempotency) return reply(http::problem(idempotency.error()));
  BlockSeats order{
      .date = *date, .seats = {}, .numbers = {}, .block = block, .operator_name = asked.who.name};
  if (body->seatIds) order.seats = *body->seatIds;
  if (body->seatNumbers) order.numbers = *body->seatNumbers;
  submit(
      asked.calls.lane, LaneClass::operation, std::move(*idempotency),
      [order](const View& view, Keys& wanted) { block_keys(order, view, wanted); },
      [order](const View& view, Moment& moment) {
        return answered(decide_block(order, view, moment), [&](const Blocked& blocked) {
          return http::ok(200, BlockedDto{blocked.date, order.block, blocked.seats,
                                          std::int64_t(blocked.changed.size())});
        });
      },
      std::move(reply));
}

void block(const Asked& asked, http::Reply reply) { block_or_release(asked, true, std::move(reply)); }
void unblock(const Asked& asked, http::Reply reply) { block_or_release(asked, false, std::move(reply)); }

// Adds the log's line to a decision that succeeded.
template <class Outcome>
Decision<Outcome> logged(Decision<Outcome> decision, const Deed& deed, Moment& moment) {
  if (std::holds_alternative<Outcome>(decision.result)) decision.changes.log.push_back(log_row(deed, moment));
  return decision;
}

void charge(const Asked& asked, http::Reply reply) {
  const auto user = asked.request.user_id("id");
  if (!user) return reply(http::problem(user.error()));
  const auto amount = read_amount(asked.request.body);
  if (!amount) return reply(http::problem(amount.error()));
  auto idempotency = idempotency_of(asked.request, asked.who.user());
  if (!idempotency) return reply(http::problem(idempotency.error()));
  const Charge order{*user, *amount, asked.calls.balance_max};
  const Deed deed{asked.who.name,
                  "balance.charge",
                  {},
                  fmt::format(R"({{"userId":"{}","amount":{}}})", to_string(*user), amount->amount)};
  submit(
      asked.calls.lane, LaneClass::wallet, std::move(*idempotency),
      [order](const View& view, Keys& wanted) { want(view.wallets, wanted.wallets, order.user); },
      [order, deed](const View& view, Moment& moment) {
        return answered(logged(decide_charge(order, view, moment), deed, moment), [](const Charged& charged) {
          const Posting& posting = charged.posting;
          return http::ok(200, PostingDto{posting.id, charged.wallet.user, posting.type, posting.amount,
                                          posting.balance_after, posting.created_at});
        });
      },
      std::move(reply));
}

void refund(const Asked& asked, http::Reply reply) {
  const auto id = asked.request.id<ReservationId>("id");
  if (!id) return reply(http::problem(id.error()));
  auto idempotency = idempotency_of(asked.request, asked.who.user());
  if (!idempotency) return reply(http::problem(idempotency.error()));
  const Refund order{*id, std::nullopt, asked.calls.balance_max};
  submit(
      asked.calls.lane, LaneClass::payment, std::move(*idempotency),
      [order](const View& view, Keys& wanted) { refund_keys(order, view, wanted); },
      [order, name = asked.who.name](const View& view, Moment& moment) {
        auto decision = decide_refund(order, view, moment);
        Deed deed{name, "reservation.refund", {}, {}};
        if (const auto* row = std::get_if<Reservation>(&decision.result)) {
          deed.event = row->event;
          deed.detail = fmt::format(R"({{"reservation":{},"userId":"{}","amount":{}}})", row->id.value,
                                    to_string(row->user), row->price.amount);
        }
        return answered(logged(std::move(decision), deed, moment), [&](const Reservation& row) {
          return http::ok(200, to_dto(row, *view.catalogue, moment.now));
        });
      },
      std::move(reply));
}

}  // namespace

void add_sales_routes(http::Router& router, const OperatorCalls& calls) {
  const auto add = [&](std::string path, Work work, std::string summary, http::Schema body,
                       http::Success success, std::vector<Code> codes) {
    codes.insert(codes.end(), {Code::IDEMPOTENCY_MISMATCH, Code::STORE_UNAVAILABLE});
    router.add({.method = http::Method::POST,
                .path = std::move(path),
                .summary = std::move(summary),
                .tag = "operators",
                .parameters = {idempotency_parameter()},
                .body = body,
                .successes = {std::move(success)},
                .refusals = std::move(codes),
                .handler = for_role(calls, Role::kOperator, work)});
  };
  const http::Success blocked{.description = "The seats, in their order",
                              .schema = &json::schema<BlockedDto>};
  add("/admin/dates/{id}/seats/block", block, "Keep seats for the house: shown as OCCUPIED, all or none",
      &json::schema<SeatsBody>, blocked,
      refusals({Code::EVENT_DATE_NOT_FOUND, Code::SEAT_NOT_FOUND, Code::SEAT_OCCUPIED}));
  add("/admin/dates/{id}/seats/unblock", unblock, "Give house seats into the sale", &json::schema<SeatsBody>,
      blocked, refusals({Code::EVENT_DATE_NOT_FOUND, Code::SEAT_NOT_FOUND}));
  add("/admin/users/{id}/balance/charge", charge, "Charge a user's balance", &json::schema<ChargeBody>,
      {.description = "The movement and the balance after it", .schema = &json::schema<PostingDto>},
      refusals({Code::INVALID_AMOUNT, Code::BALANCE_LIMIT_EXCEEDED}));
  add("/admin/reservations/{id}/refund", refund, "Give the money of a paid seat back, at any time", nullptr,
      {.description = "The reservation, REFUNDED", .schema = &json::schema<ReservationDto>},
      refusals({Code::RESERVATION_NOT_FOUND, Code::WRONG_RESERVATION_STATUS, Code::BALANCE_LIMIT_EXCEEDED}));
}

}  // namespace stagedoor::operators
