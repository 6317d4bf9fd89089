#include "adapters/postgres/audit.h"

#include <fmt/format.h>

#include "adapters/postgres/postgres_line.h"
#include "adapters/postgres/reading.h"
#include "adapters/postgres/schema.h"

namespace stagedoor::postgres {
namespace {

// The constraints of PostgreSQL. It enforced them at every write; a disk fault or an operator may have broken
// them.
reports::AuditCheck check_constraints(Connection& connection) {
  reports::AuditCheck check{
      "constraints", "Every row keeps the constraints and references of the schema.", 0, {}};
  std::vector<std::pair<std::string, std::string>> questions;
  connection.queue(sql::engine::list_constraint_checks, {}, [&](Columns& columns) {
    auto& question = questions.emplace_back();
    columns >> question.first >> question.second;
  });
  connection.finish();
  for (const auto& [what, question] : questions) {
    std::int64_t rows = 0;
    connection.queue(question, [&](Columns& columns) { columns >> rows; });
    connection.finish();
    if (rows > 0) check.add(fmt::format("{} ({} rows)", what, rows));
  }
  return check;
}

reports::AuditCheck check_journal(Connection& connection) {
  reports::AuditCheck check{
      "journal", "The batches of the journal have numbers without a gap, and the newest one is kept.", 0, {}};
  connection.stream(sql::engine::find_journal_gaps, {}, [&](Columns& columns) {
    std::string finding;
    columns >> finding;
    check.add(std::move(finding));
  });
  return check;
}

}  // namespace

reports::AuditReport audit_postgres(const std::string& url, const reports::OpenLine& open_line) {
  Connection connection({.url = url});
  check_schema(connection);
  begin_reading(connection);
  reports::AuditReport report;
  report.checks.push_back(check_constraints(connection));
  report.checks.push_back(check_journal(connection));
  std::int64_t latest_moment = 0;
  connection.stream(sql::engine::find_mark, {{"$name", std::string_view("latest_moment")}},
                    [&](Columns& columns) { columns >> latest_moment; });
  const auto each = [&](const sql::Text& query, auto&& row) { connection.stream(query, {}, row); };
  PostgresLine line(connection);
  const auto elsewhere = reports::line_elsewhere(open_line, each);
  reports::run_audit(report, elsewhere ? *elsewhere : line, from_ms(latest_moment), each);
  return report;
}

}  // namespace stagedoor::postgres
