// The migrations that a database records as applied, and whether this program can work on it. It can also
// work on a database with migrations that it does not know, if those only add
// (sql/migrations/0004-versions/notes.md).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sql/sql.h"

namespace stagedoor::tables {

struct AppliedMigration {
  int number = 0;
  std::string name;
  std::string hash;
};

// Throws StoreUnusable unless one list is a prefix of the other. If the database has more, this program must
// have the migration `needed`.
void check_migrations(std::span<const AppliedMigration> applied, std::span<const sql::Migration> ours,
                      std::int64_t needed);
// The error message for a program that is too old.
std::string needs_newer_program(std::int64_t needed, std::int64_t known);

// May return more migrations than this program has. `each(query, row)`: see read_catalogue(). Throws
// StoreUnusable, as above.
template <class Each>
std::vector<AppliedMigration> applied_migrations(std::span<const sql::Migration> ours, Each&& each) {
  std::vector<AppliedMigration> applied;
  each(sql::engine::list_migrations, [&](auto& columns) {
    auto& row = applied.emplace_back();
    columns >> row.number >> row.name >> row.hash;
  });
  std::int64_t needed = applied.empty() ? 0 : applied.back().number;  // default, if the store has no value
  if (applied.size() > ours.size())
    each(sql::engine::find_schema_needed, [&](auto& columns) { columns >> needed; });
  check_migrations(applied, ours, needed);
  return applied;
}

}  // namespace stagedoor::tables
