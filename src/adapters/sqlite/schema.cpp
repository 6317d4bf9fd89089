#include "adapters/sqlite/schema.h"

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <vector>

namespace stagedoor {
namespace {

constexpr std::int64_t kApplicationId = 0x53746764;  // "Stgd", in the header of every store's file

struct Applied {
  int number = 0;
  std::string name;
  std::string hash;
};

// The migrations that the database has had, checked against ours.
std::vector<Applied> applied_migrations(Database& database) {
  std::vector<Applied> applied;
  Statement(database, sql::engine::list_migrations).each({}, [&](Columns& columns) {
    auto& row = applied.emplace_back();
    columns >> row.number >> row.name >> row.hash;
  });
  const auto known = sql::migrations();
  for (std::size_t i = 0; i < applied.size(); ++i) {
    if (i >= known.size()) {
      throw StoreUnusable(fmt::format(
          "the store was written by a newer Stagedoor (schema {}, this program knows {}); run that "
          "version, or restore a backup made before the upgrade",
          applied.back().name, known.back().name));
    }
    if (applied[i].number != known[i].number || applied[i].hash != known[i].hash) {
      throw StoreUnusable(
          fmt::format("the store's schema {} is not the one this program knows; it was made by another build",
                      applied[i].name));
    }
  }
  return applied;
}

void apply_migration(Database& database, const sql::Migration& migration) {
  database.execute(std::string(migration.text));
  const auto now = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
  Statement(database, sql::engine::insert_migration)
      .run({{"$number", migration.number},
            {"$name", migration.name},
            {"$hash", migration.hash},
            {"$applied_at", now}});
}

}  // namespace

void check_is_not_foreign(Database& database) {
  const auto id = database.ask("PRAGMA application_id");
  if (id == kApplicationId) return;
  std::int64_t tables = 0;
  Statement(database, sql::engine::count_tables).each({}, [&](Columns& columns) { columns >> tables; });
  if (tables > 0 || id != 0)
    throw StoreUnusable("the file is an SQLite database, but not a Stagedoor store; name another file");
}

void check_is_store(Database& database) {
  if (database.ask("PRAGMA application_id") != kApplicationId)
    throw StoreUnusable("the file is not a Stagedoor store");
}

void migrate(Database& database) {
  for (;;) {
    database.execute("BEGIN IMMEDIATE");
    database.execute(fmt::format("PRAGMA application_id = {}", kApplicationId));
    Statement(database, sql::engine::create_migrations).run({});
    const auto applied = applied_migrations(database);
    const bool is_current = applied.size() == sql::migrations().size();
    if (!is_current) apply_migration(database, sql::migrations()[applied.size()]);
    database.execute("COMMIT");
    if (is_current) return;
  }
}

void check_schema(Database& database) {
  check_is_store(database);
  if (applied_migrations(database).size() != sql::migrations().size())
    throw StoreUnusable("the store is of an older version; start the server once to upgrade it");
}

}  // namespace stagedoor
