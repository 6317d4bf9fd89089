// Wraps the routes of an instance that shares its store with others (R-M1): no call is answered from stale
// memory, and no read is refused because this instance has not synced yet.
#pragma once

#include "engine/lane.h"
#include "http/router.h"

namespace stagedoor {

// Calls are refused if the last sync with the store is older.
inline constexpr Millis kStaleMax{1000};

// Returns the route's handler, changed in three ways:
//  - it answers STORE_UNAVAILABLE while this instance is stale, because it was paused or cannot reach the
//  store;
//  - an event stream ends when the instance becomes stale;
//  - a read that is refused because a visit has not begun or has ended is read again after the next sync: the
//    visit may have begun on another instance. All that wait share one sync, which is no command of the lane.
// A route that shows staleness stays as it is.
// The lane must outlive the handler.
http::Handler with_staleness_guard(const http::Route& route, Lane& lane);

}  // namespace stagedoor
