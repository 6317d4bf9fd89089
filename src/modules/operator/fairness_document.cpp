#include "modules/operator/fairness_document.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>

namespace stagedoor::operators {
namespace {

// Changes of the catalogue are logged as "event 7 NAME: performer, queue.people".
bool changes_policy(const LogRow& row, EventId event) {
  boost::system::error_code error;
  const auto detail = boost::json::parse(row.detail, error);
  const auto* changed = !error && detail.is_object() ? detail.as_object().if_contains("changed") : nullptr;
  if (!changed || !changed->is_array()) return false;
  const std::string name = fmt::format("event {} ", event.value);
  return std::ranges::any_of(changed->as_array(), [&](const boost::json::value& line) {
    if (!line.is_string()) return false;
    const std::string_view text = line.as_string();
    return text.starts_with(name) &&
           (text.find(": queue.") != text.npos || text.find(", queue.") != text.npos);
  });
}

}  // namespace

bool has_changed_policy(const RoomRecord& room) {
  return std::ranges::any_of(room.log, [&](const LogRow& row) {
    return !room.rows.places.empty() && row.created_at >= room.rows.places.front().joined_at &&
           changes_policy(row, room.event.id);
  });
}

FairnessDto fairness_document(const RoomRecord& room, const queue::Fairness& fairness) {
  FairnessDto document{.eventId = room.event.id,
                       .eventName = room.event.name,
                       .joins = fairness.joins,
                       .admissions = fairness.admissions,
                       .left = fairness.left,
                       .stillWaiting = fairness.still_waiting,
                       .vanished = fairness.vanished,
                       .passedOver = fairness.passed_over,
                       .cameBack = fairness.came_back,
                       .withPriority = fairness.with_priority,
                       .waitMs = {.p50 = fairness.wait_p50.count(),
                                  .p90 = fairness.wait_p90.count(),
                                  .p99 = fairness.wait_p99.count(),
                                  .max = fairness.wait_max.count()},
                       .inversions = fairness.inversions,
                       .intervalBreaches = fairness.interval_breaches,
                       .capacityBreaches = fairness.capacity_breaches,
                       .fair = fairness.is_fair(),
                       .policyChanged = has_changed_policy(room),
                       .operators = {},
                       .draw = {}};
  for (const LogRow& row : room.log)
    document.operators.push_back(
        {row.created_at, row.operator_name, row.action, {row.detail.empty() ? "{}" : row.detail}});
  if (const auto& draw = room.rows.draw; draw && draw->drawn_at)
    document.draw = FairnessDrawDto{std::int64_t(draw->people), *draw->drawn_at};
  return document;
}

}  // namespace stagedoor::operators
