// What only a store that several instances write has to prove: who hears what, who may write, what becomes of
// a commit when the connection, the server or the writer itself stops.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <future>
#include <thread>

#include "adapters/postgres/audit.h"
#include "adapters/postgres/postgres_store.h"
#include "adapters/postgres/room_rows.h"
#include "sample.h"
#include "store_under_test.h"
#include "support/tcp_proxy.h"
#include "text.h"

namespace stagedoor::contract {
namespace {

using std::chrono::steady_clock;
using test::PostgresServer;
using test::TcpProxy;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::string_view kTakeLock = "LOCK TABLE writers IN EXCLUSIVE MODE";

// A store as one of several instances, and the ids of the reservations that it heard of.
struct Instance {
  explicit Instance(postgres::PostgresOptions options) : store(std::move(options)) {
    store.subscribe(
        [this](const Batch& batch) {
          for (const auto& one : batch.reservations.rows()) heard.push_back(one.row.id.value);
        },
        {});
  }
  void hold(std::int64_t id, int seat_number) {
    commit_rows(store, contract::hold(id, seat(seat_number), user(1)));
  }
  // Hears of the others as soon as the server is tried again; within 5 s.
  void follow_when_reachable() {
    const auto until = steady_clock::now() + std::chrono::seconds(5);
    for (;;) {
      try {
        return store.poll();
      } catch (const StoreUnavailable&) {
        if (steady_clock::now() > until) throw;
      }
    }
  }
  bool has(std::int64_t id) { return store.queries()->reservation(ReservationId{id}).has_value(); }

  std::vector<std::int64_t> heard;
  postgres::PostgresStore store;
};

class Postgres : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (const auto why = PostgresServer::missing()) GTEST_SKIP() << *why;
  }
  void SetUp() override {
    if (PostgresServer::missing()) GTEST_SKIP();
    GTEST_FLAG_SET(death_test_style, "fast");
    database_.emplace();
    postgres::PostgresStore store({.url = url()});
    open_sample(store);
  }
  std::string url() const { return database_->url(); }
  // Why the store cannot be opened; "" when it can.
  static std::string refusal(const std::string& url) {
    try {
      postgres::PostgresStore({.url = url});
      return "";
    } catch (const std::exception& why) {
      return why.what();
    }
  }
  // Returns when a session waits for the writers' lock.
  void await_waiting_writer() const {
    while (database_->ask("SELECT count(*) FROM pg_locks WHERE locktype = 'relation' AND NOT granted") == "0")
      std::this_thread::yield();
  }

  std::optional<FreshDatabase> database_;
};

// --- hearing ---

TEST_F(Postgres, instances_hear_each_other_once_and_in_order) {
  Instance one({.url = url()});
  Instance two({.url = url()});
  two.store.poll();
  one.hold(1001, 1);
  one.hold(1002, 2);
  EXPECT_THAT(two.heard, IsEmpty());
  two.store.poll();
  EXPECT_THAT(two.heard, ElementsAre(1001, 1002));
  two.store.poll();
  two.hold(1003, 3);
  one.hold(1004, 4);
  two.store.begin();
  EXPECT_THAT(two.heard, ElementsAre(1001, 1002, 1004));
  EXPECT_THAT(one.heard, ElementsAre(1003)) << "never its own";
}

TEST_F(Postgres, instances_hear_what_is_stored_and_nothing_else) {
  Instance one({.url = url()});
  Instance two({.url = url()});
  two.store.poll();
  one.hold(1001, 1);
  {
    const auto transaction = one.store.begin();
    Batch batch;
    put(batch, contract::hold(1002, seat(2), user(1)));
    transaction->apply(batch);  // and no commit
  }
  Batch refused;
  put(refused, contract::hold(1003, seat(1), user(2)));
  EXPECT_TRUE(refuses(one.store, refused));
  one.hold(1004, 4);
  two.store.poll();
  EXPECT_THAT(two.heard, ElementsAre(1001, 1004));
  EXPECT_FALSE(two.has(1002));
}

TEST_F(Postgres, an_instance_hears_after_a_lost_connection_what_it_missed) {
  TcpProxy proxy(postgres().port());
  Instance one({.url = url()});
  Instance two({.url = database_->url(proxy.port())});
  two.store.poll();
  one.hold(1001, 1);
  two.store.poll();
  proxy.cut();
  one.hold(1002, 2);
  EXPECT_THROW(two.store.poll(), StoreUnavailable);
  two.store.poll();
  EXPECT_THAT(two.heard, ElementsAre(1001, 1002));
}

