#include "adapters/sqlite/audit.h"

#include <fmt/format.h>

#include "adapters/sqlite/catalogue_tables.h"
#include "adapters/sqlite/database.h"
#include "adapters/sqlite/schema.h"
#include "adapters/sqlite/sqlite_line.h"

namespace stagedoor::sqlite {
namespace {

// The checks of SQLite: pages, indexes against tables, NOT NULL, CHECK and foreign keys.
reports::AuditCheck check_file(Database& database) {
  reports::AuditCheck check{
      "constraints", "The file is whole: pages, indexes, constraints and references.", 0, {}};
  database.each_row("PRAGMA integrity_check", [&](Columns& columns) {
    std::string line;
    columns >> line;
    if (line != "ok") check.add(std::move(line));
  });
  database.each_row("PRAGMA foreign_key_check", [&](Columns& columns) {
    std::string table, parent;
    std::int64_t row = 0;
    columns >> table >> row >> parent;
    check.add(fmt::format("row {} of {} refers to a row of {} that is not there", row, table, parent));
  });
  return check;
}

}  // namespace

reports::AuditReport audit_sqlite(const std::string& path, const reports::OpenLine& open_line) {
  Database database(path, OpenFor::reading);
  check_schema(database);
  const ReadTransaction transaction(database);
  reports::AuditReport report;
  report.checks.push_back(check_file(database));
  std::int64_t latest_moment = 0;
  Statement(database, sql::engine::find_mark)
      .each({{"$name", std::string_view("latest_moment")}},
            [&](Columns& columns) { columns >> latest_moment; });
  const auto each = [&](const sql::Text& query, auto&& row) { Statement(database, query).each({}, row); };
  SqliteLine line(database);
  const auto elsewhere = reports::line_elsewhere(open_line, each);
  reports::run_audit(report, elsewhere ? *elsewhere : line, from_ms(latest_moment), each);
  return report;
}

}  // namespace stagedoor::sqlite
