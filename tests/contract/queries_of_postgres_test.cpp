// The queries under sql/queries as PostgreSQL is asked them: each is run by some test of this program, and
// those of the lane and of readers go by an index.
#include <gmock/gmock.h>
#include <libpq-fe.h>

#include <map>
#include <mutex>
#include <set>

#include "adapters/postgres/connection.h"
#include "store_under_test.h"

namespace stagedoor::contract {
namespace {

struct Prepared {
  std::string text;
  std::vector<Oid> types;
};

std::map<std::string, Prepared>& prepared() {
  static std::map<std::string, Prepared> all;  // by the query's name
  return all;
}

// What only SQLite needs: PostgreSQL finds it by an index, or does it in one statement with something else.
const std::set<std::string_view> kOfSqlite = {
    "payment/find_newest",          "payment/find_paid_reservations",   "reservation/find_newest",
    "reservation/list_taking_fans", "reservation/reassign_reservation",
};

// What is read whole, and when.
bool reads_all(std::string_view name) {
  return name.starts_with("audit/") || name.find("/list_") != name.npos ||  // at start, or beside the servers
         name == "operator/find_log_of_event" ||                            // after a sale, to judge it
         name == "engine/find_journal_gaps" ||                              // by the audit
         name == "engine/create_migrations" || name == "engine/count_tables" ||
         name == "engine/find_table" ||                                     // at start
         name == "events/find_store_id" || name == "ticket/find_secret" ||  // the only row
         name == "events/find_backlog" ||  // for operators, and now and then: what waits, up to a limit
         name == "engine/end_stalled_writers" ||  // after seconds of waiting: the locks, not the store
         name == "engine/take_lock";              // has no plan
}

std::string plan_of(postgres::Connection& connection, const Prepared& query) {
  std::string types, values;
  for (const Oid type : query.types) {
    types +=
        (types.empty() ? "" : ", ") + (type ? "(" + std::to_string(type) + ")::OID::REGTYPE" : "'unknown'");
    values += values.empty() ? "NULL" : ", NULL";
  }
  std::string names;  // of the types
  if (!types.empty()) {
    connection.queue("SELECT array_to_string(ARRAY[" + types + "]::TEXT[], ', ')",
                     [&](postgres::Columns& columns) { columns >> names; });
    connection.finish();
  }
  connection.queue("PREPARE explained " + (names.empty() ? "" : "(" + names + ")") + " AS " + query.text);
  connection.finish();
  std::string plan;
  connection.queue("EXPLAIN EXECUTE explained " + (values.empty() ? "" : "(" + values + ")"),
                   [&](postgres::Columns& columns) {
                     std::string line;
                     columns >> line;
                     plan += line + "\n";
                   });
  connection.finish();
  connection.queue("DEALLOCATE explained");
  connection.finish();
  return plan;
}

// At the end, when all that is asked has been asked.
class QueriesAsked final : public testing::Environment {
 public:
  void TearDown() override {
    if (testing::GTEST_FLAG(filter) != "*" || test::PostgresServer::missing())
      return;  // not all tests were asked for
    for (const sql::Text* query : sql::queries()) {
      EXPECT_NE(prepared().contains(std::string(query->name)), kOfSqlite.contains(query->name))
          << query->name << " was never run on PostgreSQL, or is, though it is listed as one of SQLite";
    }
    const FreshDatabase database;
    expect_indexes(database.url());
    database.ask("VACUUM ANALYZE");  // now the tables are known to be empty, and reading all of one seems to
                                     // cost nothing
    expect_indexes(database.url());
  }

 private:
  static void expect_indexes(const std::string& url) {
    postgres::Connection connection({.url = url});
    for (const auto& [name, query] : prepared()) {
      if (reads_all(name)) continue;
      const std::string plan = plan_of(connection, query);
      EXPECT_THAT(plan, testing::Not(testing::HasSubstr("Seq Scan"))) << name;
      if (name.starts_with("engine/forget_") || name == "engine/find_last_of_journal" ||
          name == "engine/raise_watermark")
        continue;  // the first, the last, two of three
      EXPECT_THAT(plan, testing::Not(testing::HasSubstr("Join"))) << name << ": all rows are compared";
      for (auto at = plan.find("Index"); at != plan.npos; at = plan.find("Index", at + 1)) {
        if (plan.substr(at, 15).find("Scan") == plan.npos) continue;
        const auto next = plan.find('\n', at) + 1;
        EXPECT_THAT(plan.substr(next, plan.find('\n', next) - next), testing::HasSubstr("Index Cond"))
            << name << "\n"
            << plan;
      }
    }
  }
};
const auto* const kAsked = testing::AddGlobalTestEnvironment(new QueriesAsked);

}  // namespace
}  // namespace stagedoor::contract

extern "C" {
int __real_PQsendPrepare(PGconn*, const char* name, const char* query, int count, const Oid* types);

int __wrap_PQsendPrepare(PGconn* connection, const char* name, const char* query, int count,
                         const Oid* types) {
  static std::mutex mutex;
  {
    const std::lock_guard lock(mutex);
    stagedoor::contract::prepared()[name] = {query, {types, types + count}};
  }
  return __real_PQsendPrepare(connection, name, query, count, types);
}
}
