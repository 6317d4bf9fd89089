// Checks every invariant of the rows (R-O3): one query under sql/queries/audit per claim, which returns the
// violations. A new file there is a new check. Claims about the catalogue and the line, and what needs a
// hash, are checked in C++: catalogue_audit.cpp, line_audit.cpp, draw_audit.cpp. Which check guards which
// column: tests/contract/audited_columns.h.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "adapters/tables/catalogue_rows.h"
#include "adapters/tables/rows.h"
#include "ports/line_store.h"

namespace stagedoor::reports {

struct AuditCheck {
  std::string name;                   // "find_seats_taken_twice"
  std::string claim;                  // "A seat has at most one reservation that takes it (I-1)."
  std::int64_t count = 0;             // of violations
  std::vector<std::string> findings;  // the first violations, with ids

  void add(std::string finding);
};

struct AuditReport {
  std::vector<AuditCheck> checks;

  bool is_clean() const;
  // One line per claim, with its violations below.
  std::string text() const;
};

// Rows that the checks of the line need besides the line. Lists are ordered by event, then by place.
struct LineContext {
  Catalogue catalogue{};
  std::set<EventId> events{};  // those of the catalogue and of the rows below
  std::vector<Visit> visits{};
  std::vector<PlaceBitmap> absences{};
  std::map<EventId, Draw> draws{};
  std::map<EventId, std::set<UserId>> priority{};
  TimePoint latest_moment{};
};
// Adds the checks of all lines. Holds one line in memory if it was drawn, else its users.
void audit_lines(AuditReport& report, LineStore& line, const LineContext& context);

// The rows of one event with a draw, or with an order that needs one.
struct DrawnRoom {
  std::optional<Draw> draw;
  std::vector<LinePlace> places;
  std::span<const Visit> visits;
  std::span<const PlaceBitmap> absences;
  std::set<UserId> priority;
};
void audit_draw(AuditCheck& check, const Event& event, const DrawnRoom& room);

// Adds the checks of policies and seats.
void audit_catalogue(AuditReport& report, const Catalogue& catalogue);
// Checks that the last moment of the store is not far ahead of the clock of this machine.
void audit_clock(AuditReport& report, TimePoint latest_moment);

// An answer as it is found: by its digest.
struct StoredDigest {
  std::int64_t id = 0;
  Uuid digest{};
  UserId user{};
  std::string key{};
};
void audit_digest(AuditCheck& check, const StoredDigest& answer);

// Reads what the checks of the line need.
template <class Each>
LineContext read_line_context(TimePoint latest_moment, Catalogue catalogue, Each&& each) {
  LineContext context{.catalogue = std::move(catalogue), .latest_moment = latest_moment};
  each(sql::catalogue::list_events, [&](auto& columns) {  // also if the catalogue cannot be read
    EventId event;
    columns >> event;
    context.events.insert(event);
  });
  each(sql::queue::list_visits, [&](auto& columns) {
    columns >> context.visits.emplace_back();
    context.events.insert(context.visits.back().event);
  });
  each(sql::queue::list_absences, [&](auto& columns) {
    columns >> context.absences.emplace_back();
    context.events.insert(context.absences.back().event);
  });
  each(sql::queue::list_draws, [&](auto& columns) {
    Draw draw;
    columns >> draw;
    context.draws[draw.event] = draw;
  });
  each(sql::queue::list_priority, [&](auto& columns) {
    PriorityUser row;
    columns >> row;
    context.priority[row.event].insert(row.user);
  });
  return context;
}

// The checks that are the same for every database, on one snapshot of the store. `each(query, row)`: see
// read_catalogue().
template <class Each>
void run_audit(AuditReport& report, LineStore& line, TimePoint latest_moment, Each&& each) {
  AuditCheck& readable = report.checks.emplace_back(
      AuditCheck{"catalogue", "The catalogue can be read: policies, layouts, seats of every date.", 0, {}});
  Catalogue catalogue;
  try {
    catalogue = tables::read_catalogue(each);
  } catch (const std::exception& why) {
    readable.add(why.what());
  }
  audit_catalogue(report, catalogue);
  audit_clock(report, latest_moment);
  constexpr std::string_view kFolder = "audit/";
  for (const sql::Text* query : sql::queries()) {
    if (!query->name.starts_with(kFolder)) continue;
    const std::string_view claim = query->text.substr(3, query->text.find('\n') - 3);  // after "-- "
    AuditCheck& check = report.checks.emplace_back(
        AuditCheck{std::string(query->name.substr(kFolder.size())), std::string(claim), 0, {}});
    each(*query, [&](auto& columns) {
      std::string finding;
      columns >> finding;
      check.add(std::move(finding));
    });
  }
  AuditCheck& digests = report.checks.emplace_back(
      AuditCheck{"answer_digests", "A remembered answer is found by its user and key (I-19).", 0, {}});
  each(sql::engine::list_answers, [&](auto& columns) {
    StoredDigest answer;
    columns >> answer.id >> answer.digest >> answer.user >> answer.key;
    audit_digest(digests, answer);
  });
  audit_lines(report, line, read_line_context(latest_moment, std::move(catalogue), each));
}

}  // namespace stagedoor::reports
