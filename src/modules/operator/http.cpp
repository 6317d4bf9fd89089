#include "modules/operator/http.h"

#include "modules/operator/http_common.h"

namespace stagedoor::operators {

http::Route operator_route(http::Route route) {
  route.tag = "operators";
  route.limit_class = http::LimitClass::operation;
  return route;
}

void add_operator_routes(http::Router& router, const OperatorDeps& deps) {
  add_catalogue_routes(router, deps);
  add_sales_routes(router, deps);
  add_queue_control_routes(router, deps);
  add_live_routes(router, deps);
  add_find_routes(router, deps);
  add_export_routes(router, deps);
  add_fairness_route(router, deps);
  add_clock_routes(router, deps);
  add_sink_routes(router, deps);
  add_identity_routes(router, deps);
}

}  // namespace stagedoor::operators
