// How often a fan may ask where they stand (R-Q15): the advice that every answer gives, and the limit that it
// sets. Pure.
#pragma once

#include <cstdint>

#include "core/ids.h"
#include "modules/queue/standing.h"
#include "state/catalogue.h"

namespace stagedoor::queue {

// A number in [0, 1), the same for the same place and position, so that an unchanged answer stays the same to
// the byte.
double jitter(Place place, std::uint32_t position);

// The wait until the next poll that a fan is advised: a tenth of the expected wait, so more often near the
// front, with jitter. Never so long that a fan who follows the advice would count as absent. `event` is
// nullptr for an event that this instance does not know yet.
Millis poll_after(const Standing& standing, const Estimate& estimate, Place place, const Event* event,
                  TimePoint now);

// The polls that one fan has left: at most kPollBurst, one more in every half of the advised wait.
inline constexpr float kPollBurst = 5;
struct PollBucket {
  std::uint32_t at = 0;  // in ticks of 10 ms
  float left = kPollBurst;
};
// Takes a poll from the bucket, or answers false when none is left; a refused poll costs nothing.
bool may_poll(PollBucket& bucket, std::uint32_t now, Millis advised);

}  // namespace stagedoor::queue
