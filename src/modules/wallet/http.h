// R-W1 – R-W3: balance, charging, history.
#pragma once

#include <functional>
#include <memory>

#include "api/bind.h"
#include "api/call.h"
#include "http/router.h"
#include "json/types.h"
#include "modules/identity/identity.h"
#include "modules/wallet/model.h"

namespace stagedoor::wallet {

struct PostingDto {
  PostingId id;
  UserId userId;
  PostingType type = PostingType::CHARGE;
  Won amount;
  Won balance;
  TimePoint createdAt{};
};
BOOST_DESCRIBE_STRUCT(PostingDto, (), (id, userId, type, amount, balance, createdAt))

struct ChargeBody {
  Won amount;

  static void refine(boost::json::object& properties) { properties["amount"].as_object()["minimum"] = 1; }
};
BOOST_DESCRIBE_STRUCT(ChargeBody, (), (amount))

// The amount of a charge, from 1 to `balance_max`. Every error in it is INVALID_AMOUNT (R-W5), with the other
// errors of the body; these alone are INVALID_REQUEST.
struct AmountInBody {
  Won balance_max;
  Result<Won> operator()(const api::Source& from) const;
};
inline AmountInBody with_amount(Won balance_max) { return {balance_max}; }

// Submits the charge of a fan or an operator and answers R-W2.
void submit_charge(Lane& lane, const Charge& order, Idempotency idempotency, http::Reply reply,
                   api::AndThen<Charged> and_then = {});

struct WalletDeps {
  Lane& lane;
  QueryPool& query_pool;
  const identity::Identity& identity;
  std::function<std::shared_ptr<const Catalogue>()> catalogue;
  Won balance_max;
  bool users_may_charge = true;  // wallet.charge_by
};
void add_wallet_routes(http::Router& router, const WalletDeps& deps);

}  // namespace stagedoor::wallet
