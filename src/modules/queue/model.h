// The waiting room's decisions: who gets a place, who may come in, whose turn it is.
#pragma once

#include <optional>
#include <span>

#include "core/place_ref.h"
#include "engine/command.h"

namespace stagedoor::queue {

// A first visit from `now` on: active_ttl, but never beyond visit_max (R-Q11).
Visit begin_visit(const LinePlace& place, const QueuePolicy& policy, TimePoint now);
// The same visit, lasting at least until `until` (and never beyond visit_max).
Visit renew_visit(Visit visit, const QueuePolicy& policy, TimePoint until);
// The moment at which a visit's holds must have ended: its absolute cap.
TimePoint visit_cap(const Visit& visit, const QueuePolicy& policy);

// The visit of the place if it is active now. Refusals: WRONG_TOKEN_EVENT (the place is not of `event`),
// WRONG_TOKEN_TURN (no visit yet), TOKEN_EXPIRED, TOKEN_NOT_FOUND (the place is somebody else's: the token is
// of another store).
Result<Visit> active_visit(const View& view, const PlaceRef& place, EventId event, TimePoint now);

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

void join_keys(const Join& order, const View& view, Keys& wanted);

// Visits for places that the room says may come in.
Changes decide_admit(const Event& event, std::span<const LinePlace> places, TimePoint now);

// Whether the event's order is to be drawn at an opening that is still to come.
bool will_be_drawn(const Event& event, TimePoint now);
// Whether the draw stands as the event is now: nothing of it has to be committed (again).
bool is_committed(const Draw* draw, const Event& event);
// Commits to `seed` for the event's opening; where it is committed already but the opening was moved or
// another beacon named, to the same seed for the new one. No changes when there is nothing to do.
Changes decide_commit_draw(const Event& event, const View& view, TimePoint now, std::string seed);
// What was drawn from: the list of joins that the opening closed.
struct ClosedList {
  Place people = 0;
  std::string digest;
};
// No changes when it is not its time, or done.
Changes decide_draw(const Event& event, const ClosedList& list, const View& view, TimePoint now);

struct NameBeacon {
  EventId event;
  std::string value;
};
// The value of the beacon that the event names, once its opening has closed the list. Refusals:
// EVENT_NOT_FOUND; EVENT_NOT_ON_SALE (nothing is to be drawn, no beacon was named, it is too early, or it is
// drawn already).
Decision<Draw> decide_beacon(const NameBeacon& order, const View& view, TimePoint now);

}  // namespace stagedoor::queue
