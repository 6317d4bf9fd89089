// Checks every invariant of the rows (R-O3): one query under sql/queries/audit per claim, which returns the
// violations. A new file there is a new check. Claims about the line are checked here, because the line is
// read from its LineStore.
#pragma once

#include <cstdint>
#include <set>
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

// Rows that the checks of the line need besides the line.
struct LineContext {
  std::set<EventId> events{};
  std::vector<Visit> visits{};  // by event, place
  TimePoint latest_moment{};
};
// Adds the checks of all lines. Holds the users of one line in memory.
void audit_lines(AuditReport& report, LineStore& line, const LineContext& context);

// The checks that are the same for every database, on one snapshot of the store. `each(query, row)`: see
// read_catalogue().
template <class Each>
void run_audit(AuditReport& report, LineStore& line, TimePoint latest_moment, Each&& each) {
  AuditCheck& catalogue = report.checks.emplace_back(
      AuditCheck{"catalogue", "The catalogue can be read: policies, layouts, seats of every date.", 0, {}});
  try {
    tables::read_catalogue(each);
  } catch (const std::exception& why) {
    catalogue.add(why.what());
  }
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
  LineContext context{.latest_moment = latest_moment};
  each(sql::catalogue::list_events, [&](auto& columns) {
    EventId event;
    columns >> event;
    context.events.insert(event);
  });
  each(sql::queue::list_visits, [&](auto& columns) {
    columns >> context.visits.emplace_back();
    context.events.insert(context.visits.back().event);
  });
  audit_lines(report, line, context);
}

}  // namespace stagedoor::reports
