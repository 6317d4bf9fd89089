// Names a place in an event's line and its owner.
#pragma once

#include "core/ids.h"
#include "core/uuid.h"

namespace stagedoor {

struct PlaceRef {
  EventId event;
  Place place = 0;
  UserId user;

  bool operator==(const PlaceRef&) const = default;
};

}  // namespace stagedoor
