// Code shared by the operators' calls. http_catalogue.cpp and http_dates.cpp change the catalogue
// (http_edit.h), http_sales.cpp seats and money, http_queue.cpp the waiting rooms; http_live.cpp,
// http_find.cpp, http_export.cpp and http_fairness.cpp only read;
// http_identity.cpp lists operator keys and revokes tokens,
// http_clock.cpp accepts a wall clock, http_sinks.cpp is about the sinks of events,
// with http_parked.cpp and http_dead_letters.cpp.
#pragma once

#include "api/bind.h"
#include "api/call.h"
#include "modules/identity/who_asks.h"
#include "modules/operator/http.h"

namespace stagedoor::operators {

// Adds what all routes share: the tag, and the class of limits.
http::Route operator_route(http::Route route);

void add_catalogue_routes(http::Router& router, const OperatorDeps& deps);
void add_date_routes(http::Router& router, const OperatorDeps& deps);
void add_sales_routes(http::Router& router, const OperatorDeps& deps);
void add_queue_control_routes(http::Router& router, const OperatorDeps& deps);
void add_live_routes(http::Router& router, const OperatorDeps& deps);
void add_find_routes(http::Router& router, const OperatorDeps& deps);
void add_export_routes(http::Router& router, const OperatorDeps& deps);
void add_fairness_route(http::Router& router, const OperatorDeps& deps);
void add_clock_routes(http::Router& router, const OperatorDeps& deps);
void add_sink_routes(http::Router& router, const OperatorDeps& deps);
void add_identity_routes(http::Router& router, const OperatorDeps& deps);

}  // namespace stagedoor::operators
