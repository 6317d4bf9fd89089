// The setting http.compat: seven calls of an older ticketing API, in its own spelling, for clients that
// cannot be changed. Each is answered by the calls of this API, so its rules, limits and Idempotency-Keys
// hold. Mode `token` only: two of the calls believe the user id that they are sent.
#pragma once

#include <functional>
#include <memory>

#include "engine/lane.h"
#include "engine/query_pool.h"
#include "http/client_limits.h"
#include "http/router.h"
#include "modules/identity/place_tokens.h"
#include "state/catalogue.h"

namespace stagedoor::compat {

struct CompatDeps {
  const http::Router& router;  // has the routes of all other modules
  Lane& lane;
  QueryPool& query_pool;
  const identity::PlaceTokens& tokens;
  std::function<std::shared_ptr<const Catalogue>()> catalogue;
  Won balance_max;
  bool users_may_charge = true;          // wallet.charge_by
  http::ClientLimits* limits = nullptr;  // null: nobody is limited
};
// `deps` must outlive the router.
void add_compat_routes(http::Router& router, const CompatDeps& deps);

}  // namespace stagedoor::compat
