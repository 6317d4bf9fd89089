#include "app/commands/fairness_report.h"

#include <fmt/format.h>

#include <iterator>

#include "json/write.h"
#include "modules/operator/fairness_document.h"

namespace stagedoor {
namespace {

std::string limits_of(const QueuePolicy& policy) {
  const std::string window = fmt::format("{} in {}", policy.people, format_duration(policy.every));
  const std::string inside = fmt::format("{} inside", policy.capacity);
  if (policy.admission == Admission::interval) return window;
  return policy.admission == Admission::capacity ? inside : window + ", " + inside;
}

}  // namespace

std::string fairness_text(const RoomRecord& room, const queue::Fairness& fairness) {
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
  text += operators::has_changed_policy(room)
              ? " The policy was changed during the sale: breaches are judged by the current policy.\n\n"
              : " The policy was not changed during the sale.\n\n";
  text +=
      room.log.empty() ? "Operators did nothing on this event.\n" : "Actions of operators on this event:\n";
  for (const auto& row : room.log)
    fmt::format_to(out, "  {}  {}  {}  {}\n", to_rfc3339(row.created_at), row.operator_name, row.action,
                   row.detail);
  return text += fairness.is_fair() ? "\nThe room was fair.\n" : "\nThe room was NOT fair.\n";
}

std::string fairness_json(const RoomRecord& room, const queue::Fairness& fairness) {
  return json::to_text(operators::fairness_document(room, fairness)) + "\n";
}

}  // namespace stagedoor
