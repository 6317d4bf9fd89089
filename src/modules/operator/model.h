// What operators decide themselves: house seats (R-S12), and the row that every change of theirs adds to
// the audit log (R-Q17). Money and catalogue are decided by the modules they belong to.
#pragma once

#include <string>
#include <vector>

#include "engine/command.h"

namespace stagedoor::operators {

// Who did what.
struct AuditEntry {
  std::string operator_name = {};
  std::string action = {};  // "seats.block"
  EventId event = {};
  std::string detail = {};  // JSON
};
LogRow log_row(const AuditEntry& entry, BatchContext& context);

// Users who may wait in an event's priority line from now on, wherever they stand.
struct GrantPriority {
  EventId event;
  std::vector<UserId> users;
  std::string operator_name;
};
// Refusal: EVENT_NOT_FOUND.
Decision<EventId> decide_priority(const GrantPriority& order, const View& view, BatchContext& context);

struct BlockSeats {
  DateId date;
  std::vector<SeatId> seats;          // by id,
  std::vector<std::int64_t> numbers;  // or by number in the date
  bool block = true;                  // false: release
  std::string operator_name;
};
struct Blocked {
  DateId date;
  std::vector<SeatId> seats;    // asked for, in order, none twice
  std::vector<SeatId> changed;  // those that were not so already
};
void block_keys(const BlockSeats& order, const View& view, Keys& wanted);
// All or none. Refusals: EVENT_DATE_NOT_FOUND, SEAT_NOT_FOUND, SEAT_OCCUPIED (held or sold; each seat is
// named). Blocking what is blocked changes nothing.
Decision<Blocked> decide_block(const BlockSeats& order, const View& view, BatchContext& context);

}  // namespace stagedoor::operators
