// The catalogue read from its tables: events, dates, sections, categories, seats, layouts.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "adapters/tables/policy_json.h"
#include "ports/store_errors.h"
#include "sql/sql.h"

namespace stagedoor::tables {

// `each(query, row)` runs the query and calls row(columns) for each of its rows; all queries must read one
// snapshot of the store. Throws std::exception if the stored rows are not a valid catalogue.
template <class Each>
Catalogue read_catalogue(Each&& each) {
  Catalogue catalogue;
  each(sql::catalogue::list_events, [&](auto& columns) {
    auto event = std::make_shared<Event>();
    std::string queue;
    std::string policy;
    columns >> event->id >> event->name >> event->performer >> event->venue >> event->on_sale.from >>
        event->on_sale.until >> queue >> policy >> event->closed >> event->paused >> event->created_at >>
        event->updated_at >> event->paused_since >> event->paused_text;
    read_json_text(queue, event->queue);
    read_json_text(policy, event->policy);
    catalogue.events.emplace(event->id, std::move(event));
  });
  each(sql::catalogue::list_layouts, [&](auto& columns) {
    std::string name;
    std::string definition;
    columns >> name >> definition;
    read_json_text(definition, catalogue.layouts[name]);
  });

  std::map<DateId, std::shared_ptr<EventDate>> dates;
  std::map<DateId, std::size_t> seat_counts;
  each(sql::catalogue::list_dates, [&](auto& columns) {
    auto date = std::make_shared<EventDate>();
    std::size_t seat_count = 0;
    columns >> date->id >> date->event >> date->starts_at >> date->booking.from >> date->booking.until >>
        date->layout >> date->first_seat >> seat_count >> date->created_at >> date->updated_at >>
        date->deleted_at;
    seat_counts[date->id] = seat_count;
    date->seats.reserve(seat_count);
    dates.emplace(date->id, std::move(date));
  });
  each(sql::catalogue::list_sections, [&](auto& columns) {
    DateId date;
    std::string name;
    columns >> date >> name;
    dates.at(date)->sections.push_back(std::move(name));
  });
  each(sql::catalogue::list_categories, [&](auto& columns) {
    DateId date;
    Category category;
    columns >> date >> category.id >> category.name >> category.price;
    dates.at(date)->categories.push_back(std::move(category));
  });
  EventDate* date = nullptr;  // of the previous seat
  each(sql::catalogue::list_seats, [&](auto& columns) {
    DateId of;
    Seat seat;
    columns >> of >> seat.number >> seat.number_in_row >> seat.section >> seat.row >> seat.category;
    if (!date || date->id != of) date = dates.at(of).get();
    date->seats.push_back(seat);
  });
  for (auto& [id, read] : dates) {
    if (read->seats.size() != seat_counts.at(id))
      throw StoreUnusable("the store lacks seats of date " + std::to_string(id.value));
    catalogue.dates_by_first_seat.emplace(read->first_seat, id);
    catalogue.dates.emplace(id, std::move(read));
  }
  return catalogue;
}

}  // namespace stagedoor::tables
