#include "modules/wallet/http.h"

#include <algorithm>

#include "json/read.h"
#include "json/schema.h"
#include "json/types.h"
#include "modules/call.h"

namespace stagedoor {

struct BalanceDto {
  std::optional<WalletId> id;
  UserId userId;
  Won balance;
};
BOOST_DESCRIBE_STRUCT(BalanceDto, (), (id, userId, balance))

struct HistoryDto {
  PostingId id;
  PostingType type = PostingType::CHARGE;
  Won amount;
  Won balanceAfter;
  json::Omitted<ReservationId> reservationId;
  TimePoint createdAt{};
};
BOOST_DESCRIBE_STRUCT(HistoryDto, (), (id, type, amount, balanceAfter, reservationId, createdAt))

namespace {

HistoryDto to_dto(const Posting& posting) {
  HistoryDto dto{posting.id, posting.type, posting.amount, posting.balance_after, {}, posting.created_at};
  if (posting.reservation) dto.reservationId.emplace(posting.reservation);
  return dto;
}

void balance(const WalletCalls& calls, const http::Request& request, http::Reply reply) {
  const auto user = request.user_id("userId");
  if (!user) return reply(http::problem(user.error()));
  if (const auto owner = calls.identity.owner(request, *user); !owner)
    return reply(http::problem(owner.error()));
  submit_read(calls.readers, std::move(reply), [user = *user](Queries& queries) {
    const auto wallet = queries.wallet(user);
    BalanceDto dto{std::nullopt, user, {}};
    if (wallet) {
      dto.id = wallet->id;
      dto.balance = wallet->balance;
    }
    return http::ok(200, dto);
  });
}

void charge(const WalletCalls& calls, const http::Request& request, http::Reply reply) {
  const auto user = request.user_id("userId");
  if (!user) return reply(http::problem(user.error()));
  if (const auto owner = calls.identity.owner(request, *user); !owner)
    return reply(http::problem(owner.error()));
  if (!calls.users_may_charge) {
    return reply(http::problem(
        {Code::FORBIDDEN, "Balances are charged at the box office, not by their owners.", {}, {}, {}}));
  }
  const auto amount = read_amount(request.body);
  auto idempotency = idempotency_of(request, *user);
  if (const auto refusal = refusal_of(amount, idempotency)) return reply(http::problem(*refusal));
  submit_charge(calls.lane, {*user, *amount, calls.balance_max}, std::move(*idempotency), std::move(reply));
}

void history(const WalletCalls& calls, const http::Request& request, http::Reply reply) {
  const auto user = request.user_id("userId");
  if (!user) return reply(http::problem(user.error()));
  if (const auto owner = calls.identity.owner(request, *user); !owner)
    return reply(http::problem(owner.error()));
  const auto at = page_of(request);
  if (!at) return reply(http::problem(at.error()));
  submit_read(calls.readers, std::move(reply), [user = *user, at = *at](Queries& queries) {
    const auto wallet = queries.wallet(user);
    auto rows = wallet ? queries.history(wallet->id, {at.before, at.limit + 1}) : std::vector<Posting>{};
    const auto next = cut_page(rows, at, [](const Posting& row) { return row.seq; });
    std::vector<HistoryDto> dtos;
    std::transform(rows.begin(), rows.end(), std::back_inserter(dtos), to_dto);
    return http::page(dtos, next);
  });
}

}  // namespace

Result<Won> read_amount(std::string_view body) {
  const auto read = json::read<ChargeBody>(body);
  if (read) return read->amount;
  Failure failure = read.error();
  const auto& faults = failure.details;
  if (std::any_of(faults.begin(), faults.end(), [](const Fault& fault) { return fault.path == "amount"; })) {
    failure.code = Code::INVALID_AMOUNT;
    failure.message = "The amount is a whole number of won.";
  }
  return failure;
}

void submit_charge(Lane& lane, const Charge& order, Idempotency idempotency, http::Reply reply) {
  submit(
      lane, LaneClass::wallet, std::move(idempotency),
      [user = order.user](const View& view, Keys& wanted) { want(view.wallets, wanted.wallets, user); },
      [order](const View& view, Moment& moment) {
        return answered(decide_charge(order, view, moment), [](const Charged& charged) {
          const Posting& posting = charged.posting;
          return http::ok(200, PostingDto{posting.id, charged.wallet.user, posting.type, posting.amount,
                                          posting.balance_after, posting.created_at});
        });
      },
      std::move(reply));
}

void add_wallet_routes(http::Router& router, const WalletCalls& calls) {
  const std::vector<Code> owner = {Code::TOKEN_NOT_FOUND, Code::TOKEN_EXPIRED, Code::FORBIDDEN};
  router.add({.method = http::Method::GET,
              .path = "/users/{userId}/balance",
              .summary = "The user's balance",
              .tag = "balance",
              .successes = {{.description = "0 with no id for a user never seen before",
                             .schema = &json::schema<BalanceDto>}},
              .refusals = owner,
              .handler = [&calls](const http::Request& request, http::Reply reply) {
                balance(calls, request, std::move(reply));
              }});
  router.add({.method = http::Method::PUT,
              .path = "/users/{userId}/balance/charge",
              .summary = "Charge the balance",
              .tag = "balance",
              .parameters = {idempotency_parameter()},
              .body = &json::schema<ChargeBody>,
              .successes = {{.description = "The movement and the balance after it",
                             .schema = &json::schema<PostingDto>}},
              .refusals = {Code::INVALID_AMOUNT, Code::TOKEN_NOT_FOUND, Code::TOKEN_EXPIRED, Code::FORBIDDEN,
                           Code::BALANCE_LIMIT_EXCEEDED, Code::IDEMPOTENCY_MISMATCH, Code::STORE_UNAVAILABLE},
              .handler = [&calls](const http::Request& request, http::Reply reply) {
                charge(calls, request, std::move(reply));
              }});
  router.add({.method = http::Method::GET,
              .path = "/users/{userId}/balance/history",
              .summary = "Every movement of the balance, newest first",
              .tag = "balance",
              .parameters = page_parameters(),
              .successes = {{.description = "A page",
                             .schema = &json::schema<HistoryDto>,
                             .envelope = http::Envelope::page}},
              .refusals = owner,
              .handler = [&calls](const http::Request& request, http::Reply reply) {
                history(calls, request, std::move(reply));
              }});
}

}  // namespace stagedoor
