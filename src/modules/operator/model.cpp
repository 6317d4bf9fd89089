#include "modules/operator/model.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/refusals.h"
#include "json/write.h"
#include "modules/catalogue/model.h"
#include "state/seat_taker.h"

namespace stagedoor::operators {

struct PriorityDetail {
  std::vector<UserId> userIds;
};
BOOST_DESCRIBE_STRUCT(PriorityDetail, (), (userIds))

struct BlockDetail {
  DateId date;
  std::vector<SeatId> seatIds;
};
BOOST_DESCRIBE_STRUCT(BlockDetail, (), (date, seatIds))

struct RevokeDetail {
  UserId userId;
  TimePoint before{};
};
BOOST_DESCRIBE_STRUCT(RevokeDetail, (), (userId, before))

namespace {

// The requested seats; errors have the paths of the order.
std::vector<SeatId> seats_of(const BlockSeats& order, const EventDate& date,
                             std::vector<FieldError>& errors) {
  std::vector<SeatId> seats;
  for (std::size_t i = 0; i < order.seats.size(); ++i) {
    if (date.has(order.seats[i])) seats.push_back(order.seats[i]);
    else errors.push_back({fmt::format("seatIds[{}]", i), "is not a seat of this date"});
  }
  const auto count = std::int64_t(date.seats.size());
  for (std::size_t i = 0; i < order.numbers.size(); ++i) {
    // A date's seats are numbered from 1 in the order of their ids.
    if (order.numbers[i] >= 1 && order.numbers[i] <= count) {
      seats.push_back(date.seat_id(std::size_t(order.numbers[i] - 1)));
    } else {
      errors.push_back({fmt::format("seatNumbers[{}]", i), fmt::format("must be from 1 to {}", count)});
    }
  }
  std::sort(seats.begin(), seats.end());
  seats.erase(std::unique(seats.begin(), seats.end()), seats.end());
  return seats;
}

}  // namespace

LogRow log_row(const AuditEntry& entry, BatchContext& context) {
  return {.id = context.ids.next<LogId>(),
          .created_at = context.now,
          .operator_name = entry.operator_name,
          .action = entry.action,
          .event = entry.event,
          .detail = entry.detail};
}

Decision<EventId> decide_priority(const GrantPriority& order, const View& view, BatchContext& context) {
  if (!view.catalogue->event(order.event)) return unknown_event(order.event);
  Changes changes;
  for (const UserId& user : order.users) changes.priority.push_back({order.event, user, context.now});
  changes.log.push_back(log_row(
      {order.operator_name, "queue.priority", order.event, json::to_text(PriorityDetail{order.users})},
      context));
  return {order.event, std::move(changes)};
}

Decision<EventId> decide_end_priority(const EndPriority& order, const View& view, BatchContext& context) {
  if (!view.catalogue->event(order.event)) return unknown_event(order.event);
  Changes changes;
  changes.priority.push_back({order.event, order.user, context.now, context.now});
  changes.log.push_back(log_row(
      {order.operator_name, "queue.priority.end", order.event, json::to_text(PriorityDetail{{order.user}})},
      context));
  return {order.event, std::move(changes)};
}

Decision<Revocation> decide_revoke(const RevokeTokens& order, std::optional<TimePoint> current,
                                   BatchContext& context) {
  const TimePoint before = order.before.value_or(context.now);
  if (before > context.now) return invalid("before", "must not be in the future");
  const Revocation row{order.user, std::max(before, current.value_or(before))};
  Changes changes;
  changes.revocations.push_back(row);
  changes.log.push_back(
      log_row({order.operator_name, "user.revoke", {}, json::to_text(RevokeDetail{row.user, row.not_before})},
              context));
  return {row, std::move(changes)};
}

void block_keys(const BlockSeats& order, const View& view, Keys& wanted) {
  const EventDate* date = view.catalogue->date(order.date);
  if (!date) return;
  std::vector<FieldError> errors;
  for (const SeatId seat : seats_of(order, *date, errors)) want(view.seats, wanted.seats, seat);
}

Decision<Blocked> decide_block(const BlockSeats& order, const View& view, BatchContext& context) {
  const EventDate* date = view.catalogue->date(order.date);
  if (!date || date->deleted_at) {
    return unknown_date(order.date);
  }
  std::vector<FieldError> errors;
  Blocked blocked{.date = date->id, .seats = seats_of(order, *date, errors), .changed = {}};
  if (!errors.empty()) {
    return Refusal{.code = Code::SEAT_NOT_FOUND,
                   .message = "Some of these are not seats of this date. Nothing was done.",
                   .details = std::move(errors)};
  }
  for (const SeatId seat : blocked.seats) {
    if (order.block && is_taken(view, seat, context.now)) {
      errors.push_back(
          {order.numbers.empty() ? "seatIds" : "seatNumbers",
           fmt::format("{} (id {}) is held or sold", catalogue::seat_name(*date, seat), seat.value)});
    }
    const SeatState* state = view.seats.find(seat);
    if ((state && state->blocked) != order.block) blocked.changed.push_back(seat);
  }
  if (!errors.empty()) {
    return Refusal{.code = Code::SEAT_OCCUPIED,
                   .message = "Some of these seats are held or sold. Nothing was done.",
                   .details = std::move(errors)};
  }
  Changes changes;
  for (const SeatId seat : blocked.changed) changes.blocks.push_back({seat, order.block});
  if (!blocked.changed.empty()) {
    changes.log.push_back(log_row({.operator_name = order.operator_name,
                                   .action = order.block ? "seats.block" : "seats.unblock",
                                   .event = date->event,
                                   .detail = json::to_text(BlockDetail{date->id, blocked.changed})},
                                  context));
  }
  return {std::move(blocked), std::move(changes)};
}

}  // namespace stagedoor::operators
