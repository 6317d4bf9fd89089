// Check-in (R-P9): devices let people in, also while they are offline, and report their scans when they can.
// A scan is (device, ticket, moment). What counts follows from the set of scans alone, in whatever order they
// arrive: of those that are not undone, the earliest one; all others are double uses.
#pragma once

#include <boost/describe/enum.hpp>
#include <optional>
#include <string>
#include <vector>

#include "engine/command.h"
#include "modules/ticket/scans.h"

namespace stagedoor::ticket {

BOOST_DEFINE_ENUM_CLASS(CheckInResult, ACCEPTED, ALREADY_USED, REVOKED, UNKNOWN)

struct Scanned {
  TicketRef ticket;
  TimePoint at;
  bool undo = false;  // takes the scan of this moment back, for good; also if it arrives before the scan
};
struct CheckIn {
  std::string device;
  std::optional<DateId> date;  // of the gate: tickets of other dates are UNKNOWN
  std::vector<Scanned> scans;
};
struct Judged {
  CheckInResult result = CheckInResult::UNKNOWN;
  std::optional<Scan> first;       // the scan that counts; nullopt: none does
  std::optional<Reservation> row;  // of the ticket, unless it is UNKNOWN
};

// Whether this ticket of the row's reservation was given out at some time; nobody can make another's serial
// up.
bool was_issued(const TicketRef& ticket, const Reservation& row);

void check_in_keys(const CheckIn& order, const View& view, Keys& wanted);
// Records what devices have done: each scan has let somebody in. One that is known already changes nothing,
// and so does one of a ticket that is revoked or that has kScansMax scans.
std::vector<Judged> decide_check_in(const CheckIn& order, const View& view, BatchContext& context,
                                    Changes& changes);
// The question whether to let somebody in, of the only scan in `order`. A refused one is not recorded: nobody
// was let in. Refusals: TICKET_NOT_FOUND, TICKET_REVOKED, TICKET_ALREADY_USED.
Decision<Judged> decide_entry(const CheckIn& order, const View& view, BatchContext& context);

}  // namespace stagedoor::ticket
