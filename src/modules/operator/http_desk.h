// What the operators' calls share: the key is checked before anything else, and the routes are told apart by
// file: http_catalogue.cpp changes what is on sale, http_sales.cpp touches seats and money,
// http_queue.cpp the people in the waiting rooms, http_live.cpp only looks.
#pragma once

#include <string>
#include <vector>

#include "modules/operator/http.h"

namespace stagedoor::operators {

// An operator's call that passed the key check.
struct Asked {
  const OperatorCalls& calls;
  const http::Request& request;
  Operator who;
};
using Work = void (*)(const Asked& asked, http::Reply reply);

http::Handler for_role(const OperatorCalls& calls, Role role, Work work);

// The refusals of `for_role`, and more.
std::vector<Code> refusals(std::initializer_list<Code> more);

void add_catalogue_routes(http::Router& router, const OperatorCalls& calls);
void add_sales_routes(http::Router& router, const OperatorCalls& calls);
void add_queue_control_routes(http::Router& router, const OperatorCalls& calls);
void add_live_routes(http::Router& router, const OperatorCalls& calls);

}  // namespace stagedoor::operators
