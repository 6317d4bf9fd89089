// R-C1 – R-C4, R-C9, R-C10: events, dates and seats, from the rendered pages of the read model.
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

}  // namespace stagedoor::catalogue
