#include "modules/wallet/http.h"

#include <fmt/format.h>

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
  json::Omitted<std::string> reason;  // of a refund because the date was cancelled
};
BOOST_DESCRIBE_STRUCT(HistoryDto, (), (id, type, amount, balanceAfter, reservationId, createdAt, reason))

namespace {

using enum http::Method;

HistoryDto to_dto(const Posting& posting, Queries& queries, const Catalogue& catalogue) {
  HistoryDto dto{posting.id, posting.type, posting.amount, posting.balance_after, {}, posting.created_at, {}};
  if (posting.reservation) dto.reservationId.emplace(posting.reservation);
  if (posting.type != PostingType::REFUND || catalogue.cancellations.empty()) return dto;
  const auto refunded = queries.reservation(posting.reservation);
  const auto* cancellation = refunded ? catalogue.cancellation(refunded->date) : nullptr;
  if (cancellation && posting.created_at > cancellation->begun_at) dto.reason = cancellation->reason;
  return dto;
}

void balance(const WalletDeps& deps, const identity::Caller&, UserId user, http::Reply reply) {
  api::submit_read(deps.query_pool, std::move(reply), [user](Queries& queries) {
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
          .id = "getBalance",
          .summary = "The user's balance",
          .tag = "balance",
          .successes = {{.description = "The balance; for an unknown user 0 and no id",
                         .schema = &json::schema<BalanceDto>}},
          .refusals = {Code::FORBIDDEN},
          .handler = api::bind(deps, balance, identity::by_caller, api::with_owner)};
}

constexpr auto by_caller_who_may_charge = identity::by<http::Access::user>(
    [](const WalletDeps& deps, const http::Request& request) -> Result<identity::Caller> {
      auto caller = identity::by_caller(deps, request);
      if (caller && !deps.users_may_charge)
        return refuse(Code::FORBIDDEN, "Only an operator can charge a balance.");
      return caller;
    });

void charge(const WalletDeps& deps, const identity::Caller&, UserId user, Won amount, Idempotency idempotency,
            http::Reply reply) {
  submit_charge(deps.lane, {user, amount, deps.balance_max}, std::move(idempotency), std::move(reply));
}

http::Route charge_route(const WalletDeps& deps) {
  return {.method = PUT,
          .path = "/users/{userId}/balance/charge",
          .id = "chargeBalance",
          .summary = "Charge the balance",
          .tag = "balance",
          .body = &json::schema<ChargeBody>,
          .examples = {{"charge", R"({"amount":110000})"}},
          .successes = {{.description = "The movement and the balance after it",
                         .schema = &json::schema<PostingDto>}},
          .refusals = {Code::INVALID_AMOUNT, Code::FORBIDDEN, Code::BALANCE_LIMIT_EXCEEDED},
          .handler = api::bind(deps, charge, by_caller_who_may_charge, api::with_owner,
                               with_amount(deps.balance_max), api::with_idempotency),
          .limit_class = http::LimitClass::payment};
}

void history(const WalletDeps& deps, const identity::Caller&, UserId user, PageAt at, http::Reply reply) {
  api::submit_read(deps.query_pool, std::move(reply), [user, at, &deps](Queries& queries) {
    const auto wallet = queries.wallet(user);
    const auto catalogue = deps.catalogue();
    auto rows = wallet ? queries.history(wallet->id, api::one_more(at)) : std::vector<Posting>{};
    const auto next = api::cut_page(rows, at, [](const Posting& row) { return row.seq; });
    std::vector<HistoryDto> dtos;
    for (const auto& row : rows) dtos.push_back(to_dto(row, queries, *catalogue));
    return http::page(dtos, next);
  });
}

http::Route history_route(const WalletDeps& deps) {
  return {.method = GET,
          .path = "/users/{userId}/balance/history",
          .id = "listBalanceHistory",
          .summary = "Every movement of the balance, newest first",
          .tag = "balance",
          .successes = {{.description = "A page",
                         .schema = &json::schema<HistoryDto>,
                         .envelope = http::Envelope::page}},
          .refusals = {Code::FORBIDDEN},
          .handler = api::bind(deps, history, identity::by_caller, api::with_owner, api::with_page)};
}

}  // namespace

Result<Won> AmountInBody::operator()(const api::Source& from) const {
  bool is_wrong = false;
  const auto read =
      api::read_body<ChargeBody>(from.request, [&](const ChargeBody& body, json::FieldErrors& errors) {
        is_wrong = body.amount < Won{1} || body.amount > balance_max;
        if (is_wrong) errors.add("amount", fmt::format("must be from 1 to {}", balance_max.amount));
      });
  if (read) return read->amount;
  Refusal refusal = read.error();
  if (is_wrong) {
    refusal.code = Code::INVALID_AMOUNT;
    refusal.message =
        fmt::format("The amount must be a whole number of won from 1 to {}.", balance_max.amount);
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
