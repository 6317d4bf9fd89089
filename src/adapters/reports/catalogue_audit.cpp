// The checks of the audit that read the catalogue: policies, and the seats of a date.
#include <absl/container/flat_hash_set.h>
#include <fmt/format.h>

#include "adapters/reports/audit_report.h"

namespace stagedoor::reports {
namespace {

constexpr Millis kEveryMax{3'600'000};

bool is_share(double value) { return value >= 0 && value <= 1; }

// What is wrong with the policies of an event, as "name value".
std::vector<std::string> policy_faults(const Event& event) {
  std::vector<std::string> faults;
  const auto expect = [&](bool is_sound, std::string_view name, auto value) {
    if (!is_sound) faults.push_back(fmt::format("{} {}", name, value));
  };
  const QueuePolicy& queue = event.queue;
  expect(queue.people >= 1, "people", queue.people);
  expect(queue.every > Millis(0) && queue.every <= kEveryMax, "every", queue.every.count());
  expect(queue.capacity >= 1, "capacity", queue.capacity);
  expect(queue.places_max >= 1, "places_max", queue.places_max);
  expect(queue.active_ttl > Millis(0), "active_ttl", queue.active_ttl.count());
  expect(queue.visit_max >= queue.active_ttl, "visit_max", queue.visit_max.count());
  expect(queue.presence_timeout > Millis(0), "presence_timeout", queue.presence_timeout.count());
  expect(is_share(queue.return_share), "return_share", queue.return_share);
  expect(is_share(queue.priority_share), "priority_share", queue.priority_share);
  expect(queue.poll_min >= Millis(0), "poll_min", queue.poll_min.count());
  expect(queue.poll_max > Millis(0) && queue.poll_max >= queue.poll_min, "poll_max", queue.poll_max.count());
  expect(event.policy.seats_per_user >= 1, "seats_per_user", event.policy.seats_per_user);
  expect(event.policy.hold_ttl > Millis(0), "hold_ttl", event.policy.hold_ttl.count());
  expect(event.policy.rehold_cooldown >= Millis(0), "rehold_cooldown", event.policy.rehold_cooldown.count());
  return faults;
}

// True if a seat stands where the one before it leaves off: in the same row, in the next row, or in the first
// row of the next section. A layout without sections has row 0.
bool follows(const Seat& before, const Seat& seat) {
  if (seat.section == before.section && seat.row == before.row)
    return seat.number_in_row == before.number_in_row + 1;
  const bool is_next_row = seat.section == before.section && seat.row == before.row + 1;
  const bool is_next_section = seat.section == before.section + 1 && seat.row == 1;
  return seat.number_in_row == 1 && (is_next_row || is_next_section);
}

void check_seats(AuditCheck& check, const EventDate& date) {
  for (std::size_t i = 0; i < date.seats.size(); ++i) {
    const Seat& seat = date.seats[i];
    const Seat* before = i > 0 ? &date.seats[i - 1] : nullptr;
    const bool is_in_place =
        before ? follows(*before, seat) : seat.section == 0 && seat.row <= 1 && seat.number_in_row == 1;
    const bool has_category = !before || seat.section != before->section || seat.category == before->category;
    if (seat.number == std::int32_t(i + 1) && is_in_place && has_category) continue;
    check.add(
        fmt::format("seat {} of date {} has number {} and stands in section {}, row {}, at {}, category {}",
                    date.seat_id(i).value, date.id.value, seat.number, seat.section, seat.row,
                    seat.number_in_row, seat.category));
  }
}

template <class Named, class NameOf>
void check_names(AuditCheck& check, const EventDate& date, std::string_view kind, const Named& all,
                 const NameOf& name_of) {
  absl::flat_hash_set<std::string_view> names;
  for (const auto& one : all) {
    if (!names.insert(name_of(one)).second)
      check.add(fmt::format("date {} has two {} named {}", date.id.value, kind, name_of(one)));
  }
}

}  // namespace

void audit_catalogue(AuditReport& report, const Catalogue& catalogue) {
  AuditCheck policies{"policies", "Each event has a name and policies that an import would accept.", 0, {}};
  for (const auto& [id, event] : catalogue.events) {
    if (event->name.empty()) policies.add(fmt::format("event {} has no name", id.value));
    for (const auto& fault : policy_faults(*event))
      policies.add(fmt::format("event {} has {}", id.value, fault));
  }
  AuditCheck seats{
      "seats_in_order",
      "The seats of a date are numbered in the order of their ids, and stand row by row as in a layout "
      "that is known.",
      0,
      {}};
  for (const auto& [id, date] : catalogue.dates) {
    check_seats(seats, *date);
    check_names(seats, *date, "sections", date->sections,
                [](const std::string& name) -> std::string_view { return name; });
    check_names(seats, *date, "categories", date->categories,
                [](const Category& category) -> std::string_view { return category.name; });
    if (!date->layout.empty() && !catalogue.layouts.contains(date->layout))
      seats.add(fmt::format("date {} has layout {}, which is not there", id.value, date->layout));
  }
  report.checks.push_back(std::move(policies));
  report.checks.push_back(std::move(seats));
}

}  // namespace stagedoor::reports
