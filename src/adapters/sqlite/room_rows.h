// Reads what is stored of one event's room from an SQLite file.
#pragma once

#include <optional>
#include <string>

#include "adapters/reports/room_record.h"

namespace stagedoor::sqlite {

// One state of the store, in one read transaction; a server may be running. Nothing when there is no such
// event. Throws StoreUnusable when there is no store of this version to read.
std::optional<reports::RoomRecord> read_room_sqlite(const std::string& path, EventId event);

}  // namespace stagedoor::sqlite
