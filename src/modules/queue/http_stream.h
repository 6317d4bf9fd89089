// R-Q3: GET /queue/stream sends a fan's standing as it changes.
#pragma once

#include "http/router.h"
#include "modules/identity/place_tokens.h"
#include "modules/queue/rooms.h"
#include "modules/queue/stock.h"

namespace stagedoor::queue {

struct QueueStreamDeps {
  Rooms& rooms;
  const identity::PlaceTokens& tokens;
  const Clock& clock;
  StockOf stock;
};
// `deps` must outlive the router; the objects it refers to must also outlive the streams.
void add_queue_stream_route(http::Router& router, const QueueStreamDeps& deps);

// The parameters of every event stream.
std::vector<http::Parameter> stream_parameters();

}  // namespace stagedoor::queue