TEST_F(Postgres, many_batches_at_once_are_heard_in_order) {
  Instance one({.url = url()});
  Instance two({.url = url()});
  two.store.poll();
  std::vector<std::int64_t> ids;
  for (int i = 0; i < 250; ++i) {  // more than are read at a time
    commit_rows(one.store, cancelled(contract::hold(1001 + i, seat(1), user(1)), CancelReason::OWNER));
    ids.push_back(1001 + i);
  }
  two.store.poll();
  EXPECT_EQ(two.heard, ids);
}

// A statement sees what was there when it began to wait: the lock first, then, in another statement, what is
// true.
TEST_F(Postgres, the_owner_of_the_lock_sees_commits_made_while_it_waited) {
  Instance one({.url = url()});
  Instance two({.url = url()});
  two.store.poll();
  const auto last = [&] { return database_->ask("SELECT max(seq) FROM journal"); };
  const std::string before = last();

  auto transaction = one.store.begin();
  database_->ask(
      "CREATE FUNCTION take_lock() RETURNS VOID LANGUAGE plpgsql AS "
      "'BEGIN LOCK TABLE writers IN EXCLUSIVE MODE; END'");
  auto in_one_statement = std::async(
      std::launch::async, [&] { return database_->ask("SELECT max(seq) FROM journal, take_lock()"); });
  await_waiting_writer();
  Batch batch;
  put(batch, contract::hold(1001, seat(1), user(1)));
  transaction->apply(batch);
  transaction->commit();
  EXPECT_EQ(in_one_statement.get(), before);
  EXPECT_NE(last(), before);

  transaction = one.store.begin();
  auto waiting = std::async(std::launch::async, [&] { two.store.begin(); });
  await_waiting_writer();
  Batch next;
  put(next, contract::hold(1002, seat(2), user(1)));
  transaction->apply(next);
  transaction->commit();
  waiting.get();
  EXPECT_THAT(two.heard, ElementsAre(1001, 1002));
}

TEST_F(Postgres, the_journal_has_no_gaps_whoever_writes_and_whatever_fails) {
  constexpr int kWriters = 3, kRounds = 30;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      Instance instance({.url = url()});
      for (int i = 0; i < kRounds; ++i) {
        const std::int64_t id = 10'000 * (writer + 1) + i;
        if (i % 3 == 0) instance.store.begin();  // and nothing
        Batch twice;
        put(twice, contract::hold(id, seat(1), user(1)));
        put(twice, contract::hold(id + 5000, seat(1), user(2)));
        EXPECT_TRUE(i % 4 != 0 || refuses(instance.store, twice));
        commit_rows(instance.store, cancelled(contract::hold(id, seat(1), user(1)), CancelReason::OWNER));
      }
    });
  }
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(database_->ask("SELECT count(*) || ' ' || min(seq) || ' ' || max(seq) FROM journal"),
            fmt::format("{0} 0 {1}", kWriters * kRounds + 2, kWriters * kRounds + 1));
}

TEST_F(Postgres, the_start_reads_one_state_and_what_comes_later_is_heard) {
  Instance one({.url = url()});
  one.hold(1001, 1);
  Instance two({.url = url()});
  two.store.catalogue();
  one.hold(1002, 2);
  std::vector<std::int64_t> taking;
  two.store.read({.reservation = [&](const Reservation& row) { taking.push_back(row.id.value); }});
  EXPECT_THAT(taking, ElementsAre(1001));
  two.store.begin();
  EXPECT_THAT(two.heard, ElementsAre(1002));
}

TEST_F(Postgres, a_start_with_a_lost_connection_does_not_mix_two_snapshots) {
  TcpProxy proxy(postgres().port());
  Instance one({.url = database_->url(proxy.port())});
  one.store.catalogue();
  proxy.cut();
  EXPECT_THROW(one.store.latest_moment(), StoreUnavailable);
  EXPECT_THROW(one.store.latest_moment(), StoreUnavailable);
}

TEST_F(Postgres, old_batches_are_forgotten_but_never_the_last) {
  Instance one({.url = url()});
  for (int i = 1; i <= 5; ++i) one.hold(1000 + i, i);
  EXPECT_EQ(one.store.forget({}, 100).rows, 0u) << "they are young";
  database_->ask("UPDATE journal SET created_at = created_at - 11 * 60000");
  EXPECT_EQ(one.store.forget({}, 4).rows, 4u);
  EXPECT_EQ(one.store.forget({}, 100).rows, 2u);
  EXPECT_EQ(database_->ask("SELECT count(*) FROM journal"), "1");
  one.hold(1006, 6);
}

// --- exits when memory is ahead of the store ---

TEST_F(Postgres, ends_the_process_when_the_store_went_back) {
  Instance one({.url = url()});
  one.hold(1001, 1);
  database_->ask("DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal)");
  EXPECT_DEATH(one.store.begin(), "went back to a state before batch");
}

