// The waiting room's decisions: places, admissions, turns.
#pragma once

#include <optional>
#include <span>

#include "core/place_ref.h"
#include "engine/command.h"
#include "modules/queue/room.h"

namespace stagedoor::queue {

// A new visit from `now` on: lasts active_ttl, but never longer than visit_max (R-Q11).
Visit begin_visit(const LinePlace& place, const QueuePolicy& policy, TimePoint now);
// The visit, extended to at least `until`, but never beyond visit_max.
Visit renew_visit(Visit visit, const QueuePolicy& policy, TimePoint until);
// The absolute end of a visit, by which its holds must have expired.
TimePoint visit_cap(const Visit& visit, const QueuePolicy& policy);

// The visit of the place if it is active now. Refusals: WRONG_TOKEN_EVENT (the place is not of `event`),
// WRONG_TOKEN_TURN (no visit yet), TOKEN_EXPIRED, TOKEN_NOT_FOUND (the place belongs to another user, because
// the token is from another store).
Result<Visit> active_visit(const View& view, const PlaceRef& place, EventId event, TimePoint now);

struct Join {
  EventId event;
  UserId user;
  std::int64_t places_per_hour = 0;  // that the user may take (R-A2); 0: any number
};
// Time in which places_per_hour counts.
inline constexpr Millis kRecent{3'600'000};
struct Joined {
  LinePlace place;
  bool is_new = false;
};
// `current` is the user's place as of the newest commit, `last` the highest place given until then. The view
// has the additions of this batch. Refusals: EVENT_NOT_FOUND, EVENT_NOT_ON_SALE (closed, over, or not yet
// gathering), RATE_LIMITED, OVERLOADED (all places_max places are given, R-A3).
Decision<Joined> decide_join(const Join& order, const View& view, TimePoint now,
                             const std::optional<LinePlace>& current, Place last,
                             const RecentPlaces& recent = {});

// The same for whoever keeps the changes. `in_batch`: the user's newest place that this batch gave or gave
// up, nullptr if it has none; `last`: the highest place given, by this batch too. Asks the view for nothing
// of the line.
Result<Joined> place_of_join(const Join& order, const View& view, TimePoint now, const LinePlace* in_batch,
                             const std::optional<LinePlace>& current, Place last,
                             const RecentPlaces& recent = {});

void join_keys(const Join& order, const View& view, Keys& wanted);

// Visits for the places that the room admits, and one event for all of them. The view needs its queue_key().
Changes decide_admit(const Event& event, std::span<const LinePlace> places, const View& view,
                     BatchContext& context);

// True if the event's order will be drawn at a future opening.
bool will_be_drawn(const Event& event, TimePoint now);
// True if the event needs a commitment, or its commitment has to follow the event: the opening was moved or
// the beacon's source was changed. `draw`: nullptr if there is none yet.
bool wants_commitment(const Event& event, const Draw* draw, TimePoint now);
// Commits to `seed`, or lets the existing draw follow the event, with the same seed. An opening in the past
// means now. No changes if there is nothing to do.
// The view needs the draw and its draw_key().
Changes decide_commit_draw(const Event& event, const View& view, BatchContext& context, std::string seed);
// The input of the draw: the list of joins that the opening closed.
struct ClosedList {
  Place people = 0;
  std::string digest;
};
// No changes if it is not due or already done. The view needs the draw and its draw_key().
Changes decide_draw(const Event& event, const ClosedList& list, const View& view, BatchContext& context);

// Time between the publication of a moved opening and the opening, without a beacon.
inline constexpr Millis kNoticeOfMove{60'000};
// For an event that people have joined: refuses to change what they rely on (R-Q13), which is the kind of the
// order, the source of the beacon, and the opening without notice. Refusal: DRAW_FIXED.
Result<void> check_draw_is_kept(const Event& before, const Event& after, const Draw* draw, TimePoint now);

struct NameBeacon {
  EventId event;
  std::string value;
};
// Sets the value of the event's beacon, after the opening has closed the list. Refusals: EVENT_NOT_FOUND;
// EVENT_NOT_ON_SALE (nothing is to be drawn, no beacon was named, it is too early, or it is drawn already).
Decision<Draw> decide_beacon(const NameBeacon& order, const View& view, TimePoint now);

}  // namespace stagedoor::queue
