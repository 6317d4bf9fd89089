// The booking store in one SQLite file, for one process. WAL and synchronous=FULL: commits survive kill -9
// and power failures. The writing connection belongs to the lane's thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "adapters/sqlite/checkpointer.h"
#include "adapters/sqlite/database.h"
#include "adapters/sqlite/fan_index.h"
#include "adapters/sqlite/loader.h"
#include "adapters/sqlite/process_lock.h"
#include "adapters/sqlite/sqlite_line.h"
#include "adapters/sqlite/writer.h"
#include "adapters/tables/marks.h"
#include "core/service_time.h"
#include "ports/outbox.h"
#include "ports/queries.h"
#include "ports/store_ports.h"

namespace stagedoor::sqlite {

struct SqliteOptions {
  std::string path;                      // ":memory:": a temporary file, deleted with the store
  std::int64_t wal_limit = 64ll << 20;   // bytes; the lane itself checkpoints a longer log
  std::int64_t cache_size = 38ll << 20;  // bytes; page cache of the writing connection
};

// A new folder under the fastest temporary directory; removed with the object. The constructor also removes
// the folders of this user's killed processes. It follows no link and opens nothing of other users, who may
// write to the temporary directory as well.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class SqliteStore final : public Store, public StartupState, public LineStore, public Retention {
 public:
  // Creates a missing file, and brings an older one to the newest schema. Throws StoreUnusable (in use by
  // another process, newer, damaged, foreign) or StoreUnavailable.
  explicit SqliteStore(SqliteOptions options);
  ~SqliteStore() override;

  std::unique_ptr<Transaction> begin() override;
  Catalogue catalogue() override;
  void read(const StartupRows& rows) override;
  std::vector<LinePlace> read(EventId event, Place after, std::size_t limit) override;
  Place head(EventId event) override;
  std::int64_t ids_reserved_to() override;
  TimePoint latest_moment() override;
  std::string ticket_secret() override;
  Forgotten forget(const RetentionLimits& limits, std::size_t rows_max) override;
  // What the previous process kept; before the first begin().
  KeptClock kept_clock() {
    return {mark(tables::kClockBootId).value_or(0), Micros(mark(tables::kClockOffset).value_or(0))};
  }
  // Any thread; waits for the lane's transaction. Not synced to disk: it only counts until the machine stops.
  void keep_clock(const KeptClock& clock);

  StorePorts ports() { return {*this, *this, *this, *this}; }
  // Stores a number under this name and returns the one before it. Before the first begin().
  std::optional<std::int64_t> exchange_mark(std::string_view name, std::int64_t value);
  // Each has its own connection, for one thread at a time. Any thread; must not outlive the store.
  std::unique_ptr<Queries> queries() const;
  std::unique_ptr<Outbox> outbox();
  const std::string& path() const { return path_; }
  std::int64_t wal_bytes() const { return wal_pages_ * page_size_; }  // any thread

 private:
  class SqliteTransaction;
  // The line on a separate connection, open from its first read to the first begin().
  struct LineReader;
  SqliteLine& line();
  friend class SqliteOutbox;
  // Runs a small write on the lane's connection without an fsync, for which the lane would have to wait, in a
  // transaction, which is rolled back if `write` returns false or throws. Any thread; waits for the lane's
  // transaction.
  template <class Write>
  bool commit_unsynced(const Write& write);
  // Outbox::park(). Any thread; waits for the lane's transaction.
  bool park(std::string_view sink, OutboxId expected, OutboxId next, const ParkedChanges& changes);
  void learn();
  void learn_blocks(Database& reader);
  void after_commit();
  std::optional<std::int64_t> mark(std::string_view name);

  std::unique_ptr<TemporaryFolder> folder_;  // of a temporary store
  std::string path_;
  const char* const synchronous_;  // the setting that decides whether a commit waits for the disk
  ProcessLock lock_;
  DatabaseLock database_lock_;
  Database database_;
  std::int64_t page_size_ = 4096;
  std::int64_t wal_limit_pages_;
  std::atomic<std::int64_t> wal_pages_{0};
  std::int64_t finish_wal_at_;    // pages
  bool has_transaction_ = false;  // from begin() to the transaction's end; lane thread
  // Held while a transaction is open on `database_`. The progress of sinks, their parked events and the clock
  // are written on this connection too, because a commit on another one would empty its cache and fail the
  // lane's transaction.
  std::mutex writing_;
  Loader loader_;
  Writer writer_;
  Statement advance_sink_;
  Statement put_parked_;
  Statement retry_parked_;
  Statement delete_parked_;
  Statement put_dead_letter_;
  Statement delete_dead_letter_;
  Statement put_mark_;
  StoreIndexes indexes_;
  bool is_known_ = false;
  std::unique_ptr<LineReader> line_reader_;
  std::unique_ptr<Checkpointer> checkpointer_;
};

}  // namespace stagedoor::sqlite