TEST_F(Postgres, ends_the_process_when_another_past_was_written) {
  Instance one({.url = url()});
  one.hold(1001, 1);
  database_->ask("UPDATE journal SET writer = gen_random_uuid() WHERE seq = (SELECT max(seq) FROM journal)");
  EXPECT_DEATH(one.store.poll(), "went back to a state before batch");
}

TEST_F(Postgres, ends_the_process_when_it_missed_what_is_forgotten) {
  Instance one({.url = url()});
  Instance two({.url = url()});
  two.store.poll();
  for (int i = 1; i <= 3; ++i) one.hold(1000 + i, i);
  database_->ask("DELETE FROM journal WHERE seq < (SELECT max(seq) FROM journal)");
  EXPECT_DEATH(two.store.poll(), "no longer in the journal");
}

TEST_F(Postgres, ends_the_process_when_it_cannot_read_what_another_wrote) {
  Instance one({.url = url()});
  Instance two({.url = url()});
  two.store.poll();
  one.hold(1001, 1);
  database_->ask("UPDATE journal SET body = 'nonsense' WHERE seq = (SELECT max(seq) FROM journal)");
  EXPECT_DEATH(two.store.poll(), "cannot be read");
}

// --- what row locks would be about ---

// Two that insert, or change, the same rows in opposite order wait for each other. The writers' lock comes
// before all rows, so instances do not.
TEST_F(Postgres, instances_that_write_the_same_rows_in_opposite_order_do_not_deadlock) {
  constexpr std::uint8_t kWallets = 200;
  const std::string session = "SET deadlock_timeout = '10ms'; BEGIN; ";
  const auto insert = [](int first, int second) {
    const auto one = [](int n) {
      return fmt::format("INSERT INTO wallets VALUES ({0}, lpad('{0}', 32, '0')::UUID, 0, 0); ", n);
    };
    return one(first) + "SELECT pg_sleep(0.2); " + one(second);
  };
  auto beside = std::async(std::launch::async, [&] { database_->ask(session + insert(1, 2) + "ROLLBACK"); });
  std::string told;
  for (const auto& opposite :
       {std::function<void()>([&] { database_->ask(session + insert(2, 1) + "ROLLBACK"); }),
        std::function<void()>([&] { beside.get(); })}) {
    try {
      opposite();
    } catch (const std::runtime_error& why) {
      told += why.what();
    }
  }
  EXPECT_THAT(told, HasSubstr("deadlock detected")) << "without the lock";

  Instance up({.url = url()});
  Instance down({.url = url()});
  for (std::int64_t round = 0; round < 20; ++round) {
    Batch rising;
    Batch falling;
    for (std::uint8_t n = 1; n <= kWallets; ++n) {
      const auto other = std::uint8_t(kWallets + 1 - n);
      for (auto& [batch, number] : {std::pair{&rising, n}, std::pair{&falling, other}}) {
        const Wallet before = wallet(number, user(number), 0, round);
        put(*batch, wallet(number, user(number), 0, round + 1), round == 0 ? nullptr : &before);
      }
    }
    auto other = std::async(std::launch::async, [&] { return refuses(down.store, falling); });
    const bool is_refused = refuses(up.store, rising);
    EXPECT_NE(other.get(), is_refused) << "one comes first, and the other finds that its rows are old";
  }
}

