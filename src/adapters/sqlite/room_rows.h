// Reads the stored rows of one event's room from an SQLite file.
#pragma once

#include <optional>
#include <string>

#include "adapters/reports/line_elsewhere.h"
#include "adapters/reports/room_record.h"

namespace stagedoor::sqlite {

// `open_line`: where the line is. Reads one snapshot of the store, in one read transaction; a server may be
// running. nullopt: no such event. Throws StoreUnusable if there is no store of this version.
std::optional<RoomRecord> read_room_sqlite(const std::string& path, EventId event,
                                           const reports::OpenLine& open_line = {});

}  // namespace stagedoor::sqlite
