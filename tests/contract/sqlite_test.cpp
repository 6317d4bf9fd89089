// What only a store in a file has to prove: one writer, crashes, damage, versions, a full disk, a bounded
// log.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "adapters/sqlite/audit.h"
#include "adapters/sqlite/backup.h"
#include "adapters/sqlite/clock_report.h"
#include "adapters/sqlite/database.h"
#include "adapters/sqlite/room_rows.h"
#include "adapters/sqlite/sqlite_store.h"
#include "faulty_disk.h"
#include "sample.h"
#include "store_under_test.h"
#include "text.h"

namespace stagedoor::contract {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::unique_ptr<sqlite::SqliteStore> open(const std::string& path) {
  return std::make_unique<sqlite::SqliteStore>(sqlite::SqliteOptions{.path = path});
}

// Why the store cannot be opened; "" when it can.
std::string refusal(const std::string& path) {
  try {
    open(path);
    return "";
  } catch (const StoreUnusable& why) {
    return why.what();
  }
}

void run_sql(const std::string& path, const std::string& statements) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(db, statements.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
  sqlite3_close(db);
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::int64_t root_page(const std::string& path, const std::string& name) {
  sqlite::Database database(path, sqlite::OpenFor::reading);
  return database.ask("SELECT rootpage FROM sqlite_schema WHERE name = '" + name + "'");
}

void damage_page(const std::string& path, std::int64_t page, std::int64_t from = 0) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp((page - 1) * 4096 + from);
  file << std::string(std::size_t(4096 - from), 'x');
}

struct GoodDisk {
  ~GoodDisk() { FaultyDisk::set(FaultyDisk::Fault::none); }
};

class Sqlite : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    FaultyDisk::install();
    GTEST_FLAG_SET(death_test_style, "threadsafe");
  }
  std::string path() const { return folder_.file("store.db"); }

  Folder folder_;
};

TEST_F(Sqlite, refuses_a_second_writer_and_names_the_first) {
  auto first = open(path());
  EXPECT_THAT(refusal(path()), HasSubstr(fmt::format("in use by process {}", ::getpid())));
  fs::create_symlink(path(), folder_.file("other name.db"));
  EXPECT_THAT(refusal(folder_.file("other name.db")), HasSubstr("in use"));
  first.reset();
  EXPECT_EQ(refusal(path()), "");
}

