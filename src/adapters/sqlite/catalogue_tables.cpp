#include "adapters/sqlite/catalogue_tables.h"

#include "adapters/sqlite/policy_json.h"

namespace stagedoor {
namespace {

void read_events(Database& database, Catalogue& catalogue) {
  Statement(database, sql::catalog::list_events).each({}, [&](Columns& columns) {
    auto event = std::make_shared<Event>();
    std::string queue;
    std::string policy;
    columns >> event->id >> event->name >> event->performer >> event->venue >> event->on_sale.from >>
        event->on_sale.until >> queue >> policy >> event->closed >> event->paused >> event->created_at >>
        event->updated_at;
    read_json_text(queue, event->queue);
    read_json_text(policy, event->policy);
    catalogue.events.emplace(event->id, std::move(event));
  });
}

using Dates = std::map<DateId, std::shared_ptr<EventDate>>;

void read_seats(Database& database, Dates& dates, const std::map<DateId, std::size_t>& seat_counts) {
  Statement seats(database, sql::catalog::list_seats);
  for (auto& [id, date] : dates) {
    const std::size_t count = seat_counts.at(id);
    date->seats.reserve(count);
    seats.each({{"$first_seat", date->first_seat}, {"$seat_count", count}}, [&](Columns& columns) {
      auto& seat = date->seats.emplace_back();
      columns >> seat.number >> seat.number_in_row >> seat.section >> seat.row >> seat.category;
    });
    if (date->seats.size() != count)
      throw StoreUnusable("the store lacks seats of date " + std::to_string(id.value));
  }
}

void read_dates(Database& database, Catalogue& catalogue) {
  Dates dates;
  std::map<DateId, std::size_t> seat_counts;
  Statement(database, sql::catalog::list_dates).each({}, [&](Columns& columns) {
    auto date = std::make_shared<EventDate>();
    std::size_t seat_count = 0;
    columns >> date->id >> date->event >> date->starts_at >> date->booking.from >> date->booking.until >>
        date->layout >> date->first_seat >> seat_count >> date->created_at >> date->updated_at >>
        date->deleted_at;
    seat_counts[date->id] = seat_count;
    dates.emplace(date->id, std::move(date));
  });
  Statement(database, sql::catalog::list_sections).each({}, [&](Columns& columns) {
    DateId date;
    std::string name;
    columns >> date >> name;
    dates.at(date)->sections.push_back(std::move(name));
  });
  Statement(database, sql::catalog::list_categories).each({}, [&](Columns& columns) {
    DateId date;
    Category category;
    columns >> date >> category.id >> category.name >> category.price;
    dates.at(date)->categories.push_back(std::move(category));
  });
  read_seats(database, dates, seat_counts);
  for (auto& [id, date] : dates) {
    catalogue.dates_by_first_seat.emplace(date->first_seat, id);
    catalogue.dates.emplace(id, std::move(date));
  }
}

void write_event(Statement& put, const Event& event) {
  const std::string queue = to_json_text(event.queue);
  const std::string policy = to_json_text(event.policy);
  put.run({{"$id", event.id},
           {"$name", event.name},
           {"$performer", event.performer},
           {"$venue", event.venue},
           {"$on_sale_from", event.on_sale.from},
           {"$on_sale_until", event.on_sale.until},
           {"$queue_policy", queue},
           {"$sale_policy", policy},
           {"$closed", event.closed},
           {"$paused", event.paused},
           {"$created_at", event.created_at},
           {"$updated_at", event.updated_at}});
}

// True when it was there.
bool change_date(Database& database, const EventDate& date) {
  return Statement(database, sql::catalog::update_date)
             .run({{"$id", date.id},
                   {"$starts_at", date.starts_at},
                   {"$booking_from", date.booking.from},
                   {"$booking_until", date.booking.until},
                   {"$layout", date.layout},
                   {"$updated_at", date.updated_at},
                   {"$deleted_at", date.deleted_at}}) == 1;
}

void add_date(Database& database, const EventDate& date) {
  Statement(database, sql::catalog::insert_date)
      .run({{"$id", date.id},
            {"$event_id", date.event},
            {"$starts_at", date.starts_at},
            {"$booking_from", date.booking.from},
            {"$booking_until", date.booking.until},
            {"$layout", date.layout},
            {"$first_seat", date.first_seat},
            {"$seat_count", date.seats.size()},
            {"$created_at", date.created_at},
            {"$updated_at", date.updated_at},
            {"$deleted_at", date.deleted_at}});
  Statement insert(database, sql::catalog::insert_seat);
  for (std::size_t i = 0; i < date.seats.size(); ++i) {
    const Seat& seat = date.seats[i];
    insert.run({{"$id", date.seat_id(i)},
                {"$date_id", date.id},
                {"$number", seat.number},
                {"$section", seat.section},
                {"$row", seat.row},
                {"$number_in_row", seat.number_in_row},
                {"$category", seat.category}});
  }
}

void write_date(Database& database, const EventDate& date) {
  if (!change_date(database, date)) add_date(database, date);
  Statement section(database, sql::catalog::put_section);
  for (std::size_t i = 0; i < date.sections.size(); ++i)
    section.run({{"$date_id", date.id}, {"$position", i}, {"$name", date.sections[i]}});
  Statement category(database, sql::catalog::put_category);
  for (std::size_t i = 0; i < date.categories.size(); ++i) {
    const Category& row = date.categories[i];
    category.run({{"$id", row.id},
                  {"$date_id", date.id},
                  {"$position", i},
                  {"$name", row.name},
                  {"$price", row.price}});
  }
}

}  // namespace

Catalogue read_catalogue(Database& database) {
  Catalogue catalogue;
  read_events(database, catalogue);
  read_dates(database, catalogue);
  Statement(database, sql::catalog::list_layouts).each({}, [&](Columns& columns) {
    std::string name;
    std::string definition;
    columns >> name >> definition;
    read_json_text(definition, catalogue.layouts[name]);
  });
  return catalogue;
}

void write_catalogue(Database& database, const CatalogueChanges& changes) {
  Statement put_event(database, sql::catalog::put_event);
  for (const auto& event : changes.events) write_event(put_event, event);
  for (const auto& date : changes.dates) write_date(database, date);
  Statement put_layout(database, sql::catalog::put_layout);
  for (const auto& [name, layout] : changes.layouts) {
    const std::string definition = to_json_text(layout);
    put_layout.run({{"$name", name}, {"$definition", definition}});
  }
}

}  // namespace stagedoor
