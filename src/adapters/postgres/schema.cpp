#include "adapters/postgres/schema.h"

#include <algorithm>
#include <chrono>

#include "adapters/postgres/journal.h"
#include "adapters/tables/applied_migrations.h"

namespace stagedoor::postgres {
namespace {

std::int64_t ask(Connection& connection, const sql::Text& query) {
  std::int64_t answer = 0;
  connection.queue(query, {}, [&](Columns& columns) { columns >> answer; });
  connection.finish();
  return answer;
}

std::vector<tables::AppliedMigration> applied(Connection& connection) {
  return tables::applied_migrations(sql::migrations_in_postgres(), [&](const sql::Text& query, auto&& row) {
    connection.queue(query, {}, row);
    connection.finish();
  });
}

bool has_migrations(Connection& connection) {
  return ask(connection, sql::engine::find_migrations_table) > 0;
}
bool has_all_of_ours(Connection& connection) {
  return applied(connection).size() >= sql::migrations_in_postgres().size();
}

void apply_migration(Connection& connection, const sql::Migration& migration) {
  connection.run_script(std::string(migration.text));
  const auto now = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
  connection.queue(sql::engine::insert_migration, {{"$number", migration.number},
                                                   {"$name", migration.name},
                                                   {"$hash", migration.hash},
                                                   {"$applied_at", now}});
}

}  // namespace

void migrate(Connection& connection) {
  if (has_migrations(connection) && has_all_of_ours(connection)) return;
  connection.queue("BEGIN");
  connection.queue("SET LOCAL lock_timeout = '5min'");
  connection.queue("SET LOCAL statement_timeout = 0");
  connection.queue("SET LOCAL idle_in_transaction_session_timeout = 0");
  connection.queue(sql::engine::take_lock, {{"$key", kWritersLock}});
  // The lock blocks all writers, so the wait for a table in use (a dump) is short.
  connection.queue("SET LOCAL lock_timeout = '2s'");
  connection.finish();
  if (ask(connection, sql::engine::find_migrations_table) == 0 &&
      ask(connection, sql::engine::count_tables) > 0)
    throw StoreUnusable("the database has tables of another program; name an empty one in store.url");
  connection.queue(sql::engine::create_migrations, {});
  const auto ours = sql::migrations_in_postgres();
  const std::size_t had = applied(connection).size();
  for (const auto& migration : ours.subspan(std::min(had, ours.size())))
    apply_migration(connection, migration);
  connection.queue("COMMIT");
  connection.finish();
}

void check_schema(Connection& connection) {
  if (!has_migrations(connection)) throw StoreUnusable("the database is not a Stagedoor store");
  if (!has_all_of_ours(connection))
    throw StoreUnusable("the store is of an older version; start the server once to upgrade it");
}

}  // namespace stagedoor::postgres
