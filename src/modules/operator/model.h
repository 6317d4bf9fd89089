// Decisions of operators: house seats (R-S12), and the audit log row of every operator action (R-Q17). Money
// and catalogue are decided in their own modules.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/command.h"

namespace stagedoor::operators {

// The operator and the action.
struct AuditEntry {
  std::string operator_name = {};
  std::string action = {};  // "seats.block"
  EventId event = {};
  std::string detail = {};  // JSON
};
LogRow log_row(const AuditEntry& entry, BatchContext& context);

// Users who get priority in an event's line from now on, whether or not they have joined.
struct GrantPriority {
  EventId event;
  std::vector<UserId> users;
  std::string operator_name;
};
// The log says who. Users who have priority keep it. Refusal: EVENT_NOT_FOUND.
Decision<EventId> decide_priority(const GrantPriority& order, const View& view, BatchContext& context);

// Ends the priority of a user, who waits on in the line at the old place. It counts for later places, too.
struct EndPriority {
  EventId event;
  UserId user;
  std::string operator_name;
};
// Refusal: EVENT_NOT_FOUND.
Decision<EventId> decide_end_priority(const EndPriority& order, const View& view, BatchContext& context);

struct BlockSeats {
  DateId date;
  std::vector<SeatId> seats;          // by id,
  std::vector<std::int64_t> numbers;  // or by number in the date
  bool block = true;                  // false: release
  std::string operator_name;
};
struct Blocked {
  DateId date;
  std::vector<SeatId> seats;    // the requested seats, in order, without duplicates
  std::vector<SeatId> changed;  // the seats whose state changes
};
void block_keys(const BlockSeats& order, const View& view, Keys& wanted);
// All or none. Refusals: EVENT_DATE_NOT_FOUND, SEAT_NOT_FOUND, SEAT_OCCUPIED (held or sold; names each seat).
// To block a blocked seat changes nothing.
Decision<Blocked> decide_block(const BlockSeats& order, const View& view, BatchContext& context);

struct RevokeTokens {
  UserId user;
  std::optional<TimePoint> before;  // nullopt: now
  std::string operator_name;
};
// `current`: what is revoked already; it is never taken back. Refusal: INVALID_REQUEST for a moment that has
// not come.
Decision<Revocation> decide_revoke(const RevokeTokens& order, std::optional<TimePoint> current,
                                   BatchContext& context);

}  // namespace stagedoor::operators
