#include "adapters/sqlite/room_rows.h"

#include "adapters/sqlite/database.h"
#include "adapters/sqlite/schema.h"
#include "adapters/sqlite/sqlite_line.h"

namespace stagedoor::sqlite {

std::optional<reports::RoomRecord> read_room_sqlite(const std::string& path, EventId event) {
  Database database(path, OpenFor::reading);
  check_schema(database);
  const ReadTransaction transaction(database);
  SqliteLine line(database);
  return reports::read_room(
      event, line, [&](const sql::Text& query, auto&& row) { Statement(database, query).each({}, row); },
      [&](const sql::Text& query, auto&& row) {
        Statement(database, query).each({{"$event_id", event}}, row);
      });
}

}  // namespace stagedoor::sqlite
