#include "adapters/postgres/room_rows.h"

#include "adapters/postgres/postgres_line.h"
#include "adapters/postgres/reading.h"
#include "adapters/postgres/schema.h"

namespace stagedoor::postgres {

std::optional<RoomRecord> read_room_postgres(const std::string& url, EventId event,
                                             const reports::OpenLine& open_line) {
  Connection connection({.url = url});
  check_schema(connection);
  begin_reading(connection);
  const auto each = [&](const sql::Text& query, auto&& row) { connection.stream(query, {}, row); };
  PostgresLine line(connection);
  const auto elsewhere = reports::line_elsewhere(open_line, each);
  return reports::read_room(event, elsewhere ? *elsewhere : line, each,
                            [&](const sql::Text& query, auto&& row) {
                              connection.stream(query, {{"$event_id", event}}, row);
                            });
}

}  // namespace stagedoor::postgres
