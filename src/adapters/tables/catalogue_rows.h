// The catalogue read from its tables: events, dates, sections, categories, seats, layouts, imports.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "adapters/tables/policy_json.h"
#include "adapters/tables/rows.h"
#include "ports/store_errors.h"
#include "sql/sql.h"

namespace stagedoor::tables {

// read() of JSON text that belongs to `what`.
template <class Value>
void read_json_of(const std::string& what, const std::string& text, Value& value) {
  try {
    read_json_text(text, value);
  } catch (const std::exception& why) {
    throw StoreUnusable(what + " cannot be read: " + why.what());
  }
}

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
        event->updated_at >> event->time_zone >> event->imported >> event->paused_since >> event->paused_text;
    const std::string name = "event " + std::to_string(event->id.value);
    read_json_of(name, queue, event->queue);
    read_json_of(name, policy, event->policy);
    catalogue.events.emplace(event->id, std::move(event));
  });
  each(sql::catalogue::list_layouts, [&](auto& columns) {
    std::string name;
    std::string definition;
    columns >> name >> definition;
    read_json_of("layout " + name, definition, catalogue.layouts[name]);
  });
  each(sql::catalogue::list_imports, [&](auto& columns) {
    ImportedText text;
    columns >> text;
    catalogue.imports[text.digest] = text.log;
  });
  each(sql::catalogue::list_cancellations, [&](auto& columns) {
    DateCancellation row;
    columns >> row;
    catalogue.cancellations[row.date] = row;
  });

  std::map<DateId, std::shared_ptr<EventDate>> dates;
  std::map<DateId, std::size_t> seat_counts;
  each(sql::catalogue::list_dates, [&](auto& columns) {
    auto date = std::make_shared<EventDate>();
    std::size_t seat_count = 0;
    columns >> date->id >> date->event >> date->starts_at >> date->booking.from >> date->booking.until >>
        date->layout >> date->first_seat >> seat_count >> date->created_at >> date->updated_at >>
        date->deleted_at >> date->imported;
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
  DateId date_id;             // of the previous seat
  EventDate* date = nullptr;  // nullptr: a hidden one
  each(sql::catalogue::list_seats, [&](auto& columns) {
    DateId of;
    Seat seat;
    columns >> of >> seat.number >> seat.number_in_row >> seat.section >> seat.row >> seat.category;
    if (date_id != of) {
      const auto at = dates.find(of);
      date = at == dates.end() ? nullptr : at->second.get();
      date_id = of;
    }
    if (date) date->seats.push_back(seat);
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