TEST_F(Sqlite, keeps_all_commits_after_its_process_was_killed) {
  const pid_t child = ::fork();
  if (child == 0) {
    auto store = open(path());
    open_sample(*store);
    commit_rows(*store, hold(1001, seat(1), user(1)));
    const auto unfinished = store->begin();
    Batch batch;
    put(batch, hold(1002, seat(2), user(2)));
    unfinished->apply(batch);
    ::_exit(0);  // nothing is closed
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  const auto store = open(path());
  EXPECT_TRUE(store->queries()->reservation(ReservationId{1001}));
  EXPECT_FALSE(store->queries()->reservation(ReservationId{1002}));
}

TEST_F(Sqlite, is_whole_when_copied_with_its_log_in_the_midst_of_writing) {
  auto store = open(path());
  open_sample(*store);
  for (int i = 1; i <= 10; ++i) commit_rows(*store, hold(1000 + i, seat(i), user(1)));
  const std::string copy = folder_.file("copy.db");
  fs::copy_file(path(), copy);
  fs::copy_file(path() + "-wal", copy + "-wal");
  EXPECT_EQ(open(copy)->queries()->reservations_of(user(1), std::nullopt, {}).size(), 10u);
}

TEST_F(Sqlite, loses_only_the_torn_end_of_its_log) {
  auto store = open(path());
  open_sample(*store);
  commit_rows(*store, hold(1001, seat(1), user(1)));
  commit_rows(*store, hold(1002, seat(2), user(1)));
  const std::string copy = folder_.file("copy.db");
  fs::copy_file(path(), copy);
  fs::copy_file(path() + "-wal", copy + "-wal");
  fs::resize_file(copy + "-wal", fs::file_size(copy + "-wal") - 100);
  const auto torn = open(copy);
  EXPECT_TRUE(torn->queries()->reservation(ReservationId{1001}));
  EXPECT_FALSE(torn->queries()->reservation(ReservationId{1002}));
}

// What a newer version might have done: its migration, and something new in each table.
void add_as_a_newer_version(const std::string& path) {
  std::vector<std::string> tables;
  {
    sqlite::Database database(path, sqlite::OpenFor::reading);
    database.each_row("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
                      [&](sqlite::Columns& columns) { columns >> tables.emplace_back(); });
  }
  run_sql(path, "INSERT INTO migrations (number, name, hash, applied_at) VALUES (9001, '9001-later', '', 0)");
  run_sql(path, "CREATE TABLE added_9001 (reservation_id INTEGER PRIMARY KEY REFERENCES reservations (id))");
  for (const auto& table : tables) {
    run_sql(path, fmt::format("ALTER TABLE {0} ADD COLUMN added TEXT;"
                              "ALTER TABLE {0} ADD COLUMN counted INTEGER NOT NULL DEFAULT 7",
                              table));
  }
}

// The statements that were begun on any connection since it was made.
class Statements {
 public:
  Statements() {
    g_count = 0;
    sqlite3_auto_extension(reinterpret_cast<void (*)()>(&watch));
  }
  ~Statements() { sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(&watch)); }
  // Those that `what` begins.
  template <class What>
  int of(const What& what) {
    g_count = 0;
    what();
    return g_count;
  }

 private:
  static int watch(sqlite3* database, char**, const sqlite3_api_routines*) {
    const auto count = [](unsigned, void*, void*, void*) { return ++g_count, 0; };
    return sqlite3_trace_v2(database, SQLITE_TRACE_STMT, count, nullptr);
  }
  inline static std::atomic<int> g_count{0};
};

