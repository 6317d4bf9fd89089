// R-C1 – R-C4: events, dates and seats, from the rendered pages of the read model.
#pragma once

#include "http/router.h"
#include "modules/catalogue/read_model.h"
#include "modules/identity/place_tokens.h"
#include "modules/queue/turn.h"
#include "ports/clock.h"

namespace stagedoor::catalogue {

struct CatalogueDeps {
  const ReadModel& read_model;
  const identity::PlaceTokens& tokens;
  const queue::Turns& turns;
  const Clock& clock;
};
// `deps` must outlive the router.
void add_catalogue_routes(http::Router& router, const CatalogueDeps& deps);

// The page in the form that the request accepts (R-X7): compressed if accepted, 304 if the client has it.
Answer answer_with(const http::Request& request, const RenderedPage& page);

}  // namespace stagedoor::catalogue
