// Refusals that more than one place gives: each has one text here. Those of a single rule stand beside it.
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
Refusal unknown_token();  // authentic, but of no place in this queue

// `what`: "reservation", "payment", "user".
Refusal not_yours(std::string_view what);

Refusal wrong_event();
Refusal not_your_turn();
Refusal visit_is_over();

Refusal overloaded();
Refusal store_unavailable();

}  // namespace stagedoor
