// R-C5: GET /events/properties/{eventDateId}/seats/stream tells the seats of a date as they change.
#pragma once

#include "http/router.h"
#include "modules/catalog/seat_feed.h"
#include "modules/queue/gate.h"

namespace stagedoor::catalog {

struct SeatStreamCalls {
  const Shelf& shelf;
  SeatFeeds& feeds;
  Rooms& rooms;
  const Gate& gate;
  const Clock& clock;
};
// `calls` must outlive the router, what it names also the streams.
void add_seat_stream_route(http::Router& router, const SeatStreamCalls& calls);

}  // namespace stagedoor::catalog
