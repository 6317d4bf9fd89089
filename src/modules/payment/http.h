// R-P1, R-P6, R-P8: paying, giving the money back, looking at payments.
#pragma once

#include <functional>
#include <memory>

#include "engine/lane.h"
#include "engine/readers.h"
#include "http/router.h"
#include "modules/identity/identity.h"
#include "modules/payment/model.h"
#include "modules/queue/turn.h"

namespace stagedoor {

// Submits the refund and answers with the reservation. Used for fans and for operators.
void submit_refund(Lane& lane, const Refund& order, Idempotency idempotency, http::Reply reply);

struct PaymentCalls {
  Lane& lane;
  Readers& readers;
  const Identity& identity;
  const Turns& turns;
  const Clock& clock;
  std::function<std::shared_ptr<const Catalogue>()> catalogue;
  Won balance_max;
};
void add_payment_routes(http::Router& router, const PaymentCalls& calls);

}  // namespace stagedoor
