// Which check of the audit guards which column: each guarded column is damaged in each row, and each row is
// taken out.
#include "audited_columns.h"

#include <gmock/gmock.h>

#include <map>
#include <regex>
#include <set>

#include "audited_store.h"

namespace stagedoor::contract {
namespace {

using testing::Contains;
using testing::IsEmpty;

std::string table_of(const std::string& column) { return column.substr(0, column.find('.')); }
std::string name_of(const std::string& column) { return column.substr(column.find('.') + 1); }

// A row of a table: the condition that finds it, and the last column of its key.
struct Row {
  std::string condition;
  std::string key;
};

// The rows of the sound store, which are the same in every database. Of a table that SQLite lacks: one,
// `where`.
class Rows {
 public:
  Rows() { store_.fill(); }

  std::vector<Row> of(const std::string& table, const std::string& where) const {
    const auto keys =
        store_.ask("SELECT name FROM pragma_table_info('" + table + "') WHERE pk > 0 ORDER BY pk");
    if (keys.empty()) return {{where, ""}};
    std::string conditions;
    for (const auto& key : keys)
      conditions += (conditions.empty() ? "'" : " || ' AND ") + key + " = ' || lower_of(quote(" + key + "))";
    std::string question = "SELECT " + conditions + " FROM " + table + " WHERE " + where;
    question = std::regex_replace(question, std::regex("lower_of\\((quote\\([a-z_]+\\))\\)"),
                                  "CASE WHEN $1 LIKE 'X''%' THEN lower($1) ELSE $1 END");
    std::vector<Row> rows;
    const auto last = store_.ask("SELECT " + keys.back() + " FROM " + table + " WHERE " + where);
    for (const auto& condition : store_.ask(question)) rows.push_back({condition, last.at(rows.size())});
    return rows;
  }

 private:
  AuditedSqlite store_;
};

class AuditGuards : public testing::TestWithParam<AuditedKind> {
 protected:
  AuditGuards() { audited_->fill(); }

  bool is_sqlite() const { return std::string(GetParam().name) == "sqlite"; }
  bool has(const std::string& table) {
    const auto columns = audited_->columns();
    return std::any_of(columns.begin(), columns.end(),
                       [&](const auto& one) { return table_of(one) == table; });
  }

  // Does the damage, and undoes it after the audit.
  void expect_found(const std::string& table, const std::string& statement, const std::string& check,
                    const std::string& names) {
    audited_->save(table);
    audited_->damage(statement);
    if (check == "schema") {
      EXPECT_THROW(audited_->audit(), StoreUnusable) << statement;
    } else {
      const auto report = audited_->audit();
      const std::regex whole_word("(^|\\W)" + names + "($|\\W)");
      const auto& findings = check_of(report, check).findings;
      EXPECT_TRUE(std::any_of(findings.begin(), findings.end(),
                              [&](const auto& finding) { return std::regex_search(finding, whole_word); }))
          << statement << ": no finding of " << check << " has \"" << names << "\"\n"
          << report.text();
    }
    audited_->restore(table);
  }

  const std::unique_ptr<Audited> audited_ = GetParam().make();
  const Rows rows_;
};
INSTANTIATE_TEST_SUITE_P(Stores, AuditGuards, testing::ValuesIn(audited_kinds()),
                         [](const auto& kind) { return kind.param.name; });

TEST(AuditedColumns, are_all_columns_of_both_databases) {
  std::set<std::string> stored, listed;
  for (const auto& kind : audited_kinds()) {
    const auto audited = kind.make();
    audited->open();
    for (const auto& column : audited->columns()) stored.insert(column);
  }
  for (const auto& row : audited_columns()) listed.insert(row.column);
  const bool has_postgres = audited_kinds().size() > 1;
  for (const auto& column : stored)
    EXPECT_THAT(listed, Contains(column))
        << "a new column: which check of the audit guards it, or why is it free?";
  if (!has_postgres) return;
  for (const auto& column : listed)
    EXPECT_THAT(stored, Contains(column)) << "there is no such column any more";
  std::set<std::string> tables, removed_from;
  for (const auto& column : stored) tables.insert(table_of(column));
  for (const auto& row : audited_tables()) removed_from.insert(row.table);
  EXPECT_EQ(tables, removed_from);
}

TEST(AuditedColumns, are_free_for_a_reason_or_guarded_but_not_both) {
  std::map<std::string, std::set<bool>> is_free;
  for (const auto& row : audited_columns()) {
    is_free[row.column].insert(row.check.empty());
    EXPECT_FALSE(row.value.empty()) << row.column;
  }
  for (const auto& [column, both] : is_free) EXPECT_EQ(both.size(), 1U) << column;
}

TEST_P(AuditGuards, nothing_in_a_sound_store) {
  const auto report = audited_->audit();
  EXPECT_TRUE(report.is_clean()) << report.text();
}

// Under the sanitizers PostgreSQL is damaged in one kind of every kStep: each damage takes a tenth of a
// second.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kStep = 8;
#else
constexpr std::size_t kStep = 1;
#endif

// PostgreSQL, whose schema has to be taken apart for each damage, is damaged in one row of each kind.
TEST_P(AuditGuards, every_column_that_is_not_free) {
  for (std::size_t number = 0; const auto& row : audited_columns()) {
    const std::string table = table_of(row.column), name = name_of(row.column);
    if (row.check.empty() || !has(table)) continue;
    if (number++ % kStep != 0 && !is_sqlite()) continue;
    auto rows = rows_.of(table, row.where);
    ASSERT_FALSE(rows.empty()) << row.column << " " << row.where;
    if (!is_sqlite()) rows.resize(1);
    for (const auto& one : rows)
      expect_found(table, "UPDATE " + table + " SET " + name + " = " + row.value + " WHERE " + one.condition,
                   row.check, row.names.empty() ? one.key : row.names);
  }
}

TEST_P(AuditGuards, every_row_that_is_not_free) {
  for (std::size_t number = 0; const auto& row : audited_tables()) {
    if (row.check.empty() || !has(row.table)) continue;
    if (number++ % kStep != 0 && !is_sqlite()) continue;
    auto rows = rows_.of(row.table, row.where);
    ASSERT_FALSE(rows.empty()) << row.table << " " << row.where;
    if (!is_sqlite()) rows.resize(1);
    for (const auto& one : rows)
      expect_found(row.table, "DELETE FROM " + row.table + " WHERE " + one.condition, row.check,
                   row.names.empty() ? one.key : row.names);
  }
}

}  // namespace
}  // namespace stagedoor::contract
