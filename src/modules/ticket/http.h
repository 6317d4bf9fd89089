// R-P7, R-P9: tickets of fans, and what gates ask.
#pragma once

#include <functional>
#include <memory>

#include "engine/lane.h"
#include "engine/query_pool.h"
#include "http/router.h"
#include "modules/identity/identity.h"
#include "modules/identity/operator_keys.h"
#include "modules/ticket/keys.h"
#include "ports/clock.h"

namespace stagedoor::ticket {

struct TicketDeps {
  Lane& lane;
  QueryPool& query_pool;
  const identity::Identity& identity;
  const identity::OperatorKeys& keys;
  const TicketKeys& ticket_keys;
  const Clock& clock;
  std::function<std::shared_ptr<const Catalogue>()> catalogue;
};
// `deps` must outlive the router.
void add_ticket_routes(http::Router& router, const TicketDeps& deps);  // http.cpp
void add_gate_routes(http::Router& router, const TicketDeps& deps);    // http_gate.cpp

}  // namespace stagedoor::ticket
