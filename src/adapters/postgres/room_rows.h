// Reads what is stored of one event's room from a PostgreSQL database.
#pragma once

#include <optional>
#include <string>

#include "adapters/reports/room_record.h"

namespace stagedoor::postgres {

// One state of the store, in one read transaction; servers may be running. Nothing when there is no such
// event. Throws StoreUnusable when there is no store of this version to read, StoreUnavailable when the
// database cannot be reached.
std::optional<reports::RoomRecord> read_room_postgres(const std::string& url, EventId event);

}  // namespace stagedoor::postgres
