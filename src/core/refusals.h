// Refusals that are used in more than one place, so that each has one text. Refusals of a single rule are
// beside that rule.
#pragma once

#include <string>
#include <string_view>

#include "core/ids.h"
#include "core/refusal.h"

namespace stagedoor {

Refusal refuse(Code code, std::string message);
// INVALID_REQUEST because of one member of the body, the path or the query: "seatIds must name a seat".
Refusal invalid(std::string_view path, std::string message);

Refusal unknown_event(EventId id);
Refusal unknown_date(DateId id);
Refusal unknown_reservation();
Refusal unknown_token();  // authentic, but without a place in this queue

// `what`: "reservation", "payment", "user".
Refusal not_yours(std::string_view what);

Refusal wrong_event();
Refusal not_your_turn();
Refusal visit_is_over();

Refusal overloaded();
Refusal store_unavailable();

}  // namespace stagedoor