// Of rows that a hold refers to, somebody else's open transaction may lock any. With a reference to its seat
// it would wait for one that could be renumbered or go away.
TEST_F(Postgres, holds_wait_for_nobody_who_changes_what_they_refer_to) {
  Instance one({.url = url(), .lock_limit = Millis(200)});
  one.store.poll();
  postgres::Connection somebody({.url = url(), .idle_limit = Millis(60'000)});
  std::int64_t id = 1000;
  const auto is_held_while_locked = [&](std::string_view rows) {
    somebody.queue("BEGIN");
    somebody.queue(fmt::format("SELECT 1 FROM {}", rows));
    somebody.finish();
    ++id;
    bool is_held = true;
    try {
      one.hold(id, int(id - 1000));
    } catch (const StoreUnavailable& why) {
      is_held = false;
      EXPECT_THAT(why.what(), HasSubstr("lock timeout"));
    }
    somebody.roll_back();
    return is_held;
  };
  for (const char* table : {"events", "dates", "seats"}) {
    id = 1000;
    database_->ask("DELETE FROM reservations");
    for (const char* strength : {"FOR KEY SHARE", "FOR SHARE", "FOR NO KEY UPDATE", "FOR UPDATE"})
      EXPECT_TRUE(is_held_while_locked(fmt::format("{} {}", table, strength))) << table << " " << strength;
  }
  database_->ask("ALTER TABLE reservations ADD FOREIGN KEY (seat_id) REFERENCES seats (id)");
  EXPECT_TRUE(is_held_while_locked("seats FOR NO KEY UPDATE"));
  EXPECT_FALSE(is_held_while_locked("seats FOR UPDATE"));
}

// It is not behind while nobody can write: it goes on answering reads.
TEST_F(Postgres, who_waits_long_for_its_turn_hears_of_the_others_meanwhile) {
  Instance one({.url = url()});
  one.store.poll();
  std::atomic<int> told = 0;
  one.store.subscribe([](const Batch&) {},
                      [&](steady_clock::time_point since) {
                        EXPECT_LT(steady_clock::now() - since, std::chrono::milliseconds(500));
                        ++told;
                      });
  postgres::Connection somebody({.url = url(), .idle_limit = Millis(60'000)});
  somebody.queue("BEGIN");
  somebody.queue(kTakeLock);
  somebody.finish();
  auto waiting = std::async(std::launch::async, [&] { one.hold(1001, 1); });
  while (told < 2 && waiting.wait_for(std::chrono::milliseconds(1)) == std::future_status::timeout) {
  }
  EXPECT_EQ(told, 2);
  somebody.roll_back();
  waiting.get();
  EXPECT_TRUE(one.has(1001));
}

// --- a writer that stops ---

TEST_F(Postgres, a_stalled_writer_delays_the_others_by_three_seconds_and_cannot_commit_afterwards) {
  int ready[2];
  int go_on[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(go_on), 0);
  char byte = 0;
  const pid_t child = ::fork();
  if (child == 0) {
    int result = 1;
    try {
      Instance stopped({.url = url()});
      const auto transaction = stopped.store.begin();
      Batch batch;
      put(batch, contract::hold(1001, seat(1), user(1)));
      transaction->apply(batch);
      static_cast<void>(!::write(ready[1], "r", 1));
      static_cast<void>(!::read(go_on[0], &byte, 1));
      transaction->commit();
    } catch (const StoreUnavailable&) {
      result = 7;
    }
    ::_exit(result);
  }
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  ::kill(child, SIGSTOP);
  Instance other({.url = url()});
  const auto begin = steady_clock::now();
  other.hold(1002, 1);
  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(3));
  ::kill(child, SIGCONT);
  ASSERT_EQ(::write(go_on[1], "g", 1), 1);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 7);
  EXPECT_TRUE(other.has(1002));
  EXPECT_FALSE(other.has(1001));
  for (const int end : {ready[0], ready[1], go_on[0], go_on[1]}) ::close(end);
}

// In the first statement of a transaction, and in a later one, which the server waits for without a limit.
TEST_F(Postgres, a_writer_that_stops_in_the_midst_of_a_message_is_cut_off) {
  Instance other({.url = url()});
  other.store.poll();
  for (const char* mark : {"INSERT INTO reservations", "INSERT INTO journal"}) {
    TcpProxy proxy(postgres().port());
    Instance stalled({.url = database_->url(proxy.port())});
    stalled.store.poll();
    proxy.stall_after(mark);
    auto lost =
        std::async(std::launch::async, [&] { EXPECT_THROW(stalled.hold(1001, 1), StoreUnavailable); });
    while (proxy.faults() == 0) std::this_thread::yield();
    const auto begin = steady_clock::now();
    const auto made =
        cancelled(contract::hold(1002 + (mark[12] == 'j'), seat(1), user(1)), CancelReason::OWNER);
    commit_rows(other.store, made);
    EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(3)) << mark;
    lost.get();
    EXPECT_FALSE(other.has(1001));
    EXPECT_TRUE(other.has(made.id.value));
  }
}

// What does not fit into the network's buffers keeps the server waiting, also without a limit.
TEST_F(Postgres, a_writer_that_does_not_read_is_terminated) {
  Instance other({.url = url()});
  other.store.poll();
  const std::unique_ptr<PGconn, decltype(&PQfinish)> stopped(PQconnectdb(url().c_str()), &PQfinish);
  PQclear(PQexec(stopped.get(), fmt::format("BEGIN; {}", kTakeLock).c_str()));
  ASSERT_EQ(PQsendQuery(stopped.get(), "SELECT repeat('x', 50000000)"), 1) << PQerrorMessage(stopped.get());
  while (database_->ask("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'ClientWrite' AND "
                        "datname = current_database()") == "0")
    std::this_thread::yield();
  const auto begin = steady_clock::now();
  other.hold(1001, 1);
  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(3));
}

// Nobody is cut off for having waited for the lock himself.
TEST_F(Postgres, a_writer_that_has_just_got_the_lock_is_not_cut_off) {
  postgres::Connection first({.url = url(), .idle_limit = Millis(60'000)});
  first.queue("BEGIN");
  first.queue(kTakeLock);
  first.finish();
  Instance second({.url = url(), .lock_limit = Millis(60'000), .idle_limit = Millis(60'000)});
  Instance third({.url = url(), .lock_limit = Millis(100), .idle_limit = Millis(2000)});
  third.store.poll();
  auto waiting = std::async(std::launch::async, [&] { return second.store.begin(); });
  await_waiting_writer();
  std::this_thread::sleep_for(std::chrono::milliseconds(2200));  // longer than a stopped writer may be idle
  first.roll_back();
  const auto transaction = waiting.get();
  EXPECT_THROW(third.store.begin(), StoreUnavailable);
  Batch batch;
  put(batch, contract::hold(1001, seat(1), user(1)));
  transaction->apply(batch);
  transaction->commit();
  EXPECT_TRUE(second.has(1001));
}

TEST_F(Postgres, a_connection_lost_while_another_holds_the_lock_is_replaced) {
  postgres::Connection somebody({.url = url(), .idle_limit = Millis(60'000)});
  TcpProxy proxy(postgres().port());
  Instance one(
      {.url = database_->url(proxy.port()), .lock_limit = Millis(200), .idle_limit = Millis(60'000)});
  one.store.poll();
  somebody.queue("BEGIN");
  somebody.queue(kTakeLock);
  somebody.finish();
  proxy.lose_message_with("ROLLBACK");
  EXPECT_THROW(one.store.begin(), StoreUnavailable);
  EXPECT_EQ(proxy.faults(), 1);
  somebody.roll_back();
  one.hold(1001, 1);
}

// --- a commit whose answer is lost ---

// PostgreSQL takes the commit of a session that is ended while it waits for a replica for done.
TEST_F(Postgres, recovered_commit_waits_for_synchronous_replica) {
  const auto name_replicas = [&](std::string_view setting) {
    database_->ask(fmt::format("ALTER SYSTEM {}", setting));
    database_->ask("SELECT pg_reload_conf()");
  };
  Instance one(
      {.url = url(), .lock_limit = Millis(200), .answer_limit = Millis(400), .outcome_limit = Millis(2000)});
  one.store.poll();
  name_replicas("SET synchronous_standby_names = 'nobody'");
  auto outcome = std::async(std::launch::async, [&] {
    for (std::int64_t id = 1;; ++id)  // until the server has read its settings
      commit_rows(one.store, cancelled(contract::hold(id, seat(1), user(1)), CancelReason::OWNER));
  });
  while (outcome.wait_for(std::chrono::milliseconds(5)) != std::future_status::ready)
    database_->ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
  EXPECT_THROW(outcome.get(), StoreOutcomeUnknown);
  name_replicas("RESET synchronous_standby_names");
  postgres::PostgresStore another({.url = url()});
  commit_rows(another, contract::hold(1'000'000, seat(2), user(1)));  // once the server has read them again
}

TEST_F(Postgres, a_commit_whose_answer_was_lost_is_found_to_be_done) {
  TcpProxy proxy(postgres().port());
  Instance one({.url = database_->url(proxy.port())});
  one.hold(1001, 1);
  proxy.lose_answer_after("COMMIT");
  one.hold(1002, 2);
  EXPECT_EQ(proxy.faults(), 1);
  EXPECT_TRUE(one.has(1002));
  one.hold(1003, 3);
  EXPECT_THAT(one.heard, IsEmpty());
}

// R-Q18
TEST_F(Postgres, knows_whether_instances_run_that_have_the_line_elsewhere) {
  Instance here({.url = url()});
  EXPECT_FALSE(here.store.has_other_lines());
  {
    Instance there({.url = url(), .line = "redis://one:6379/0"}),
        same({.url = url(), .line = "redis://one:6379/0"});
    EXPECT_TRUE(here.store.has_other_lines());
    EXPECT_TRUE(there.store.has_other_lines());
    Instance third({.url = url(), .line = "redis://two:6379/0"});
    EXPECT_TRUE(third.store.has_other_lines());
  }
  const auto until = steady_clock::now() + std::chrono::seconds(5);  // sessions end a little later
  while (here.store.has_other_lines()) ASSERT_LT(steady_clock::now(), until);
}

// The database ends sessions (at a restart, or an operator does), at any moment of their work.
TEST_F(Postgres, an_ended_session_is_a_lost_connection_at_every_point) {
  Instance one({.url = url()});
  std::int64_t done = 0, ended = 0;
  {
    const std::jthread ender([&](const std::stop_token& is_over) {
      while (!is_over.stop_requested()) {
        database_->ask(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND "
            "application_name = 'stagedoor' AND state <> 'idle'");
      }
    });
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    for (std::int64_t id = 1; std::chrono::steady_clock::now() < until; ++id) {
      try {
        commit_rows(one.store, cancelled(contract::hold(id, seat(1), user(1)), CancelReason::OWNER));
        ++done;
      } catch (const StoreUnavailable&) {
        ++ended;
      }
    }
  }
  EXPECT_GT(ended, 0);
  EXPECT_EQ(database_->ask("SELECT count(*) FROM reservations WHERE id < 1000000"), std::to_string(done));
}

TEST_F(Postgres, a_commit_that_did_not_arrive_is_found_not_to_be_done) {
  TcpProxy proxy(postgres().port());
  Instance one({.url = database_->url(proxy.port())});
  one.hold(1001, 1);
  proxy.lose_message_with("COMMIT");
  EXPECT_THROW(one.hold(1002, 2), StoreUnavailable);
  EXPECT_EQ(proxy.faults(), 1);
  EXPECT_FALSE(one.has(1002));
  one.hold(1003, 2);
}

TEST_F(Postgres, a_commit_that_cannot_be_queried_is_unknown_and_received_later) {
  TcpProxy proxy(postgres().port());
  Instance one({.url = database_->url(proxy.port()), .outcome_limit = Millis(100)});
  one.hold(1001, 1);
  proxy.lose_answer_after("COMMIT");
  proxy.keep_out();
  EXPECT_THROW(one.hold(1002, 2), StoreOutcomeUnknown);
  EXPECT_THROW(one.store.poll(), StoreUnavailable);
  proxy.let_in();
  EXPECT_THAT(one.heard, IsEmpty());
  one.follow_when_reachable();
  EXPECT_THAT(one.heard, ElementsAre(1002));
  one.hold(1003, 3);
}

TEST_F(Postgres, gives_a_silent_server_up) {
  TcpProxy proxy(postgres().port());
  Instance one(
      {.url = database_->url(proxy.port()), .answer_limit = Millis(200), .outcome_limit = Millis(100)});
  one.hold(1001, 1);
  const auto reader = one.store.queries();
  EXPECT_TRUE(reader->reservation(ReservationId{1001}));
  proxy.pause();
  EXPECT_THROW(one.store.poll(), StoreUnavailable);
  EXPECT_THROW(reader->reservation(ReservationId{1001}), StoreUnavailable);
  proxy.resume();
  one.hold(1002, 2);
  EXPECT_TRUE(reader->reservation(ReservationId{1002}));
}

// --- the server ---

TEST_F(Postgres, is_unavailable_while_the_server_restarts_and_works_again_after) {
  Instance one({.url = url()});
  one.hold(1001, 1);
  const auto reader = one.store.queries();
  EXPECT_TRUE(reader->reservation(ReservationId{1001}));
  for (const auto how : {PostgresServer::How::immediate, PostgresServer::How::fast}) {
    auto transaction = one.store.begin();
    Batch batch;
    put(batch, contract::hold(1002, seat(2), user(1)));
    transaction->apply(batch);
    postgres().restart(how);
    EXPECT_THROW(transaction->commit(), StoreUnavailable);
    transaction.reset();
    postgres().stop(how);
    EXPECT_THROW(one.store.begin(), StoreUnavailable);
    EXPECT_THROW(reader->reservation(ReservationId{1001}), StoreUnavailable);
    postgres().start();
    EXPECT_TRUE(reader->reservation(ReservationId{1001}));
    EXPECT_FALSE(reader->reservation(ReservationId{1002}));
  }
  one.hold(1003, 3);
  EXPECT_TRUE(reader->reservation(ReservationId{1003}));
}

TEST_F(Postgres, reconnects_to_an_unreachable_server_with_back_off) {
  TcpProxy proxy(postgres().port());
  Instance one({.url = database_->url(proxy.port())});
  one.store.poll();
  proxy.keep_out();
  proxy.cut();
  const int before = proxy.clients();
  const auto until = steady_clock::now() + std::chrono::seconds(2);
  while (steady_clock::now() < until) EXPECT_THROW(one.store.poll(), StoreUnavailable);
  EXPECT_GE(proxy.clients() - before, 3);
  EXPECT_LE(proxy.clients() - before, 10);
  proxy.let_in();
  const auto begin = steady_clock::now();
  one.follow_when_reachable();
  EXPECT_LT(steady_clock::now() - begin, std::chrono::milliseconds(1500));
  one.hold(1001, 1);
}

TEST_F(Postgres, readers_notice_nothing_of_a_connection_lost_while_idle) {
  TcpProxy proxy(postgres().port());
  Instance one({.url = database_->url(proxy.port())});
  one.hold(1001, 1);
  const auto reader = one.store.queries();
  EXPECT_TRUE(reader->reservation(ReservationId{1001}));
  proxy.cut();
  EXPECT_TRUE(reader->reservation(ReservationId{1001}));
}

TEST_F(Postgres, is_unavailable_while_an_operator_locks_a_table) {
  Instance one({.url = url(), .lock_limit = Millis(200)});
  one.hold(1001, 1);
  auto operators_hand = std::async(std::launch::async, [&] {
    database_->ask("BEGIN; LOCK TABLE reservations IN EXCLUSIVE MODE; SELECT pg_sleep(1)");
  });
  while (database_->ask(
             "SELECT count(*) FROM pg_locks WHERE mode = 'ExclusiveLock' AND locktype = 'relation'") == "0")
    std::this_thread::yield();
  EXPECT_THROW(one.hold(1002, 2), StoreUnavailable);
  operators_hand.get();
  one.hold(1002, 2);
}

// --- opening ---

TEST_F(Postgres, is_migrated_by_one_of_many_that_start_at_once) {
  const FreshDatabase fresh(FreshDatabase::With::nothing);
  std::vector<std::future<std::string>> starting;
  for (int i = 0; i < 4; ++i)
    starting.push_back(std::async(std::launch::async, [&] { return refusal(fresh.url()); }));
  for (auto& start : starting) EXPECT_EQ(start.get(), "");
  std::string all;
  for (const auto& migration : sql::migrations_in_postgres())
    all += (all.empty() ? "" : " ") + std::to_string(migration.number);
  EXPECT_EQ(fresh.ask("SELECT string_agg(number::TEXT, ' ' ORDER BY number) FROM migrations"), all);
}

TEST_F(Postgres, leaves_nothing_of_a_migration_that_failed) {
  const FreshDatabase fresh(FreshDatabase::With::nothing);
  fresh.ask("CREATE FUNCTION expect_rows(BIGINT, BIGINT, TEXT) RETURNS VOID LANGUAGE sql AS ''");
  EXPECT_THAT(refusal(fresh.url()), HasSubstr("expect_rows"));
  EXPECT_EQ(fresh.ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0");
}

TEST_F(Postgres, exchanges_a_mark) {
  EXPECT_EQ(postgres::PostgresStore({.url = url()}).exchange_mark("auth_key", -5), std::nullopt);
  EXPECT_EQ(postgres::PostgresStore({.url = url()}).exchange_mark("auth_key", 7), -5);
}

TEST_F(Postgres, refuses_a_store_of_another_build) {
  database_->ask("UPDATE migrations SET hash = 'other' WHERE number = 1");
  EXPECT_THAT(refusal(url()), HasSubstr("another build created it"));
}

// --- a newer version beside this one (R-M5) ---

// What a newer version might have done: its migration, and something new in each table.
constexpr const char* kLaterAdds = R"(
  INSERT INTO migrations (number, name, hash, applied_at) VALUES (9001, '9001-later', 'hash', 0);
  CREATE TABLE added_9001 (id BIGINT PRIMARY KEY, reservation_id BIGINT NOT NULL REFERENCES reservations (id));
  DO $$ DECLARE old TEXT; BEGIN
    FOR old IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'added_9001' LOOP
      EXECUTE format('ALTER TABLE %I ADD COLUMN added TEXT, ADD COLUMN counted BIGINT NOT NULL DEFAULT 7', old);
    END LOOP; END $$)";
constexpr const char* kLaterIsNeeded = "UPDATE meta SET value = 9001 WHERE name = 'schema_needed'";

TEST_F(Postgres, works_on_a_store_to_which_a_newer_version_added) {
  Instance one({.url = url()});
  const auto reader = one.store.queries();
  one.hold(1001, 1);  // its statements are prepared
  EXPECT_TRUE(reader->reservation(ReservationId{1001}));
  database_->ask(kLaterAdds);
  Instance two({.url = url()});
  two.store.poll();
  one.hold(1002, 2);
  two.hold(1003, 3);
  one.store.poll();
  EXPECT_THAT(two.heard, ElementsAre(1002));
  EXPECT_THAT(one.heard, ElementsAre(1003));
  EXPECT_EQ(reader->reservations_of(user(1), std::nullopt, {}).size(), 3u);
  EXPECT_EQ(postgres::audit_postgres(url()).checks.at(0).count, 0) << "constraints, the newer ones too";
  EXPECT_TRUE(postgres::read_room_postgres(url(), EventId{1}));
  EXPECT_EQ(database_->ask("SELECT max(number) FROM migrations"), "9001") << "nothing was applied again";
}

TEST_F(Postgres, refuses_a_store_that_a_newer_version_changed_and_says_what_to_do) {
  database_->ask(std::string(kLaterAdds) + ";" + kLaterIsNeeded);
  const auto says_it = AllOf(HasSubstr("schema 9001"), HasSubstr("run the newer version"));
  EXPECT_THAT(refusal(url()), says_it);
  EXPECT_THAT([&] { postgres::audit_postgres(url()); }, testing::ThrowsMessage<StoreUnusable>(says_it));
  EXPECT_THAT([&] { postgres::read_room_postgres(url(), EventId{1}); },
              testing::ThrowsMessage<StoreUnusable>(says_it));
}

TEST_F(Postgres, refuses_a_newer_version_s_store_that_does_not_say_what_it_needs) {
  database_->ask(std::string(kLaterAdds) + "; DELETE FROM meta WHERE name = 'schema_needed'");
  EXPECT_THAT(refusal(url()), HasSubstr("schema 9001"));
}

// It is told under the writers' lock, before anything is decided; so also by a connection that is new.
TEST_F(Postgres, ends_the_process_when_a_newer_version_changed_the_tables_under_it) {
  Instance one({.url = url()});
  one.hold(1001, 1);
  database_->ask(std::string(kLaterAdds) + ";" + kLaterIsNeeded);
  EXPECT_DEATH(one.store.begin(), "schema 9001 can work on it.*run the newer version");
  EXPECT_DEATH(one.store.poll(), "schema 9001 can work on it");
  database_->ask(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
      "pg_backend_pid()");
  EXPECT_THROW(one.store.poll(), StoreUnavailable);
  EXPECT_DEATH(one.store.poll(), "schema 9001 can work on it");
}

// --- what is no store of ours ---

TEST_F(Postgres, refuses_another_program_s_database_and_leaves_it_alone) {
  const FreshDatabase other(FreshDatabase::With::nothing);
  other.ask("CREATE TABLE theirs (x INTEGER)");
  EXPECT_THAT(refusal(other.url()), HasSubstr("another program"));
  EXPECT_EQ(other.ask("SELECT string_agg(tablename, ' ') FROM pg_tables WHERE schemaname = 'public'"),
            "theirs");
}

TEST_F(Postgres, refuses_a_database_that_is_not_in_utf_8) {
  postgres().ask("postgres", "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1'");
  EXPECT_THAT(refusal(postgres().url("latin")), AllOf(HasSubstr("LATIN1"), HasSubstr("ENCODING 'UTF8'")));
  postgres().drop("latin");
}

TEST_F(Postgres, refuses_what_can_only_be_read) {
  database_->ask(fmt::format("ALTER DATABASE {} SET default_transaction_read_only = on", database_->name()));
  EXPECT_THAT(refusal(url()), HasSubstr("name the primary"));

  postgres().stop(PostgresServer::How::fast);
  std::ofstream(postgres().folder() / "data/standby.signal").flush();
  postgres().start();
  EXPECT_EQ(postgres().ask("postgres", "SELECT pg_is_in_recovery()"), "t");
  EXPECT_THAT(refusal(postgres().url("postgres")), HasSubstr("is a replica"));
  const std::string hosts =
      fmt::format("postgres://stagedoor@127.0.0.1:1,127.0.0.1:{}/postgres", postgres().port());
  EXPECT_THAT(refusal(hosts), HasSubstr("hot standby"));
  EXPECT_THAT(refusal(hosts + "?target_session_attrs=any"), HasSubstr("is a replica"));
  postgres().stop(PostgresServer::How::fast);
  std::filesystem::remove(postgres().folder() / "data/standby.signal");
  postgres().start();
}

TEST_F(Postgres, says_why_it_cannot_be_reached_without_the_password) {
  const auto told = [](const std::string& at) {
    return refusal("postgres://stagedoor:s3cret@127.0.0.1" + at);
  };
  EXPECT_THAT(told(":1/sale"), AllOf(HasSubstr("127.0.0.1:1/sale"), Not(HasSubstr("s3cret"))));
  EXPECT_THAT(told(fmt::format(":{}/absent", postgres().port())),
              AllOf(HasSubstr("absent"), Not(HasSubstr("s3cret"))));
  EXPECT_THAT(told(":1,127.0.0.1:2/sale?target_session_attrs=read-write"),
              AllOf(HasSubstr("127.0.0.1:2/sale"), Not(HasSubstr("s3cret"))));
  EXPECT_THAT(refusal("postgres://stagedoor@127.0.0.1:1,127.0.0.1:2/sale?password=s3cret"),
              AllOf(HasSubstr("127.0.0.1:2/sale"), Not(HasSubstr("s3cret"))));
  for (const char* wrong : {":x/sale", ":1:2/sale", "/sale?no=such", "/%zz"}) {
    EXPECT_THAT(told(wrong), AllOf(Not(testing::StrEq("")), Not(HasSubstr("s3cret")))) << wrong;
  }
}

}  // namespace
}  // namespace stagedoor::contract
