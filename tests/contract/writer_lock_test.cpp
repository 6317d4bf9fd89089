// R-A8: who can keep an instance from writing, and for how long. The instance has a role of its own that is
// no superuser, since those have every right.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <chrono>

#include "adapters/postgres/postgres_store.h"
#include "core/log.h"
#include "sample.h"
#include "sql/sql.h"
#include "store_under_test.h"

namespace stagedoor::contract {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::AllOf;
using testing::AnyOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::ThrowsMessage;

constexpr std::string_view kLockWriters = "LOCK TABLE writers IN EXCLUSIVE MODE";

class WriterLock : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = test::PostgresServer::missing()) GTEST_SKIP() << *why;
    database_.emplace();
    ask("DROP ROLE IF EXISTS seller, clerk, reporter; CREATE ROLE seller LOGIN; CREATE ROLE clerk LOGIN; "
        "CREATE ROLE reporter LOGIN; GRANT ALL ON ALL TABLES IN SCHEMA public TO seller, clerk; "
        "GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO seller");
    store_.emplace(postgres::PostgresOptions{.url = url("seller")});
    open_sample(*store_);
  }
  void TearDown() override {
    if (!database_) return;
    store_.reset();
    ask("DROP OWNED BY seller, clerk, reporter; DROP ROLE seller, clerk, reporter");
  }
  std::string url(std::string_view role) const {
    std::string url = database_->url();
    return url.replace(url.find("stagedoor@"), 9, role);
  }
  std::string ask(const std::string& statements) const { return database_->ask(statements); }
  // A session of a person, in a transaction that ends when it is rolled back.
  std::unique_ptr<postgres::Connection> session(std::string_view role, std::string_view statement) const {
    auto session = std::make_unique<postgres::Connection>(
        postgres::ConnectionOptions{.url = url(role) + "?application_name=psql", .idle_limit = Millis(0)});
    session->queue("BEGIN");
    session->queue(statement);
    session->finish();
    return session;
  }
  // How long a hold takes.
  milliseconds hold(std::int64_t id, int seat_number) {
    const auto begin = steady_clock::now();
    commit_rows(*store_, contract::hold(id, seat(seat_number), user(1)));
    return std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin);
  }

  std::optional<FreshDatabase> database_;
  std::optional<postgres::PostgresStore> store_;
  std::int64_t next_id_ = 1001;
};

TEST_F(WriterLock, is_not_delayed_by_a_stranger_who_holds_every_advisory_lock) {
  const auto stranger = session("reporter",
                                "SELECT pg_advisory_lock(1400137572), pg_advisory_lock(1, hashtext('out')), "
                                "(SELECT count(pg_advisory_lock(n)) FROM generate_series(0, 2000) n), "
                                "(SELECT count(pg_advisory_lock(0, n)) FROM generate_series(0, 2000) n)");
  EXPECT_LT(hold(1001, 1), milliseconds(2000));
  EXPECT_TRUE(store_->outbox()->claim("out"));
  EXPECT_LT(hold(1002, 2), milliseconds(2000));
}

TEST_F(WriterLock, cannot_be_taken_by_a_role_without_the_right_to_write) {
  ask("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reporter");
  for (const char* mode : {"ROW SHARE", "ROW EXCLUSIVE", "SHARE", "EXCLUSIVE", "ACCESS EXCLUSIVE"}) {
    EXPECT_THAT([&] { session("reporter", fmt::format("LOCK TABLE writers IN {} MODE", mode)); },
                ThrowsMessage<std::exception>(HasSubstr("permission denied")));
  }
  const auto reader = session("reporter", "LOCK TABLE writers IN ACCESS SHARE MODE");
  EXPECT_LT(hold(1001, 1), milliseconds(2000));
}

TEST_F(WriterLock, is_taken_from_an_idle_session_of_our_own_role_within_three_seconds) {
  const auto person = session("seller", kLockWriters);
  EXPECT_LT(hold(1001, 1), milliseconds(3000));
}

// Nor does an open transaction that wrote rows of the store stop those who write the same rows.
TEST_F(WriterLock, rows_of_an_idle_transaction_of_our_own_role_are_free_within_three_seconds) {
  for (const char* statement :
       {"UPDATE meta SET value = value", "LOCK TABLE reservations IN ACCESS EXCLUSIVE MODE"}) {
    const auto person = session("seller", statement);
    const auto until = steady_clock::now() + milliseconds(3500);
    bool is_held = false;
    while (!is_held && steady_clock::now() < until) {
      try {
        hold(next_id_, int(next_id_ - 1000));
        is_held = true;
        ++next_id_;
      } catch (const StoreUnavailable& why) {
        EXPECT_THAT(why.what(),
                    AnyOf(HasSubstr("role seller, application psql"), HasSubstr("stalled session")));
      }
    }
    EXPECT_TRUE(is_held) << statement;
  }
}

