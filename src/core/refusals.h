// Refusals that more than one place gives: each has one text here. Those of a single rule stand beside it.
#pragma once

#include <string>
#include <string_view>

#include "core/failure.h"
#include "core/ids.h"

namespace stagedoor {

Failure refuse(Code code, std::string message);
// INVALID_REQUEST because of one member of the body, the path or the query: "seatIds must name a seat".
Failure invalid(std::string_view path, std::string message);

Failure unknown_event(EventId id);
Failure unknown_date(DateId id);
Failure unknown_reservation();
Failure unknown_token();  // authentic, but of no place in this queue

// `what`: "reservation", "payment", "user".
Failure not_yours(std::string_view what);

Failure wrong_event();
Failure not_your_turn();
Failure visit_is_over();

Failure overloaded();
Failure store_unavailable();

}  // namespace stagedoor
