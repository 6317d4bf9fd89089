// Reads the stored rows of one event's room from a PostgreSQL database.
#pragma once

#include <optional>
#include <string>

#include "adapters/reports/line_elsewhere.h"
#include "adapters/reports/room_record.h"

namespace stagedoor::postgres {

// `open_line`: where the line is. Reads one snapshot of the store, in one read transaction; servers may be
// running. nullopt: no such event. Throws StoreUnusable if there is no store of this version,
// StoreUnavailable if the database cannot be reached.
std::optional<RoomRecord> read_room_postgres(const std::string& url, EventId event,
                                             const reports::OpenLine& open_line = {});

}  // namespace stagedoor::postgres
