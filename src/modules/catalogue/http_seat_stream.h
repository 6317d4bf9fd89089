// R-C5, R-C9: GET /events/properties/{eventDateId}/seats/stream sends the seats of a date as they change.
#pragma once

#include "http/router.h"
#include "modules/catalogue/seat_feed.h"
#include "modules/identity/place_tokens.h"
#include "modules/queue/turn.h"

namespace stagedoor::catalogue {

struct SeatStreamDeps {
  const ReadModel& read_model;
  SeatFeeds& feeds;
  queue::Rooms& rooms;
  const identity::PlaceTokens& tokens;
  const queue::Turns& turns;
  const Clock& clock;
};
// `deps` must outlive the router; the objects it refers to must also outlive the streams.
void add_seat_stream_route(http::Router& router, const SeatStreamDeps& deps);

}  // namespace stagedoor::catalogue
