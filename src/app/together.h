// What calls need where several instances serve one store, before and after their handlers: none is answered
// from a memory that is behind, and none is refused for what only this instance has not heard yet (R-M1).
#pragma once

#include "engine/lane.h"
#include "http/router.h"

namespace stagedoor {

// The lane has heard of everything that was committed at most so long ago, or calls are refused.
inline constexpr Millis kStaleMax{1000};

// The route's handler, so that it
//  - answers STORE_UNAVAILABLE while this instance is behind: paused, or cut off from the store;
//  - ends an event stream when it comes to be behind;
//  - looks again, once the lane has caught up, before a read is refused because a visit has not begun (or has
//    ended): it may have, on another instance, a moment ago.
// The lane must outlive it.
http::Handler together(const http::Route& route, Lane& lane);

}  // namespace stagedoor
