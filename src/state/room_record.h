// All stored rows of one event's room, to judge a sale afterwards (R-Q17).
#pragma once

#include <vector>

#include "state/catalogue.h"
#include "state/rows/audit_log.h"
#include "state/rows/waiting_room.h"

namespace stagedoor {

struct RoomRecord {
  Event event;
  RoomRows rows;
  std::vector<LogRow> log;  // operator actions on the event, oldest first
};

}  // namespace stagedoor
