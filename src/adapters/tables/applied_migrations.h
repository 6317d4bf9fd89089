// The migrations that a database has had, as it remembers them, and whether this program can work on it: also
// on one that has had more than it knows, as long as those only added
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

// Throws StoreUnusable unless they are the first of ours, or ours the first of them and the one that a
// program must know, `needed`, among ours.
void check_migrations(std::span<const AppliedMigration> applied, std::span<const sql::Migration> ours,
                      std::int64_t needed);
// What to tell whoever runs a program that knows too little.
std::string needs_newer_program(std::int64_t needed, std::int64_t known);

// May be more than ours. `each(query, row)` as of read_catalogue(). Throws StoreUnusable, as above.
template <class Each>
std::vector<AppliedMigration> applied_migrations(std::span<const sql::Migration> ours, Each&& each) {
  std::vector<AppliedMigration> applied;
  each(sql::engine::list_migrations, [&](auto& columns) {
    auto& row = applied.emplace_back();
    columns >> row.number >> row.name >> row.hash;
  });
  std::int64_t needed = applied.empty() ? 0 : applied.back().number;  // unless the store says otherwise
  if (applied.size() > ours.size())
    each(sql::engine::find_schema_needed, [&](auto& columns) { columns >> needed; });
  check_migrations(applied, ours, needed);
  return applied;
}

}  // namespace stagedoor::tables
