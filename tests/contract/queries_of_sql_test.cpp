// The queries under sql/queries: each goes by an index unless it is here to read everything, and each is run
// by some test of this program.
#include <gmock/gmock.h>
#include <sqlite3.h>

#include <mutex>
#include <set>

#include "adapters/sqlite/sqlite_store.h"
#include "adapters/tables/statements.h"
#include "store_under_test.h"

namespace stagedoor::contract {
namespace {

// What is read whole, and when. So are the rows of the kinds that an instance reads at start.
const std::set<std::string_view> kReadsAll = {
    "catalogue/list_cancellations",  // at start
    "catalogue/list_categories",     // at start
    "catalogue/list_dates",          // at start
    "catalogue/list_events",         // at start
    "catalogue/list_imports",        // at start
    "catalogue/list_layouts",        // at start
    "catalogue/list_seats",          // at start
    "catalogue/list_sections",       // at start
    "engine/count_tables",           // at start, the schema's table
    "events/list_sinks",             // for operators: a row for each sink
    "events/find_store_id",          // the only row
    "ticket/find_secret",            // the same
    "engine/list_migrations",        // at start
    "engine/list_answers",           // by the audit
    "reservation/list_taking_fans",  // at start, along the partial index
    "engine/forget_answers",         // the first rows of the table, as many as the limit
    "engine/forget_outbox",          // the same
    "events/find_backlog",           // for operators: the rows that wait, as many as the limit
    "operator/find_log_of_event",    // after a sale, to judge it
};

bool reads_a_kind(std::string_view query) {
  bool found = false;
  for_each_kind([&]<class Kind>(Kind) {
    if constexpr (!std::is_null_pointer_v<decltype(tables::kList<Kind>)>)
      found = found || tables::kList<Kind>->name == query;
  });
  return found;
}

std::string plan_of(sqlite3* db, const sql::Text& query) {
  const std::string explain = "EXPLAIN QUERY PLAN " + std::string(query.text);
  sqlite3_stmt* statement = nullptr;
  EXPECT_EQ(sqlite3_prepare_v2(db, explain.c_str(), -1, &statement, nullptr), SQLITE_OK)
      << query.name << ": " << sqlite3_errmsg(db);
  std::string plan;
  while (sqlite3_step(statement) == SQLITE_ROW)
    plan += reinterpret_cast<const char*>(sqlite3_column_text(statement, 3)) + std::string("\n");
  sqlite3_finalize(statement);
  return plan;
}

TEST(Queries, go_by_an_index) {
  const sqlite::SqliteStore store({.path = ":memory:"});
  sqlite::Database database(store.path(), sqlite::OpenFor::reading);
  for (const sql::Text* query : sql::queries()) {
    if (query->text.empty() || query->name.starts_with("audit/") || query->name == "engine/create_migrations")
      continue;
    const std::string plan = plan_of(database.raw(), *query);
    EXPECT_THAT(plan, testing::Not(testing::HasSubstr("TEMP B-TREE"))) << query->name;
    std::string scans = plan;  // a row of constants is none of the store's
    if (const auto at = scans.find("SCAN CONSTANT ROW"); at != std::string::npos) scans.erase(at, 17);
    const bool reads_all = scans.find("SCAN ") != std::string::npos;
    EXPECT_EQ(reads_all, kReadsAll.contains(query->name) || reads_a_kind(query->name)) << query->name << ":\n"
                                                                                       << plan;
  }
}

// Writes down every statement that any connection of this program begins.
class Ran final : public testing::Environment {
 public:
  void SetUp() override { sqlite3_auto_extension(reinterpret_cast<void (*)()>(watch)); }

  void TearDown() override {
    if (testing::GTEST_FLAG(filter) != "*") return;  // not all tests were asked for
    for (const sql::Text* query : sql::queries())
      EXPECT_TRUE(query->text.empty() || texts().contains(std::string(query->text)))
          << query->name << " was never run";
  }

 private:
  static std::set<std::string>& texts() {
    static std::set<std::string> all;
    return all;
  }
  static int watch(sqlite3* db, const char**, const struct sqlite3_api_routines*) {
    return sqlite3_trace_v2(
        db, SQLITE_TRACE_STMT,
        [](unsigned, void*, void* statement, void*) {
          static std::mutex mutex;
          const std::lock_guard lock(mutex);
          texts().insert(sqlite3_sql(static_cast<sqlite3_stmt*>(statement)));
          return 0;
        },
        nullptr);
  }
};

const auto* const kRan = testing::AddGlobalTestEnvironment(new Ran);

}  // namespace
}  // namespace stagedoor::contract
