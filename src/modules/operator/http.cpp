#include "modules/operator/http.h"

#include "http/problem.h"
#include "modules/operator/http_desk.h"

namespace stagedoor::operators {

http::Handler for_role(const OperatorCalls& calls, Role role, Work work) {
  return [&calls, role, work](const http::Request& request, http::Reply reply) {
    auto who = calls.keys.check(request.header("Authorization"), role);
    if (!who) return reply(http::problem(who.error()));
    work({calls, request, std::move(*who)}, std::move(reply));
  };
}

std::vector<Code> refusals(std::initializer_list<Code> more) {
  std::vector<Code> codes{Code::ADMIN_KEY_INVALID, Code::FORBIDDEN};
  codes.insert(codes.end(), more);
  return codes;
}

void add_operator_routes(http::Router& router, const OperatorCalls& calls) {
  add_catalogue_routes(router, calls);
  add_sales_routes(router, calls);
  add_queue_control_routes(router, calls);
  add_live_routes(router, calls);
}

}  // namespace stagedoor::operators
