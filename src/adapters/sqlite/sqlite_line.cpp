#include "adapters/sqlite/sqlite_line.h"

#include "adapters/tables/rows.h"
#include "sql/sql.h"

namespace stagedoor::sqlite {

SqliteLine::SqliteLine(Database& database)
    : places_(database, sql::queue::list_places_of_event), head_(database, sql::queue::find_last_place) {}

std::vector<LinePlace> SqliteLine::read(EventId event, Place after, std::size_t limit) {
  std::vector<LinePlace> page;
  places_.each({{"$event_id", event}, {"$after", after}, {"$limit", limit}},
               [&](Columns& columns) { columns >> page.emplace_back(); });
  return page;
}

Place SqliteLine::head(EventId event) {
  Place last = 0;
  head_.each({{"$event_id", event}}, [&](Columns& columns) { columns >> last; });
  return last;
}

}  // namespace stagedoor::sqlite
