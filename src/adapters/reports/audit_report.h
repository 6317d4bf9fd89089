// Checks every invariant of the rows (R-O3): one query under sql/queries/audit a claim, whose rows are what
// contradicts it. A new file there is a new check.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "adapters/tables/catalogue_rows.h"

namespace stagedoor {

struct AuditCheck {
  std::string name;                   // "find_seats_taken_twice"
  std::string claim;                  // "A seat has at most one reservation that takes it (I-1)."
  std::int64_t count = 0;             // of what contradicts it
  std::vector<std::string> findings;  // the first of them, with ids

  void add(std::string finding);
};

struct AuditReport {
  std::vector<AuditCheck> checks;

  bool is_clean() const;
  // A line a claim, with what contradicts it below.
  std::string text() const;
};

// The checks that every database does alike. `each(query, row)` as of read_catalogue().
template <class Each>
void run_audit(AuditReport& report, Each&& each) {
  AuditCheck& catalogue = report.checks.emplace_back(
      AuditCheck{"catalogue", "The catalogue can be read: policies, layouts, seats of every date.", 0, {}});
  try {
    read_catalogue(each);
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
}

}  // namespace stagedoor
