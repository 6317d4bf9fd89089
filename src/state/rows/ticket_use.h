// What gates have scanned of a ticket (R-P9).
#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <string>

#include "core/ids.h"
#include "core/ticket_serials.h"
#include "core/time.h"
#include "state/rows/reservation.h"

namespace stagedoor {

// The only valid ticket of a reservation that is PAID.
inline TicketRef current_ticket(const Reservation& row) { return {row.id, ticket_number(row.version)}; }

struct TicketUse {
  ReservationId reservation{};
  std::int32_t ticket = 0;   // the version of the reservation that the ticket is of
  DateId date{};             // of the reservation
  std::int64_t version = 0;  // counts the changes of the row, from 1
  std::int64_t live = 0;     // scans that are not undone; 0: the ticket is not used, above 1: used twice
  std::string scans{};       // modules/ticket/scans.h
  TimePoint updated_at{};
};
BOOST_DESCRIBE_STRUCT(TicketUse, (), (reservation, ticket, date, version, live, scans, updated_at))

}  // namespace stagedoor