// Nor does it matter what it may see: pg_monitor shows sessions and does not let anybody end them.
TEST_F(WriterLock, is_an_outage_when_another_role_has_it_and_names_that_session) {
  for (const bool is_monitor : {false, true}) {
    if (is_monitor) ask("GRANT pg_monitor TO seller");
    auto clerk = session("clerk", kLockWriters);
    const std::string pid = ask("SELECT pid FROM pg_stat_activity WHERE usename = 'clerk'");
    const auto names_it = AllOf(HasSubstr("process " + pid), HasSubstr("role clerk, application psql"));
    auto begin = steady_clock::now();
    EXPECT_THAT([&] { hold(1001, 1); }, ThrowsMessage<StoreUnavailable>(names_it));
    EXPECT_LT(steady_clock::now() - begin, milliseconds(8000));
    begin = steady_clock::now();
    EXPECT_THAT([&] { hold(1001, 1); }, ThrowsMessage<StoreUnavailable>(names_it));
    EXPECT_LT(steady_clock::now() - begin, milliseconds(2000)) << "the next one does not wait as long";
    clerk.reset();
    EXPECT_LT(hold(is_monitor ? 1002 : 1001, is_monitor ? 2 : 1), milliseconds(2000));
  }
}

TEST_F(WriterLock, lack_of_any_right_is_an_outage_until_it_is_given_back) {
  hold(1001, 1);
  for (const char* right :
       {"INSERT ON journal", "SELECT ON meta", "UPDATE, DELETE, TRUNCATE, INSERT ON writers"}) {
    ask(fmt::format("REVOKE {} FROM seller", right));
    EXPECT_THAT([&] { hold(1002, 2); }, ThrowsMessage<StoreUnavailable>(HasSubstr("permission denied")))
        << right;
    ask(fmt::format("GRANT {} TO seller", right));
  }
  hold(1002, 2);
}

// --- what else a server may answer ---

// A pooler that shares sessions between statements loses the prepared ones.
TEST_F(WriterLock, a_lost_prepared_statement_is_an_outage_and_a_new_session_works) {
  postgres::Connection connection({.url = url("seller")});
  connection.set_fatal_on_error();
  const auto ask_for_mark = [&] {
    connection.queue(sql::engine::find_mark, {{"$name", std::string_view("latest_moment")}});
    connection.finish();
  };
  ask_for_mark();
  connection.queue("DEALLOCATE ALL");
  connection.finish();
  EXPECT_THAT(ask_for_mark, ThrowsMessage<StoreUnavailable>(HasSubstr("26000")));
  EXPECT_FALSE(connection.is_open());
}

TEST_F(WriterLock, a_table_changed_by_hand_is_an_outage_until_the_next_session) {
  const auto reader = store_->queries();
  commit_rows(*store_, wallet(1, user(1), 0, 0));
  EXPECT_TRUE(reader->wallet(user(1)));
  ask("ALTER TABLE wallets ALTER COLUMN seq TYPE INTEGER");
  EXPECT_THAT([&] { reader->wallet(user(1)); }, ThrowsMessage<StoreUnavailable>(HasSubstr("0A000")));
  EXPECT_TRUE(reader->wallet(user(1)));
}

TEST_F(WriterLock, a_statement_that_does_not_fit_the_tables_ends_the_process) {
  GTEST_FLAG_SET(death_test_style, "fast");
  ask("ALTER TABLE wallets RENAME COLUMN balance TO amount");
  EXPECT_DEATH(store_->queries()->wallet(user(1)), "42703");
}

// --- a database that is open to all ---

std::vector<std::string> g_warnings;

TEST_F(WriterLock, a_start_warns_when_every_role_may_connect) {
  const auto warnings = [&] {
    g_warnings.clear();
    set_log_writer([](LogLevel level, std::string_view message, std::span<const LogField>) {
      if (level == LogLevel::warn) g_warnings.emplace_back(message);
    });
    postgres::PostgresStore({.url = url("seller")});
    set_log_writer(nullptr);
    return g_warnings;
  };
  const auto about_it = Contains(HasSubstr("REVOKE CONNECT"));
  EXPECT_THAT(warnings(), about_it);
  ask(fmt::format("GRANT CONNECT ON DATABASE {0} TO seller; REVOKE CONNECT ON DATABASE {0} FROM PUBLIC",
                  database_->name()));
  EXPECT_THAT(warnings(), Not(about_it));
}

}  // namespace
}  // namespace stagedoor::contract
