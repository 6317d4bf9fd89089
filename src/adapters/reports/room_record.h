// All that is stored of one event's room, for judging a sale afterwards (R-Q17).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/tables/catalogue_rows.h"
#include "adapters/tables/rows.h"
#include "ports/line_store.h"
#include "state/rows/audit_log.h"
#include "state/rows/waiting_room.h"

namespace stagedoor::reports {

struct RoomRecord {
  Event event;
  RoomRows rows;
  std::vector<LogRow> log;  // what operators did to the event, oldest first
};

// Takes out what operators did to other events. An import of several is logged under none of them, and names
// those that it changed.
void keep_log_of(EventId event, std::vector<LogRow>& log);

// `each(query, row)` as of read_catalogue(); `each_of_event(query, row)` gives the query its $event_id.
template <class Each, class EachOfEvent>
std::optional<RoomRecord> read_room(EventId event, LineStore& line, Each&& each,
                                    EachOfEvent&& each_of_event) {
  const Catalogue catalogue = tables::read_catalogue(each);
  if (!catalogue.event(event)) return std::nullopt;
  RoomRecord room{.event = *catalogue.event(event), .rows = {}, .log = {}};
  const auto read = [&](const sql::Text& query, auto& rows) {
    each_of_event(query, [&](auto& columns) { columns >> rows.emplace_back(); });
  };
  for_each_place(line, event, [&](const LinePlace& place) { room.rows.places.push_back(place); });
  read(sql::queue::find_visits_of_event, room.rows.visits);
  read(sql::queue::find_absences_of_event, room.rows.absences);
  read(sql::queue::find_priority_of_event, room.rows.priority);
  std::vector<Draw> draws;
  read(sql::queue::find_draw, draws);
  if (!draws.empty()) room.rows.draw = std::move(draws.front());
  read(sql::operator_::find_log_of_event, room.log);
  keep_log_of(event, room.log);
  return room;
}

}  // namespace stagedoor::reports
