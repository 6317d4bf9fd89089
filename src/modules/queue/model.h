// The waiting room's decisions: who gets a place, who may come in, whose turn it is.
#pragma once

#include <optional>
#include <span>

#include "engine/command.h"
#include "modules/queue/token.h"

namespace stagedoor {

// A first visit from `now` on: active_ttl, but never beyond visit_max (R-Q11).
Visit begin_visit(const LinePlace& place, const QueuePolicy& policy, TimePoint now);
// The same visit, lasting at least until `until` (and never beyond visit_max).
Visit renew_visit(Visit visit, const QueuePolicy& policy, TimePoint until);
// The moment at which a visit's holds must have ended: its absolute cap.
TimePoint visit_cap(const Visit& visit, const QueuePolicy& policy);

// The visit of the token if it is its turn now. Refusals: WRONG_TOKEN_EVENT (`event` is another one),
// WRONG_TOKEN_TURN (no visit yet), TOKEN_EXPIRED, TOKEN_NOT_FOUND (the place is somebody else's: the token is
// of another store).
Result<Visit> active_visit(const View& view, const TokenClaims& token, EventId event, TimePoint now);

struct Join {
  EventId event;
  UserId user;
};
struct Joined {
  LinePlace place;
  bool is_new = false;
};
// `current` is the user's place as of the newest commit, `last` the highest place given until then. The view
// knows what this batch has added. Refusals: EVENT_NOT_FOUND, EVENT_NOT_ON_SALE (closed, over, or not yet
// gathering).
Decision<Joined> decide_join(const Join& order, const View& view, TimePoint now,
                             const std::optional<LinePlace>& current, Place last);

// Visits for places that the room says may come in.
Changes decide_admit(const Event& event, std::span<const LinePlace> places, TimePoint now);

}  // namespace stagedoor