// All kinds of rows share one sequence of ids, and each start skips some: most generations have no rows of a
// table. Nobody walks them, in a list or in the lane.
TEST_F(Sqlite, does_not_look_into_generations_of_ids_without_rows) {
  Statements statements;
  const auto store = open(path());
  open_sample(*store);
  const auto gone = [](std::int64_t id, TimePoint made) {
    return cancelled(hold(id, seat(1), user(1), made), CancelReason::LAPSED, made + Millis(300'000));
  };
  constexpr std::int64_t kBillion = 1'000'000'000;
  Batch batch;
  put(batch, gone(1001, at(0)));
  put(batch, gone(kBillion, at(10'000'000)));
  for (const std::int64_t id : {std::int64_t{2001}, kBillion + 1})
    batch.payments.push_back({PaymentId{id}, user(1), Won{0}, at(9), {}});
  commit(*store, batch);
  const auto reader = store->queries();

  EXPECT_LE(statements.of([&] { EXPECT_EQ(reader->reservations_of(user(1), std::nullopt, {}).size(), 2u); }),
            10);
  EXPECT_LE(statements.of([&] { EXPECT_EQ(reader->payments_of(user(1), {}).size(), 2u); }), 10);
  EXPECT_LE(statements.of([&] { EXPECT_TRUE(reader->reservations_of(user(2), std::nullopt, {}).empty()); }),
            10);
  const SeatUser key{seat(1), user(2)};
  EXPECT_LE(statements.of([&] { loaded(*store, {.last_ended = {{key, Millis(300'000'000)}}}); }), 10);
}

// R-S8: nor does the lane look at holds that ended before the cooldown.
TEST_F(Sqlite, looks_for_a_recent_hold_only_within_reach) {
  Statements statements;
  const auto store = open(path());
  open_sample(*store);
  Batch batch;
  for (int generation = 1; generation <= 100; ++generation)
    put(batch,
        cancelled(hold(generation << 14, seat(1), user(1), at(generation * 1000)), CancelReason::LAPSED));
  commit(*store, batch);
  const SeatUser key{seat(1), user(2)};
  EXPECT_LE(statements.of([&] { loaded(*store, {.last_ended = {{key, Millis(5000)}}}); }), 2 * 6 + 4);
  const SeatUser older{seat(1), user(1)};
  EXPECT_TRUE(loaded(*store, {.last_ended = {{older, Millis(5000)}}}).last_ended.find(older));
}

// R-M5: an upgrade may be taken back.
TEST_F(Sqlite, works_on_a_store_to_which_a_newer_version_added) {
  {
    const auto store = open(path());
    open_sample(*store);
    commit_rows(*store, hold(1001, seat(1), user(1)));
  }
  add_as_a_newer_version(path());
  const auto store = open(path());
  commit_rows(*store, cancelled(hold(1002, seat(2), user(1)), CancelReason::OWNER));
  EXPECT_EQ(store->queries()->reservations_of(user(1), std::nullopt, {}).size(), 2u);
  EXPECT_EQ(sqlite::audit_sqlite(path()).checks.at(0).count, 0) << "the file is whole";
  EXPECT_TRUE(sqlite::read_room_sqlite(path(), EventId{1}));
  sqlite::backup_sqlite(path(), folder_.file("copy.db"));
  EXPECT_EQ(refusal(folder_.file("copy.db")), "");
}

TEST_F(Sqlite, refuses_a_store_that_a_newer_version_changed_and_says_what_to_do) {
  const auto earlier = open(path());
  add_as_a_newer_version(path());
  run_sql(path(), "UPDATE meta SET value = 9001 WHERE name = 'schema_needed'");
  const auto says_it = testing::AllOf(HasSubstr("schema 9001"), HasSubstr("run the newer version"));
  EXPECT_THAT([&] { earlier->queries(); }, testing::ThrowsMessage<StoreUnusable>(says_it));
  EXPECT_THAT([&] { sqlite::audit_sqlite(path()); }, testing::ThrowsMessage<StoreUnusable>(says_it));
  EXPECT_THAT([&] { sqlite::read_room_sqlite(path(), EventId{1}); },
              testing::ThrowsMessage<StoreUnusable>(says_it));
}

TEST_F(Sqlite, refuses_to_open_what_a_newer_version_changed) {
  open(path());
  add_as_a_newer_version(path());
  run_sql(path(), "UPDATE meta SET value = 9001 WHERE name = 'schema_needed'");
  EXPECT_THAT(refusal(path()), HasSubstr("schema 9001"));
  run_sql(path(), "DELETE FROM meta WHERE name = 'schema_needed'");
  EXPECT_THAT(refusal(path()), HasSubstr("schema 9001")) << "nothing says that less will do";
}

// The lock file is only a file beside it.
TEST_F(Sqlite, refuses_a_store_in_use_whose_lock_file_was_removed) {
  const auto first = open(path());
  open_sample(*first);
  fs::remove(path() + ".lock");
  EXPECT_THAT(refusal(path()), HasSubstr("is in use by another process"));
  commit_rows(*first, hold(1001, seat(1), user(1)));
}

TEST_F(Sqlite, exchanges_a_mark) {
  EXPECT_EQ(open(path())->exchange_mark("auth_key", -5), std::nullopt);
  EXPECT_EQ(open(path())->exchange_mark("auth_key", 7), -5);
}

TEST_F(Sqlite, refuses_a_store_whose_schema_was_made_otherwise) {
  open(path());
  run_sql(path(), "UPDATE migrations SET hash = 'other' WHERE number = 1");
  EXPECT_THAT(refusal(path()), HasSubstr("another build created it"));
}

TEST_F(Sqlite, refuses_another_program_s_database_and_leaves_it_alone) {
  run_sql(path(), "CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)");
  const std::string before = bytes_of(path());
  EXPECT_THAT(refusal(path()), HasSubstr("not a Stagedoor store"));
  EXPECT_EQ(bytes_of(path()), before);
}

TEST_F(Sqlite, refuses_a_file_that_is_no_database) {
  std::ofstream(path()) << std::string(10'000, 'g');
  EXPECT_THAT(refusal(path()), HasSubstr("not a database"));
}

TEST_F(Sqlite, refuses_a_path_that_it_cannot_write) {
  EXPECT_THAT(refusal(folder_.file("no/such/folder/store.db")), HasSubstr("no/such/folder"));
  EXPECT_THAT(refusal(folder_.path().string()), HasSubstr(folder_.path().string()));
}

TEST_F(Sqlite, refuses_a_damaged_file) {
  open_sample(*open(path()));
  damage_page(path(), 1, 100);  // after the header: the schema itself
  EXPECT_THAT(refusal(path()), HasSubstr("malformed"));
}

TEST_F(Sqlite, ends_the_process_when_a_page_turns_out_damaged) {
  open_sample(*open(path()));
  damage_page(path(), root_page(path(), "sqlite_autoindex_wallets_1"));  // its index by user
  const Keys keys{.wallets = {user(1)}};
  EXPECT_DEATH(loaded(*open(path()), keys), "malformed");
  EXPECT_DEATH(open(path())->queries()->wallet(user(1)), "malformed");
}

TEST_F(Sqlite, is_unavailable_on_a_full_disk_and_works_again_after) {
  const GoodDisk afterwards;
  auto store = open(path());
  open_sample(*store);
  Batch old;
  old.answers.push_back(answer(user(1), "old", at(-10)));
  commit(*store, old);
  for (const auto fault : {FaultyDisk::Fault::full, FaultyDisk::Fault::write_error}) {
    FaultyDisk::set(fault);
    EXPECT_THROW(commit_rows(*store, hold(1001, seat(1), user(1))), StoreUnavailable);
    EXPECT_THROW(store->forget({.answers_before = at(0)}, 10), StoreUnavailable);
    EXPECT_FALSE(store->queries()->reservation(ReservationId{1001}));
    FaultyDisk::set(FaultyDisk::Fault::none);
  }
  commit_rows(*store, hold(1001, seat(1), user(1)));
  store.reset();
  EXPECT_TRUE(open(path())->queries()->reservation(ReservationId{1001}));
}

// Whichever of a commit's writes fails: it is done or not, is told so, and the next one works.
TEST_F(Sqlite, each_write_of_a_commit_may_fail_once) {
  for (const auto fault : {FaultyDisk::Fault::full, FaultyDisk::Fault::write_error}) {
    const std::string file = folder_.file(fault == FaultyDisk::Fault::full ? "full.db" : "error.db");
    auto store = open(file);
    open_sample(*store);
    std::vector<UserKey> done;
    int failed = 0;
    for (bool is_hit = true; is_hit; ++failed) {
      SCOPED_TRACE(failed);
      Batch batch;
      batch.answers.push_back(answer(user(1), fmt::format("key {}", failed)));
      bool is_done = true;
      FaultyDisk::fail_write(fault, failed + 1);
      try {
        commit(*store, batch);
      } catch (const StoreUnavailable&) {
        is_done = false;
      }
      is_hit = FaultyDisk::has_failed();
      EXPECT_NE(is_done, is_hit);
      const UserKey key{user(1), batch.answers[0].key};
      EXPECT_EQ(loaded(*store, {.answers = {key}}).answers.find(key) != nullptr, is_done);
      if (is_done) done.push_back(key);
    }
    FaultyDisk::fail_write(FaultyDisk::Fault::none, 0);
    EXPECT_GT(failed, 2);
    commit_rows(*store, hold(1001, seat(1), user(1)));
    store = nullptr;
    store = open(file);
    EXPECT_TRUE(store->queries()->reservation(ReservationId{1001}));
    for (const UserKey& key : done) EXPECT_TRUE(loaded(*store, {.answers = {key}}).answers.find(key));
    EXPECT_EQ(sqlite::audit_sqlite(file).checks.at(0).count, 0) << "the file is whole";
  }
}

TEST_F(Sqlite, ends_the_process_when_a_sync_fails) {
  auto store = open(path());
  open_sample(*store);
  EXPECT_DEATH(
      {
        FaultyDisk::set(FaultyDisk::Fault::sync_error);
        commit_rows(*store, hold(1001, seat(1), user(1)));
      },
      "disk I/O error");
}

TEST_F(Sqlite, touches_no_disk_for_a_batch_of_refusals) {
  auto store = open(path());
  open_sample(*store);
  const auto before = fs::last_write_time(path() + "-wal");
  const std::string log = bytes_of(path() + "-wal");
  View view;
  const auto transaction = store->begin();
  transaction->load({.seats = {seat(1)}, .wallets = {user(1)}}, view);
  transaction->commit();
  EXPECT_EQ(fs::last_write_time(path() + "-wal"), before);
  EXPECT_EQ(bytes_of(path() + "-wal"), log);
}

TEST_F(Sqlite, is_unavailable_while_another_program_writes_the_file) {
  auto store = open(path());
  open_sample(*store);
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path().c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_THROW(commit_rows(*store, hold(1001, seat(1), user(1))), StoreUnavailable);
  sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  commit_rows(*store, hold(1001, seat(1), user(1)));
}

TEST_F(Sqlite, in_memory_leaves_nothing_behind) {
  std::string file;
  {
    sqlite::SqliteStore store({.path = ":memory:"});
    open_sample(store);
    file = store.path();
    EXPECT_TRUE(fs::exists(file));
  }
  EXPECT_FALSE(fs::exists(fs::path(file).parent_path()));
}

// An entry of the temporary directory with the name of an in-memory store's folder, an hour old.
class Planted {
 public:
  explicit Planted(fs::perms mode) {
    fs::create_directory(path);
    fs::permissions(path, mode);
  }
  ~Planted() { fs::remove_all(path); }
  void grow_old() const {
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(1));
  }

  const fs::path path = fs::path(::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : fs::temp_directory_path()) /
                        fmt::format("stagedoor-memory-test-{}", ::getpid());
};

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Anybody may write to /dev/shm. A link in a folder there must not lead this process, which may be root's, to
// a file.
TEST_F(Sqlite, in_memory_follows_no_link_that_somebody_planted) {
  const fs::path victim = folder_.file("victim");
  std::ofstream(victim) << "precious";
  const Planted planted(fs::perms::all);
  fs::create_symlink(victim, planted.path / "stagedoor.db.lock");
  planted.grow_old();
  sqlite::SqliteStore({.path = ":memory:"});
  EXPECT_EQ(text_of(victim), "precious");
  EXPECT_TRUE(fs::exists(planted.path));

  fs::permissions(planted.path, fs::perms::owner_all);  // as if by this user: still no link is followed
  planted.grow_old();
  sqlite::SqliteStore({.path = ":memory:"});
  EXPECT_EQ(text_of(victim), "precious");

  const fs::path folder = folder_.file("folder");
  fs::create_directory(folder);
  fs::remove_all(planted.path);
  fs::create_directory_symlink(folder, planted.path);
  fs::last_write_time(folder, fs::file_time_type::clock::now() - std::chrono::hours(1));
  sqlite::SqliteStore({.path = ":memory:"});
  EXPECT_TRUE(fs::is_empty(folder)) << "a lock was made in it";
}

TEST_F(Sqlite, in_memory_opens_nothing_of_other_users) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder to another user";
  const Planted planted(fs::perms::owner_all);
  ASSERT_EQ(::chown(planted.path.c_str(), 65534, 65534), 0);
  planted.grow_old();
  sqlite::SqliteStore({.path = ":memory:"});
  EXPECT_TRUE(fs::is_empty(planted.path)) << "a lock was made in it";
}

TEST_F(Sqlite, in_memory_removes_what_a_killed_process_left_behind) {
  const Planted planted(fs::perms::owner_all);
  std::ofstream(planted.path / "stagedoor.db") << "old";
  planted.grow_old();
  sqlite::SqliteStore({.path = ":memory:"});
  EXPECT_FALSE(fs::exists(planted.path));
}

// --- the write-ahead log ---

class WriteAheadLog : public Sqlite {
 protected:
  static constexpr std::int64_t kLimit = 1 << 20;

  WriteAheadLog() { open_sample(store_); }
  std::string file() const { return fast_.file("store.db"); }
  std::int64_t size() const { return std::int64_t(fs::file_size(file() + "-wal")); }
  // `commits` of twenty rows each: three pages or more.
  std::int64_t write(int commits) {
    std::int64_t highest = 0;
    for (int i = 0; i < commits; ++i) {
      Batch batch;
      for (int row = 0; row < 20; ++row) batch.outbox.push_back(outbox(++id_, "reservation/1", 1));
      commit(store_, batch);
      highest = std::max(highest, size());
    }
    return highest;
  }

 private:
  Folder fast_{fast_folder()};

 protected:
  sqlite::SqliteStore store_{{.path = file(), .wal_limit = kLimit}};
  std::int64_t id_ = 10'000;
};

TEST_F(WriteAheadLog, stays_bounded_under_continuous_writing_with_readers_at_work) {
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      const auto reader = store_.queries();
      while (!done) reader->log({});
    });
  }
  const std::int64_t highest = write(10'000);  // 200,000 rows, over 100 MB through the log
  done = true;
  for (auto& reader : readers) reader.join();
  EXPECT_LT(highest, 8 * kLimit);
}

