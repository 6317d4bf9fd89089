#include "adapters/postgres/schema.h"

#include <algorithm>
#include <chrono>

#include "adapters/tables/applied_migrations.h"

namespace stagedoor::postgres {
namespace {

// The writer lock of programs before migration 0008: an advisory lock, which every role can take.
constexpr std::int64_t kAdvisoryLock = 0x53746764;  // "Stgd"

std::int64_t ask(Connection& connection, const sql::Text& query, std::initializer_list<Param> params = {}) {
  std::int64_t answer = 0;
  connection.queue(query, params, [&](Columns& columns) { columns >> answer; });
  connection.finish();
  return answer;
}

std::vector<tables::AppliedMigration> applied(Connection& connection) {
  return tables::applied_migrations(sql::migrations_in_postgres(), [&](const sql::Text& query, auto&& row) {
    connection.queue(query, {}, row);
    connection.finish();
  });
}

bool has_table(Connection& connection, std::string_view name) {
  return ask(connection, sql::engine::find_table, {{"$name", name}}) > 0;
}
bool has_migrations(Connection& connection) { return has_table(connection, "migrations"); }
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

// Excludes all writers until the transaction ends. A store of an older program has no table to lock; whoever
// migrates it has the advisory lock, and when that is ours, the table may be there.
void lock(Connection& connection) {
  if (!has_table(connection, "writers"))
    connection.queue(sql::engine::take_advisory_lock, {{"$key", kAdvisoryLock}});
  if (has_table(connection, "writers")) connection.queue(sql::engine::take_lock, {});
  connection.finish();
}

}  // namespace

void migrate(Connection& connection) {
  if (has_migrations(connection) && has_all_of_ours(connection)) return;
  connection.queue("BEGIN");
  connection.queue("SET LOCAL lock_timeout = '5min'");
  connection.queue("SET LOCAL statement_timeout = 0");
  connection.queue("SET LOCAL idle_in_transaction_session_timeout = 0");
  lock(connection);
  // The lock blocks all writers, so the wait for a table in use (a dump) is short.
  connection.queue("SET LOCAL lock_timeout = '2s'");
  connection.finish();
  if (!has_migrations(connection) && ask(connection, sql::engine::count_tables) > 0)
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
