// The two lists of the study of caches: their rows in PostgreSQL, and the JSON made from them.
#pragma once

#include <libpq-fe.h>

#include <boost/describe/class.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/time.h"

namespace stagedoor::caches {

// As the product's EventDto.
struct EventRow {
  std::int64_t id = 0;
  std::string name;  // ends with its version: "Event 1 v17"
  std::string performer;
  std::string venue;
  std::string timeZone;
  TimePoint saleStartDate{};
  TimePoint saleEndDate{};
  std::string status;
  std::int64_t seatCount = 0;
  std::int64_t totalSeats = 0;
  std::int64_t heldSeats = 0;
  TimePoint createdAt{};
  TimePoint updatedAt{};
};
BOOST_DESCRIBE_STRUCT(EventRow, (),
                      (id, name, performer, venue, timeZone, saleStartDate, saleEndDate, status, seatCount,
                       totalSeats, heldSeats, createdAt, updatedAt))

// As the product's EventDateDto, with one price.
struct DateRow {
  std::int64_t id = 0;
  std::int64_t eventId = 0;
  TimePoint eventDate{};
  TimePoint startDate{};
  TimePoint bookStartDate{};
  TimePoint bookEndDate{};
  std::int64_t seatCount = 0;
  std::int64_t totalSeats = 0;
  std::string category;
  std::int64_t price = 0;
  std::int64_t left = 0;
  TimePoint createdAt{};
  TimePoint updatedAt{};
};
BOOST_DESCRIBE_STRUCT(DateRow, (),
                      (id, eventId, eventDate, startDate, bookStartDate, bookEndDate, seatCount, totalSeats,
                       category, price, left, createdAt, updatedAt))

// The rows of one list; the other vector is empty.
struct Rows {
  std::vector<EventRow> events;
  std::vector<DateRow> dates;
};
enum class List { events, dates };

// Blocking; one thread at a time. Throws std::runtime_error when the database cannot do it.
class Database {
 public:
  explicit Database(const std::string& conninfo);

  Rows select(List list);
  // The event has a new name, on disk; returns its row.
  EventRow change_event();

 private:
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  using Result = std::unique_ptr<PGresult, Clear>;
  Result execute(const char* prepared);

  std::unique_ptr<PGconn, Clear> connection_;
};

// The body of an answer.
std::string render(List list, const Rows& rows);

}  // namespace stagedoor::caches
