// The poll rate of fans (R-Q15): the advice in every answer, and the limit that follows from it. Pure.
#pragma once

#include <cstdint>

#include "core/ids.h"
#include "modules/queue/standing.h"
#include "state/catalogue.h"

namespace stagedoor::queue {

// A pseudo-random number in [0, 1) from place and position, so that an unchanged answer stays identical to
// the byte.
double jitter(Place place, std::uint32_t position);

// The advised wait until the next poll: a tenth of the expected wait, so shorter near the front, with jitter.
// Short enough that a fan who follows the advice never counts as absent. `event` is nullptr for an event that
// this instance does not know yet.
Millis poll_after(const Standing& standing, const Estimate& estimate, Place place, const Event* event,
                  TimePoint now);

// The remaining polls of one fan: at most kPollBurst, plus one per half of the advised wait.
inline constexpr float kPollBurst = 5;
struct PollBucket {
  std::uint32_t at = 0;  // in ticks of 10 ms
  float left = kPollBurst;
};
// Takes a poll from the bucket; returns false if none is left. A refused poll costs nothing.
bool may_poll(PollBucket& bucket, std::uint32_t now, Millis advised);

}  // namespace stagedoor::queue
