// R-W1 – R-W3: balance, charging, history.
#pragma once

#include "engine/lane.h"
#include "engine/readers.h"
#include "http/router.h"
#include "json/types.h"
#include "modules/identity/identity.h"
#include "modules/wallet/model.h"

namespace stagedoor {

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
};
BOOST_DESCRIBE_STRUCT(ChargeBody, (), (amount))

// The amount of a charge: whatever is wrong with it is INVALID_AMOUNT (R-W5); other faults of the body are
// INVALID_REQUEST.
Result<Won> read_amount(std::string_view body);

// Submits the charge and answers R-W2. Used for fans and for operators.
void submit_charge(Lane& lane, const Charge& order, Idempotency idempotency, http::Reply reply);

struct WalletCalls {
  Lane& lane;
  Readers& readers;
  const Identity& identity;
  Won balance_max;
  bool users_may_charge = true;  // wallet.charge_by
};
void add_wallet_routes(http::Router& router, const WalletCalls& calls);

}  // namespace stagedoor
