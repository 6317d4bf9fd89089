// The migrations that a database has had, as it remembers them.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "sql/sql.h"

namespace stagedoor {

struct AppliedMigration {
  int number = 0;
  std::string name;
  std::string hash;
};

// Throws StoreUnusable unless they are the first of ours.
void check_migrations(std::span<const AppliedMigration> applied, std::span<const sql::Migration> ours);

// `each(query, row)` as of read_catalogue().
template <class Each>
std::vector<AppliedMigration> applied_migrations(std::span<const sql::Migration> ours, Each&& each) {
  std::vector<AppliedMigration> applied;
  each(sql::engine::list_migrations, [&](auto& columns) {
    auto& row = applied.emplace_back();
    columns >> row.number >> row.name >> row.hash;
  });
  check_migrations(applied, ours);
  return applied;
}

}  // namespace stagedoor
