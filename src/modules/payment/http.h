// R-P1, R-P6, R-P8: paying, refunding, reading payments.
#pragma once

#include <functional>
#include <memory>

#include "api/call.h"
#include "http/router.h"
#include "modules/identity/identity.h"
#include "modules/payment/model.h"
#include "modules/queue/turn.h"

namespace stagedoor::payment {

// Submits the refund of a fan or an operator and answers with the reservation.
void submit_refund(Lane& lane, const Refund& order, Idempotency idempotency, http::Reply reply,
                   api::AndThen<Reservation> and_then = {});

struct PaymentDeps {
  Lane& lane;
  QueryPool& query_pool;
  const identity::Identity& identity;
  const queue::Turns& turns;
  const Clock& clock;
  std::function<std::shared_ptr<const Catalogue>()> catalogue;
  bool users_may_charge = true;  // wallet.charge_by
};
void add_payment_routes(http::Router& router, const PaymentDeps& deps);

}  // namespace stagedoor::payment
