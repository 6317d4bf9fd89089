#include "adapters/postgres/postgres_line.h"

#include "adapters/tables/rows.h"
#include "sql/sql.h"

namespace stagedoor::postgres {

std::vector<LinePlace> PostgresLine::read(EventId event, Place after, std::size_t limit) {
  std::vector<LinePlace> page;
  connection_.stream(sql::queue::list_places_of_event,
                     {{"$event_id", event}, {"$after", after}, {"$limit", limit}},
                     [&](Columns& columns) { columns >> page.emplace_back(); });
  return page;
}

Place PostgresLine::head(EventId event) {
  Place last = 0;
  connection_.stream(sql::queue::find_last_place, {{"$event_id", event}},
                     [&](Columns& columns) { columns >> last; });
  return last;
}

}  // namespace stagedoor::postgres
