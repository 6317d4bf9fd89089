#include "adapters/sqlite/audit.h"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/sqlite/catalogue_tables.h"
#include "adapters/sqlite/database.h"
#include "adapters/sqlite/schema.h"

namespace stagedoor {
namespace {

constexpr std::size_t kFindingsShown = 20;
constexpr std::string_view kFolder = "audit/";

void add_finding(AuditCheck& check, std::string finding) {
  ++check.count;
  if (check.findings.size() < kFindingsShown) check.findings.push_back(std::move(finding));
}

// The comment that the query begins with.
std::string claim_of(const sql::Text& query) {
  std::string_view text = query.text;
  text.remove_prefix(std::min<std::size_t>(text.size(), 3));  // "-- "
  return std::string(text.substr(0, text.find('\n')));
}

AuditCheck run_check(Database& database, const sql::Text& query) {
  AuditCheck check{std::string(query.name.substr(kFolder.size())), claim_of(query), 0, {}};
  Statement(database, query).each({}, [&](Columns& columns) {
    std::string finding;
    columns >> finding;
    add_finding(check, std::move(finding));
  });
  return check;
}

// SQLite's own view: pages, indexes against tables, NOT NULL, CHECK and foreign keys.
AuditCheck check_file(Database& database) {
  AuditCheck check{"file", "The file is whole: pages, indexes, constraints and references.", 0, {}};
  database.each_row("PRAGMA integrity_check", [&](Columns& columns) {
    std::string line;
    columns >> line;
    if (line != "ok") add_finding(check, std::move(line));
  });
  database.each_row("PRAGMA foreign_key_check", [&](Columns& columns) {
    std::string table, parent;
    std::int64_t row = 0;
    columns >> table >> row >> parent;
    add_finding(check,
                fmt::format("row {} of {} refers to a row of {} that is not there", row, table, parent));
  });
  return check;
}

AuditCheck check_catalogue(Database& database) {
  AuditCheck check{"catalogue", "The catalogue can be read: policies, layouts, seats of every date.", 0, {}};
  try {
    read_catalogue(database);
  } catch (const std::exception& why) {
    add_finding(check, why.what());
  }
  return check;
}

}  // namespace

bool AuditReport::is_clean() const {
  return std::all_of(checks.begin(), checks.end(), [](const AuditCheck& check) { return check.count == 0; });
}

std::string AuditReport::text() const {
  std::string out;
  for (const auto& check : checks) {
    out += fmt::format("{} {}\n", check.count == 0 ? "ok   " : "WRONG", check.claim);
    for (const auto& finding : check.findings) out += fmt::format("        {}\n", finding);
    const auto more = check.count - std::int64_t(check.findings.size());
    if (more > 0) out += fmt::format("        and {} more\n", more);
  }
  const auto wrong = std::count_if(checks.begin(), checks.end(), [](const auto& c) { return c.count > 0; });
  out += wrong == 0 ? fmt::format("The store is clean: {} checks.\n", checks.size())
                    : fmt::format("{} of {} checks found something wrong.\n", wrong, checks.size());
  return out;
}

AuditReport audit_sqlite(const std::string& path) {
  Database database(path, OpenFor::reading);
  check_schema(database);
  const ReadTransaction transaction(database);
  AuditReport report;
  report.checks.push_back(check_file(database));
  report.checks.push_back(check_catalogue(database));
  for (const sql::Text* query : sql::queries())
    if (query->name.starts_with(kFolder)) report.checks.push_back(run_check(database, *query));
  return report;
}

}  // namespace stagedoor
