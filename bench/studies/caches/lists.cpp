#include "lists.h"

#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>
#include <charconv>
#include <stdexcept>
#include <string_view>

#include "json/write.h"

namespace stagedoor::caches {
namespace {

constexpr const char* kEvents =
    "select id, name, performer, venue, time_zone, sale_from, sale_until, status, seats_left, seats, held, "
    "created_at, updated_at from events order by id";
constexpr const char* kDates =
    "select id, event_id, starts_at, starts_at, booking_from, booking_until, seats_left, seats, category, "
    "price, seats_left, created_at, updated_at from dates where event_id = 1 order by id";
constexpr const char* kChange =
    "update events set version = version + 1, name = 'Event 1 v' || version + 1 where id = 1 "
    "returning id, name, performer, venue, time_zone, sale_from, sale_until, status, seats_left, seats, "
    "held, "
    "created_at, updated_at";

void read(std::string_view text, std::string& value) { value = text; }
void read(std::string_view text, std::int64_t& value) {
  std::from_chars(text.data(), text.data() + text.size(), value);
}
void read(std::string_view text, TimePoint& value) {
  std::int64_t ms = 0;
  read(text, ms);
  value = TimePoint(Millis(ms));
}

template <class Row>
std::vector<Row> read_rows(const PGresult* result) {
  std::vector<Row> rows(static_cast<std::size_t>(PQntuples(result)));
  for (int i = 0; i < PQntuples(result); ++i) {
    int column = 0;
    boost::mp11::mp_for_each<boost::describe::describe_members<Row, boost::describe::mod_public>>(
        [&](auto d) {
          const std::string_view text(PQgetvalue(result, i, column),
                                      static_cast<std::size_t>(PQgetlength(result, i, column)));
          read(text, rows[static_cast<std::size_t>(i)].*d.pointer);
          ++column;
        });
  }
  return rows;
}

}  // namespace

Database::Database(const std::string& conninfo) : connection_(PQconnectdb(conninfo.c_str())) {
  if (PQstatus(connection_.get()) != CONNECTION_OK) {
    throw std::runtime_error(PQerrorMessage(connection_.get()));
  }
  for (const auto& [name, sql] : {std::pair("events", kEvents), {"dates", kDates}, {"change", kChange}}) {
    const Result prepared(PQprepare(connection_.get(), name, sql, 0, nullptr));
    if (PQresultStatus(prepared.get()) != PGRES_COMMAND_OK) {
      throw std::runtime_error(PQerrorMessage(connection_.get()));
    }
  }
}

Database::Result Database::execute(const char* prepared) {
  Result result(PQexecPrepared(connection_.get(), prepared, 0, nullptr, nullptr, nullptr, 0));
  if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) {
    throw std::runtime_error(PQerrorMessage(connection_.get()));
  }
  return result;
}

Rows Database::select(List list) {
  if (list == List::events) return {.events = read_rows<EventRow>(execute("events").get()), .dates = {}};
  return {.events = {}, .dates = read_rows<DateRow>(execute("dates").get())};
}

EventRow Database::change_event() { return read_rows<EventRow>(execute("change").get()).at(0); }

std::string render(List list, const Rows& rows) {
  std::string out = R"({"success":true,"data":)";
  if (list == List::events) {
    json::write(out, rows.events);
  } else {
    json::write(out, rows.dates);
  }
  return out += '}';
}

}  // namespace stagedoor::caches
