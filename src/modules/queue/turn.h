// Whether it is the turn of a place, as far as this instance knows. Who is calling is the job of
// modules/identity.
#pragma once

#include "core/refusal.h"
#include "modules/queue/rooms.h"

namespace stagedoor::queue {

// Any thread. The rooms must outlive it.
class Turns {
 public:
  explicit Turns(const Rooms& rooms) : rooms_(rooms) {}

  // For reads: the place is of a visit to `event` that is active now. Refusals: WRONG_TOKEN_EVENT,
  // TOKEN_NOT_FOUND (the place is somebody else's), WRONG_TOKEN_TURN, TOKEN_EXPIRED.
  Result<void> check(const PlaceRef& place, EventId event) const;

  // Adds where the fan stands to a WRONG_TOKEN_TURN, or makes it TOKEN_EXPIRED when the place was given up.
  // Returns every other refusal as it is.
  Refusal explain(Refusal refusal, const PlaceRef& place) const;

 private:
  const Rooms& rooms_;
};

}  // namespace stagedoor::queue
