#include "adapters/sqlite/room_rows.h"

#include "adapters/sqlite/database.h"
#include "adapters/sqlite/schema.h"
#include "adapters/sqlite/sqlite_line.h"

namespace stagedoor::sqlite {

std::optional<RoomRecord> read_room_sqlite(const std::string& path, EventId event,
                                           const reports::OpenLine& open_line) {
  Database database(path, OpenFor::reading);
  check_schema(database);
  const ReadTransaction transaction(database);
  const auto each = [&](const sql::Text& query, auto&& row) { Statement(database, query).each({}, row); };
  SqliteLine line(database);
  const auto elsewhere = reports::line_elsewhere(open_line, each);
  return reports::read_room(event, elsewhere ? *elsewhere : line, each,
                            [&](const sql::Text& query, auto&& row) {
                              Statement(database, query).each({{"$event_id", event}}, row);
                            });
}

}  // namespace stagedoor::sqlite
