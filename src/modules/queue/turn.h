// Checks whether it is the turn of a place, as far as this instance knows. The caller's identity:
// modules/identity.
#pragma once

#include "core/refusal.h"
#include "modules/queue/rooms.h"

namespace stagedoor::queue {

// Any thread. The rooms must outlive it.
class Turns {
 public:
  explicit Turns(const Rooms& rooms) : rooms_(rooms) {}

  // For reads: requires that the place has an active visit to `event`. Refusals: WRONG_TOKEN_EVENT,
  // TOKEN_NOT_FOUND (the place belongs to another user), WRONG_TOKEN_TURN, TOKEN_EXPIRED.
  Result<void> check(const PlaceRef& place, EventId event) const;

  // Adds the fan's standing to a WRONG_TOKEN_TURN, or turns it into TOKEN_EXPIRED if the place was given up.
  // Returns every other refusal unchanged.
  Refusal explain(Refusal refusal, const PlaceRef& place) const;

 private:
  const Rooms& rooms_;
};

}  // namespace stagedoor::queue
