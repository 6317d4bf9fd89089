#include "modules/wallet/http.h"

#include <algorithm>

#include "api/bind.h"
#include "api/call.h"
#include "json/read.h"
#include "json/schema.h"
#include "json/types.h"
#include "modules/identity/who_asks.h"

namespace stagedoor::wallet {

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

using enum http::Method;

HistoryDto to_dto(const Posting& posting) {
  HistoryDto dto{posting.id, posting.type, posting.amount, posting.balance_after, {}, posting.created_at};
  if (posting.reservation) dto.reservationId.emplace(posting.reservation);
  return dto;
}

void balance(const WalletDeps& deps, const identity::Caller& caller, http::Reply reply) {
  api::submit_read(deps.query_pool, std::move(reply), [user = caller.user](Queries& queries) {
    const auto wallet = queries.wallet(user);
    BalanceDto dto{std::nullopt, user, {}};
    if (wallet) {
      dto.id = wallet->id;
      dto.balance = wallet->balance;
    }
    return http::ok(200, dto);
  });
}

http::Route balance_route(const WalletDeps& deps) {
  return {.method = GET,
          .path = "/users/{userId}/balance",
          .summary = "The user's balance",
          .tag = "balance",
          .successes = {{.description = "The balance; for an unknown user 0 and no id",
                         .schema = &json::schema<BalanceDto>}},
          .refusals = {Code::TOKEN_NOT_FOUND, Code::TOKEN_EXPIRED, Code::FORBIDDEN},
          .handler = api::bind(deps, balance, identity::by_owner)};
}

Result<identity::Caller> by_owner_who_may_charge(const WalletDeps& deps, const http::Request& request) {
  auto caller = identity::by_owner(deps, request);
  if (caller && !deps.users_may_charge)
    return refuse(Code::FORBIDDEN, "Only an operator can charge a balance.");
  return caller;
}

void charge(const WalletDeps& deps, const identity::Caller& caller, Won amount, Idempotency idempotency,
            http::Reply reply) {
  submit_charge(deps.lane, {caller.user, amount, deps.balance_max}, std::move(idempotency), std::move(reply));
}

http::Route charge_route(const WalletDeps& deps) {
  return {.method = PUT,
          .path = "/users/{userId}/balance/charge",
          .summary = "Charge the balance",
          .tag = "balance",
          .parameters = {api::idempotency_parameter()},
          .body = &json::schema<ChargeBody>,
          .successes = {{.description = "The movement and the balance after it",
                         .schema = &json::schema<PostingDto>}},
          .refusals = {Code::INVALID_AMOUNT, Code::TOKEN_NOT_FOUND, Code::TOKEN_EXPIRED, Code::FORBIDDEN,
                       Code::BALANCE_LIMIT_EXCEEDED, Code::IDEMPOTENCY_MISMATCH, Code::STORE_UNAVAILABLE},
          .handler = api::bind(deps, charge, by_owner_who_may_charge, charged_amount, api::with_idempotency),
          .limit_class = http::LimitClass::payment};
}

void history(const WalletDeps& deps, const identity::Caller& caller, PageAt at, http::Reply reply) {
  api::submit_read(deps.query_pool, std::move(reply), [user = caller.user, at](Queries& queries) {
    const auto wallet = queries.wallet(user);
    auto rows = wallet ? queries.history(wallet->id, api::one_more(at)) : std::vector<Posting>{};
    const auto next = api::cut_page(rows, at, [](const Posting& row) { return row.seq; });
    std::vector<HistoryDto> dtos;
    std::transform(rows.begin(), rows.end(), std::back_inserter(dtos), to_dto);
    return http::page(dtos, next);
  });
}

http::Route history_route(const WalletDeps& deps) {
  return {.method = GET,
          .path = "/users/{userId}/balance/history",
          .summary = "Every movement of the balance, newest first",
          .tag = "balance",
          .parameters = api::page_parameters(),
          .successes = {{.description = "A page",
                         .schema = &json::schema<HistoryDto>,
                         .envelope = http::Envelope::page}},
          .refusals = {Code::TOKEN_NOT_FOUND, Code::TOKEN_EXPIRED, Code::FORBIDDEN},
          .handler = api::bind(deps, history, identity::by_owner, api::with_page)};
}

}  // namespace

Result<Won> charged_amount(const api::Source& from) {
  const auto read = api::read_body<ChargeBody>(from.request);
  if (read) return read->amount;
  Refusal refusal = read.error();
  if (std::ranges::find(refusal.details, "amount", &FieldError::path) != refusal.details.end()) {
    refusal.code = Code::INVALID_AMOUNT;
    refusal.message = "The amount must be a whole number of won.";
  }
  return refusal;
}

void submit_charge(Lane& lane, const Charge& order, Idempotency idempotency, http::Reply reply,
                   api::AndThen<Charged> and_then) {
  api::submit(
      lane, LaneClass::wallet, std::move(idempotency),
      [user = order.user](const View& view, Keys& wanted) { want(view.wallets, wanted.wallets, user); },
      [order, and_then = std::move(and_then)](const View& view, BatchContext& context) {
        auto decision = api::with(decide_charge(order, view, context), and_then, context);
        return api::answered(std::move(decision), [](const Charged& charged) {
          const Posting& posting = charged.posting;
          return http::ok(200, PostingDto{posting.id, charged.wallet.user, posting.type, posting.amount,
                                          posting.balance_after, posting.created_at});
        });
      },
      std::move(reply));
}

void add_wallet_routes(http::Router& router, const WalletDeps& deps) {
  for (const auto route : {balance_route, charge_route, history_route}) router.add(route(deps));
}

}  // namespace stagedoor::wallet
