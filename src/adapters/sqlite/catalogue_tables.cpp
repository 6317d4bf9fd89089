#include "adapters/sqlite/catalogue_tables.h"

#include "adapters/tables/catalogue_rows.h"

namespace stagedoor::sqlite {
namespace {

// `put`: put_event or add_hidden_event.
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
           {"$time_zone", event.time_zone},
           {"$imported", event.imported},
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
                   {"$deleted_at", date.deleted_at},
                   {"$imported", date.imported},
                   {"$created_at", date.created_at},
                   {"$first_seat", date.first_seat}}) == 1;
}

// With the seats that a large import that died has left; they are nobody's.
void drop_hidden(Database& database, DateId date) {
  Statement(database, sql::catalogue::drop_hidden_seats).run({{"$id", date}});
  Statement(database, sql::catalogue::drop_hidden_date).run({{"$id", date}});
}

void add_date(Database& database, const EventDate& date, std::int64_t seat_count, bool hidden) {
  drop_hidden(database, date.id);
  Statement(database, sql::catalogue::insert_date)
      .run({{"$id", date.id},
            {"$event_id", date.event},
            {"$starts_at", date.starts_at},
            {"$booking_from", date.booking.from},
            {"$booking_until", date.booking.until},
            {"$layout", date.layout},
            {"$first_seat", date.first_seat},
            {"$seat_count", seat_count},
            {"$created_at", date.created_at},
            {"$updated_at", date.updated_at},
            {"$deleted_at", date.deleted_at},
            {"$imported", date.imported},
            {"$hidden", hidden}});
}

// `first`: the index of the first of `seats`.
void add_seats(Database& database, const EventDate& date, std::size_t first, const std::vector<Seat>& seats) {
  Statement insert(database, sql::catalogue::insert_seat);
  for (std::size_t i = 0; i < seats.size(); ++i) {
    const Seat& seat = seats[i];
    insert.run({{"$id", date.seat_id(first + i)},
                {"$date_id", date.id},
                {"$number", seat.number},
                {"$section", seat.section},
                {"$row", seat.row},
                {"$number_in_row", seat.number_in_row},
                {"$category", seat.category}});
  }
}

void write_date(Database& database, const EventDate& date) {
  if (!change_date(database, date)) {
    add_date(database, date, std::int64_t(date.seats.size()), false);
    add_seats(database, date, 0, date.seats);
  }
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

void write_hidden_seats(Database& database, const HiddenSeats& part) {
  if (part.first == 0) {
    Statement event(database, sql::catalogue::add_hidden_event);
    write_event(event, part.event);
    add_date(database, part.date, part.seats_in_all, true);
  } else if (Statement(database, sql::catalogue::keep_hidden_date)
                 .run({{"$id", part.date.id}, {"$first_seat", part.date.first_seat}}) != 1) {
    throw StoreRefused("the first seats of a hidden date are gone");
  }
  add_seats(database, part.date, part.first, part.seats);
}

}  // namespace stagedoor::sqlite