TEST_F(WriteAheadLog, grows_while_a_reader_stays_and_shrinks_when_it_has_gone) {
  sqlite3* reader = nullptr;
  ASSERT_EQ(sqlite3_open(file().c_str(), &reader), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM outbox", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_GT(write(600), 2 * kLimit);
  sqlite3_close(reader);
  write(300);
  EXPECT_LE(size(), 2 * kLimit);
}

// R-A7
TEST_F(Sqlite, keeps_the_clock_for_the_next_process) {
  {
    sqlite::SqliteStore store({.path = path()});
    EXPECT_EQ(store.kept_clock().boot_id, 0);
    store.keep_clock({.boot_id = 7, .offset = Micros(5)});
    store.keep_clock({.boot_id = 8, .offset = Micros(-6)});
    EXPECT_EQ(sqlite::read_clock_sqlite(path()).kept.offset, Micros(-6));
    EXPECT_THROW(sqlite::forget_clock_sqlite(path()), StoreUnusable) << "it is in use";
  }
  {
    sqlite::SqliteStore store({.path = path()});
    EXPECT_EQ(store.kept_clock().boot_id, 8);
    EXPECT_EQ(store.kept_clock().offset, Micros(-6));
  }
  sqlite::forget_clock_sqlite(path());
  EXPECT_EQ(sqlite::SqliteStore({.path = path()}).kept_clock().boot_id, 0);
}

// Another thread keeps the clock while the lane begins and ends transactions.
TEST_F(Sqlite, keeps_the_clock_beside_the_lane) {
  sqlite::SqliteStore store({.path = path()});
  std::jthread watch([&](const std::stop_token& stop) {
    for (std::int64_t n = 1; !stop.stop_requested(); ++n)
      store.keep_clock({.boot_id = n, .offset = Micros(n)});
  });
  for (int i = 0; i < 2000; ++i) {
    const auto transaction = store.begin();
    if (i % 10 == 0) transaction->apply({});
    transaction->commit();
  }
}

}  // namespace
}  // namespace stagedoor::contract
