// Checks every invariant of the rows (R-O3): one query under sql/queries/audit a claim, whose rows are what
// contradicts it. A new file there is a new check.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace stagedoor {

struct AuditCheck {
  std::string name;                   // "find_seats_taken_twice"
  std::string claim;                  // "A seat has at most one reservation that takes it (I-1)."
  std::int64_t count = 0;             // of what contradicts it
  std::vector<std::string> findings;  // the first of them, with ids
};

struct AuditReport {
  std::vector<AuditCheck> checks;

  bool is_clean() const;
  // A line a claim, with what contradicts it below.
  std::string text() const;
};

// All checks on one state of the store, in one read transaction; a server may be running (its write-ahead log
// grows meanwhile). Throws StoreUnusable when there is no store of this version to read.
AuditReport audit_sqlite(const std::string& path);

}  // namespace stagedoor
