// All that is stored of one event's room, for judging a sale afterwards (R-Q17).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/catalogue.h"
#include "engine/rows.h"

namespace stagedoor {

struct RoomRecord {
  Event event;
  RoomRows rows;
  std::vector<LogRow> log;  // what operators did to the event, oldest first
};

// One state of the store, in one read transaction; a server may be running. Nothing when there is no such
// event. Throws StoreUnusable when there is no store of this version to read.
std::optional<RoomRecord> read_room(const std::string& path, EventId event);

}  // namespace stagedoor
