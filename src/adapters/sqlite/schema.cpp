#include "adapters/sqlite/schema.h"

#include <fmt/format.h>

#include <chrono>
#include <cstring>
#include <string>
#include <vector>

#include "adapters/tables/answer_digest.h"
#include "adapters/tables/applied_migrations.h"
#include "core/ensure.h"

namespace stagedoor::sqlite {
namespace {

constexpr std::int64_t kApplicationId = 0x53746764;  // "Stgd", in the header of every store's file

std::vector<tables::AppliedMigration> applied(Database& database) {
  return tables::applied_migrations(sql::migrations(), [&](const sql::Text& query, auto&& row) {
    Statement(database, query).each({}, row);
  });
}

// The function answer_digest(user_id, key) of migration 0008.
void add_digest_function(Database& database) {
  const auto digest_of = [](sqlite3_context* result, int, sqlite3_value** given) {
    UserId user;
    ensure(sqlite3_value_bytes(given[0]) == int(user.bytes.size()), "a stored user has 16 bytes");
    std::memcpy(user.bytes.data(), sqlite3_value_blob(given[0]), user.bytes.size());
    const auto* key = static_cast<const char*>(sqlite3_value_blob(given[1]));
    const Uuid digest =
        tables::answer_digest(user, {key ? key : "", std::size_t(sqlite3_value_bytes(given[1]))});
    sqlite3_result_blob(result, digest.bytes.data(), int(digest.bytes.size()), SQLITE_TRANSIENT);
  };
  sqlite3_create_function(database.raw(), "answer_digest", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr,
                          digest_of, nullptr, nullptr);
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
  add_digest_function(database);
  for (;;) {
    database.execute("BEGIN IMMEDIATE");
    database.execute(fmt::format("PRAGMA application_id = {}", kApplicationId));
    Statement(database, sql::engine::create_migrations).run({});
    const std::size_t had = applied(database).size();
    const bool has_all_of_ours = had >= sql::migrations().size();
    if (!has_all_of_ours) apply_migration(database, sql::migrations()[had]);
    database.execute("COMMIT");
    if (has_all_of_ours) return;
  }
}

void check_schema(Database& database) {
  check_is_store(database);
  if (applied(database).size() < sql::migrations().size())
    throw StoreUnusable("the store is of an older version; start the server once to upgrade it");
}

}  // namespace stagedoor::sqlite
