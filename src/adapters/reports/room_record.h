// Reads all stored rows of one event's room.
#pragma once

#include <optional>
#include <vector>

#include "adapters/tables/catalogue_rows.h"
#include "adapters/tables/rows.h"
#include "ports/line_store.h"
#include "state/room_record.h"

namespace stagedoor::reports {

// Removes the operator actions on other events. An import of several events is logged without an event id,
// and names the events that it changed.
void keep_log_of(EventId event, std::vector<LogRow>& log);

// `each(query, row)`: see read_catalogue(); `each_of_event(query, row)` also binds the query's $event_id.
template <class Each, class EachOfEvent>
std::optional<RoomRecord> read_room(EventId event, LineStore& line, Each&& each,
                                    EachOfEvent&& each_of_event) {
  const Catalogue catalogue = tables::read_catalogue(each);
  if (!catalogue.event(event)) return std::nullopt;
  RoomRecord room{.event = *catalogue.event(event), .rows = {}, .log = {}};
  const auto read = [&](const sql::Text& query, auto& rows) {
    each_of_event(query, [&](auto& columns) { columns >> rows.emplace_back(); });
  };
  room.rows.places.reserve(std::size_t(line.head(event)));
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
