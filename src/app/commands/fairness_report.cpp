#include "app/commands/fairness_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <iterator>

namespace stagedoor {
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

std::string limits_of(const QueuePolicy& policy) {
  const std::string window = fmt::format("{} in {}", policy.people, format_duration(policy.every));
  const std::string inside = fmt::format("{} inside", policy.capacity);
  if (policy.admission == Admission::interval) return window;
  return policy.admission == Admission::capacity ? inside : window + ", " + inside;
}

}  // namespace

bool has_changed_policy(const reports::RoomRecord& room) {
  return std::ranges::any_of(room.log, [&](const LogRow& row) {
    return !room.rows.places.empty() && row.created_at >= room.rows.places.front().joined_at &&
           changes_policy(row, room.event.id);
  });
}

std::string fairness_text(const reports::RoomRecord& room, const queue::Fairness& fairness) {
  std::string text = fmt::format("The room of event {} ({})\n\n", room.event.id.value, room.event.name);
  const auto out = std::back_inserter(text);
  const auto line = [&](std::string_view what, std::int64_t count, const std::string& more = {}) {
    fmt::format_to(out, "{:<20}{:>10}{}{}\n", what, count, more.empty() ? "" : "   ", more);
  };
  line("joins", fairness.joins);
  if (const auto& draw = room.rows.draw; draw && draw->drawn_at)
    line("drawn", draw->people, "at " + to_rfc3339(*draw->drawn_at));
  line("admissions", fairness.admissions);
  line("left", fairness.left, "gave up their place while waiting");
  line("still waiting", fairness.still_waiting);
  line("vanished", fairness.vanished, "gave no sign of life for too long while waiting");
  line("passed over", fairness.passed_over, "of them: skipped when it was their turn");
  line("came back", fairness.came_back, "of them: admitted later");
  line("with priority", fairness.with_priority);
  fmt::format_to(out, "\nwaited   p50 {}   p90 {}   p99 {}   max {}\n\n", format_duration(fairness.wait_p50),
                 format_duration(fairness.wait_p90), format_duration(fairness.wait_p99),
                 format_duration(fairness.wait_max));
  line("inversions", fairness.inversions, "must be 0: present, but overtaken by a later user");
  line("interval breaches", fairness.interval_breaches, "must be 0: admitted faster than the rate allows");
  line("capacity breaches", fairness.capacity_breaches, "must be 0: admitted above the capacity");
  fmt::format_to(out, "\nLimits: {}.", limits_of(room.event.queue));
  text += has_changed_policy(room)
              ? " The policy was changed during the sale: breaches are judged by the current policy.\n\n"
              : " The policy was not changed during the sale.\n\n";
  text +=
      room.log.empty() ? "Operators did nothing on this event.\n" : "Actions of operators on this event:\n";
  for (const auto& row : room.log)
    fmt::format_to(out, "  {}  {}  {}  {}\n", to_rfc3339(row.created_at), row.operator_name, row.action,
                   row.detail);
  return text += fairness.is_fair() ? "\nThe room was fair.\n" : "\nThe room was NOT fair.\n";
}

std::string fairness_json(const reports::RoomRecord& room, const queue::Fairness& fairness) {
  boost::json::array operators;
  for (const auto& row : room.log) {
    boost::system::error_code error;
    auto detail = boost::json::parse(row.detail, error);
    operators.push_back({{"at", to_rfc3339(row.created_at)},
                         {"operatorName", row.operator_name},
                         {"action", row.action},
                         {"detail", error ? boost::json::value(row.detail) : std::move(detail)}});
  }
  boost::json::object report{{"eventId", room.event.id.value},
                             {"eventName", room.event.name},
                             {"joins", fairness.joins},
                             {"admissions", fairness.admissions},
                             {"left", fairness.left},
                             {"stillWaiting", fairness.still_waiting},
                             {"vanished", fairness.vanished},
                             {"passedOver", fairness.passed_over},
                             {"cameBack", fairness.came_back},
                             {"withPriority", fairness.with_priority},
                             {"waitMs",
                              {{"p50", fairness.wait_p50.count()},
                               {"p90", fairness.wait_p90.count()},
                               {"p99", fairness.wait_p99.count()},
                               {"max", fairness.wait_max.count()}}},
                             {"inversions", fairness.inversions},
                             {"intervalBreaches", fairness.interval_breaches},
                             {"capacityBreaches", fairness.capacity_breaches},
                             {"fair", fairness.is_fair()},
                             {"policyChanged", has_changed_policy(room)},
                             {"operators", std::move(operators)}};
  if (const auto& draw = room.rows.draw; draw && draw->drawn_at)
    report["draw"] = {{"people", draw->people}, {"drawnAt", to_rfc3339(*draw->drawn_at)}};
  return boost::json::serialize(report) + "\n";
}

}  // namespace stagedoor
