// Remembered answers (R-X5): keys of any bytes; and stores from before migration 0008.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <future>

#include "adapters/postgres/postgres_store.h"
#include "adapters/sqlite/database.h"
#include "adapters/sqlite/sqlite_store.h"
#include "adapters/tables/answer_digest.h"
#include "core/sha256.h"
#include "sample.h"
#include "sql/sql.h"
#include "store_under_test.h"

namespace stagedoor::contract {
namespace {

bool knows(Store& store, const UserId& user, const std::string& key) {
  const UserKey asked{user, key};
  return loaded(store, {.answers = {asked}}).answers.find(asked) != nullptr;
}

class Answers : public EveryStore {};
INSTANTIATE_ON_EVERY_STORE(Answers);

// The API takes visible ASCII only. A store that refused other bytes would fail the batches of everybody.
TEST_P(Answers, are_found_by_a_key_of_any_bytes) {
  open_sample(store());
  const std::string key = "k\xff\xc3\x28";
  Batch batch;
  batch.answers.push_back(answer(user(1), key));
  EXPECT_FALSE(refuses(store(), batch));
  EXPECT_TRUE(knows(store(), user(1), key));
  EXPECT_FALSE(knows(store(), user(2), key));
}

// A client chooses its keys: 2^32 hashes find two of one 64-bit digest, and the store refuses the second.
TEST(AnswerDigest, has_128_bits_of_the_hash) {
  const UserId fan = user(1);
  std::string hashed(fan.bytes.begin(), fan.bytes.end());
  hashed += "key";
  const Sha256 hash = sha256(hashed);
  const Uuid digest = tables::answer_digest(fan, "key");
  EXPECT_TRUE(std::equal(digest.bytes.begin(), digest.bytes.end(), hash.begin()));
}

// The migrations of a program before 0008.
template <class Run>
void make_older(std::span<const sql::Migration> migrations, const Run& run) {
  run("CREATE TABLE migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL, "
      "applied_at BIGINT NOT NULL)");
  for (const auto& migration : migrations) {
    if (migration.number >= 8) break;
    run(std::string(migration.text));
    run(fmt::format("INSERT INTO migrations VALUES ({}, '{}', '{}', 0)", migration.number, migration.name,
                    migration.hash));
  }
}

TEST(Migration0008, finds_the_answers_that_sqlite_kept_before) {
  const Folder folder;
  std::string fan = to_string(user(1));
  std::erase(fan, '-');
  {
    sqlite::Database older(folder.file("store.db"), sqlite::OpenFor::writing);
    make_older(sql::migrations(), [&](const std::string& text) { older.execute(text); });
    older.execute("PRAGMA application_id = 1400137572");
    older.execute(
        fmt::format("INSERT INTO idempotent_answers VALUES (7, 42, x'{}', 'k', x'00', 200, '{{}}', '', {})",
                    fan, to_ms(at(0))));
  }
  sqlite::SqliteStore store({.path = folder.file("store.db")});
  EXPECT_TRUE(knows(store, user(1), "k"));
  EXPECT_FALSE(knows(store, user(1), "j"));
}

TEST(Migration0008, finds_the_answers_that_postgres_kept_before) {
  if (const auto why = test::PostgresServer::missing()) GTEST_SKIP() << *why;
  const FreshDatabase database(FreshDatabase::With::nothing);
  make_older(sql::migrations_in_postgres(), [&](const std::string& text) { database.ask(text); });
  database.ask(fmt::format(
      "INSERT INTO idempotent_answers (digest, user_id, key, request_hash, status, body, headers, "
      "created_at) VALUES (42, '{}', 'k', '\\x00', 200, '{{}}', '', {})",
      to_string(user(1)), to_ms(at(0))));
  postgres::PostgresStore store({.url = database.url()});
  EXPECT_TRUE(knows(store, user(1), "k"));
  EXPECT_FALSE(knows(store, user(1), "j"));
}

// R-A8: the batch of an older program, under its advisory lock, ends first.
TEST(Migration0008, waits_for_the_writer_lock_of_an_older_program) {
  if (const auto why = test::PostgresServer::missing()) GTEST_SKIP() << *why;
  const FreshDatabase database(FreshDatabase::With::nothing);
  make_older(sql::migrations_in_postgres(), [&](const std::string& text) { database.ask(text); });
  postgres::Connection older({.url = database.url(), .idle_limit = Millis(0)});
  older.queue("BEGIN");
  older.queue("SELECT pg_advisory_xact_lock(1400137572)");
  older.finish();
  auto start = std::async(std::launch::async, [&] { postgres::PostgresStore({.url = database.url()}); });
  while (database.ask("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") == "0")
    ASSERT_NE(start.wait_for(std::chrono::milliseconds(1)), std::future_status::ready);
  EXPECT_EQ(database.ask("SELECT max(number) FROM migrations"), "7");
  older.roll_back();
  start.get();
  EXPECT_EQ(database.ask("SELECT count(*) FROM writers"), "0");
}

}  // namespace
}  // namespace stagedoor::contract
