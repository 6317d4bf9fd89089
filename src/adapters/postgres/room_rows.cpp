#include "adapters/postgres/room_rows.h"

#include "adapters/postgres/postgres_line.h"
#include "adapters/postgres/reading.h"
#include "adapters/postgres/schema.h"

namespace stagedoor::postgres {

std::optional<reports::RoomRecord> read_room_postgres(const std::string& url, EventId event) {
  Connection connection({.url = url});
  check_schema(connection);
  begin_reading(connection);
  PostgresLine line(connection);
  return reports::read_room(
      event, line, [&](const sql::Text& query, auto&& row) { connection.stream(query, {}, row); },
      [&](const sql::Text& query, auto&& row) {
        connection.stream(query, {{"$event_id", event}}, row);
      });
}

}  // namespace stagedoor::postgres
