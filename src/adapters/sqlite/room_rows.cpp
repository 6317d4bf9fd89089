#include "adapters/sqlite/room_rows.h"

#include <fmt/format.h>

#include "adapters/sqlite/catalogue_tables.h"
#include "adapters/sqlite/rows.h"
#include "adapters/sqlite/schema.h"

namespace stagedoor {
namespace {

template <class Row>
std::vector<Row> rows_of(Database& database, const sql::Text& query, EventId event) {
  std::vector<Row> rows;
  Statement(database, query).each({{"$event_id", event}}, [&](Columns& columns) {
    columns >> rows.emplace_back();
  });
  return rows;
}

}  // namespace

std::optional<RoomRecord> read_room(const std::string& path, EventId event) {
  Database database(path, OpenFor::reading);
  check_schema(database);
  const ReadTransaction transaction(database);
  const Catalogue catalogue = read_catalogue(database);
  if (!catalogue.event(event)) return std::nullopt;
  RoomRecord room{.event = *catalogue.event(event), .rows = {}, .log = {}};
  room.rows.places = rows_of<LinePlace>(database, sql::queue::find_places_of_event, event);
  room.rows.visits = rows_of<Visit>(database, sql::queue::find_visits_of_event, event);
  room.rows.absences = rows_of<PlaceBits>(database, sql::queue::find_absences_of_event, event);
  room.rows.priority = rows_of<PriorityUser>(database, sql::queue::find_priority_of_event, event);
  for (auto& draw : rows_of<Draw>(database, sql::queue::find_draw, event)) room.rows.draw = std::move(draw);
  room.log = rows_of<LogRow>(database, sql::operator_::find_log_of_event, event);
  // An import of several events is logged under none of them, and names those that it changed.
  const std::string name = fmt::format("\"event {} ", event.value);
  std::erase_if(room.log, [&](const LogRow& row) {
    return row.event != event && row.detail.find(name) == std::string::npos;
  });
  return room;
}

}  // namespace stagedoor
