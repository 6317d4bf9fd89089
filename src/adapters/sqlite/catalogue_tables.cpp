#include "adapters/sqlite/catalogue_tables.h"

#include "adapters/tables/catalogue_rows.h"

namespace stagedoor::sqlite {
namespace {

void write_event(Statement& put, const Event& event) {
  const std::string queue = tables::to_json_text(event.queue);
  const std::string policy = tables::to_json_text(event.policy);
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
           {"$updated_at", event.updated_at},
           {"$paused_since", event.paused_since},
           {"$paused_text", event.paused_text}});
}

// True if the row existed.
bool change_date(Database& database, const EventDate& date) {
  return Statement(database, sql::catalogue::update_date)
             .run({{"$id", date.id},
                   {"$starts_at", date.starts_at},
                   {"$booking_from", date.booking.from},
                   {"$booking_until", date.booking.until},
                   {"$layout", date.layout},
                   {"$updated_at", date.updated_at},
                   {"$deleted_at", date.deleted_at}}) == 1;
}

void add_date(Database& database, const EventDate& date) {
  Statement(database, sql::catalogue::insert_date)
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
  Statement insert(database, sql::catalogue::insert_seat);
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
  Statement section(database, sql::catalogue::put_section);
  for (std::size_t i = 0; i < date.sections.size(); ++i)
    section.run({{"$date_id", date.id}, {"$position", i}, {"$name", date.sections[i]}});
  Statement category(database, sql::catalogue::put_category);
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
  return tables::read_catalogue(
      [&](const sql::Text& query, auto&& row) { Statement(database, query).each({}, row); });
}

void write_catalogue(Database& database, const CatalogueChanges& changes) {
  Statement put_event(database, sql::catalogue::put_event);
  for (const auto& event : changes.events) write_event(put_event, event);
  for (const auto& date : changes.dates) write_date(database, date);
  Statement put_layout(database, sql::catalogue::put_layout);
  for (const auto& [name, layout] : changes.layouts) {
    const std::string definition = tables::to_json_text(layout);
    put_layout.run({{"$name", name}, {"$definition", definition}});
  }
}

}  // namespace stagedoor::sqlite
