// Online backups (R-O6).
#include "adapters/sqlite/backup.h"

#include <gmock/gmock.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "adapters/sqlite/sqlite_store.h"
#include "sample.h"
#include "store_under_test.h"
#include "text.h"

namespace stagedoor::contract {
namespace {

using testing::HasSubstr;

class Backup : public testing::Test {
 protected:
  std::string copy() const { return folder_.file("copy.db"); }
  std::string refusal(const std::string& from, const std::string& to) {
    try {
      sqlite::backup_sqlite(from, to);
      return "";
    } catch (const StoreUnusable& why) {
      return why.what();
    }
  }
  bool has_part_file() const {
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
      if (entry.path().string().find("copy") != std::string::npos) return true;
    return false;
  }

  Folder folder_;
  std::string path_ = folder_.file("store.db");
};

TEST_F(Backup, is_one_state_of_a_store_that_is_being_written) {
  sqlite::SqliteStore store({.path = path_});
  open_sample(store);
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (std::int64_t seq = 1; !done; ++seq) {  // each commit moves the wallet and its history together
      Batch batch;
      const auto before = wallet(3001, user(1), (seq - 1) * 10, seq - 1);
      const auto after = wallet(3001, user(1), seq * 10, seq);
      put(batch, after, seq == 1 ? nullptr : &before);
      batch.postings.push_back(charge(4000 + seq, after, 10));
      commit(store, batch);
    }
  });
  while (!store.queries()->wallet(user(1))) std::this_thread::yield();
  for (int round = 0; round < 5; ++round) {
    const std::string name = folder_.file("copy" + std::to_string(round));
    sqlite::backup_sqlite(path_, name);
    const sqlite::SqliteStore restored({.path = name});
    const auto purse = restored.queries()->wallet(user(1));
    ASSERT_TRUE(purse);
    const auto history = restored.queries()->history(purse->id, {.limit = 1});
    EXPECT_EQ(history.at(0).seq, purse->seq);
    EXPECT_EQ(history.at(0).balance_after, purse->balance);
  }
  done = true;
  writer.join();
}

TEST_F(Backup, has_everything_and_works_on_a_stopped_store_too) {
  std::string before;
  const Asked asked{.users = {user(1)}, .seats = {seat(1)}, .event = kEvent};
  {
    sqlite::SqliteStore store({.path = path_});
    open_sample(store);
    commit_rows(store, hold(1001, seat(1), user(1)), wallet(3001, user(1), 7, 0));
    before = text(store.ports(), *store.queries(), asked);
  }
  sqlite::backup_sqlite(path_, copy());
  sqlite::SqliteStore restored({.path = copy()});
  EXPECT_EQ(text(restored.ports(), *restored.queries(), asked), before);
}

TEST_F(Backup, never_overwrites) {
  { sqlite::SqliteStore store({.path = path_}); }
  std::ofstream(copy()) << "mine";
  EXPECT_THAT(refusal(path_, copy()), HasSubstr("never overwrites"));
  EXPECT_EQ(std::filesystem::file_size(copy()), 4u);
}

TEST_F(Backup, can_be_read_by_its_owner_only) {
  { sqlite::SqliteStore store({.path = path_}); }
  sqlite::backup_sqlite(path_, copy());
  EXPECT_EQ(std::filesystem::status(copy()).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

// A page that is damaged where the copy does not look is found before the copy gets its name.
TEST_F(Backup, is_checked_before_it_gets_its_name) {
  {
    sqlite::SqliteStore store({.path = path_});
    open_sample(store);
  }
  {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    const auto size = std::streamoff(std::filesystem::file_size(path_));
    for (std::streamoff page = 8 * 4096; page < size; page += 4096) {
      file.seekp(page);
      file << std::string(64, '\xff');
    }
  }
  EXPECT_THAT(refusal(path_, copy()), HasSubstr("the copy is damaged"));
  EXPECT_FALSE(has_part_file());
}

TEST_F(Backup, leaves_nothing_when_it_fails) {
  EXPECT_THAT(refusal(path_, copy()), HasSubstr("unable to open"));
  std::ofstream(folder_.file("garbage")) << std::string(10'000, 'g');
  EXPECT_THAT(refusal(folder_.file("garbage"), copy()), HasSubstr("not a database"));
  { sqlite::SqliteStore store({.path = path_}); }
  EXPECT_THAT(refusal(path_, folder_.file("no/folder/copy.db")), HasSubstr("unable to open"));
  EXPECT_FALSE(has_part_file());
}

}  // namespace
}  // namespace stagedoor::contract
