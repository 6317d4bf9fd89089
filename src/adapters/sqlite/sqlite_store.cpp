#include "adapters/sqlite/sqlite_store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <utility>

#include "adapters/sqlite/catalogue_tables.h"
#include "adapters/sqlite/schema.h"
#include "adapters/sqlite/sqlite_outbox.h"
#include "adapters/sqlite/sqlite_queries.h"
#include "adapters/tables/parked_rows.h"
#include "adapters/tables/rows.h"
#include "adapters/tables/statements.h"
#include "core/ensure.h"

namespace stagedoor::sqlite {
namespace {

namespace fs = std::filesystem;

// The lane waits this long for readers to release the log; then it continues and tries again later.
constexpr int kLogEmptyTimeoutMs = 50;
constexpr std::string_view kFolderPrefix = "stagedoor-memory-";
constexpr std::string_view kFileName = "/stagedoor.db";

// The same file has one lock, whichever path names it.
std::string canonical(const std::string& path) {
  std::error_code error;
  const auto found = fs::weakly_canonical(path, error);
  return error ? path : found.string();
}

// True for a folder that mkdtemp() made for this user, so that nobody else could write to it.
bool is_left_behind(const fs::path& path) {
  constexpr std::time_t kYoung = 60;  // seconds; may not be locked yet
  struct stat entry {};
  return ::lstat(path.c_str(), &entry) == 0 && S_ISDIR(entry.st_mode) && entry.st_uid == ::geteuid() &&
         (entry.st_mode & 0777) == 0700 && entry.st_mtime < std::time(nullptr) - kYoung;
}

// The other connections at start do not need a page cache.
void keep_small(Database& database) { database.execute("PRAGMA cache_size = -1024"); }

}  // namespace

TemporaryFolder::TemporaryFolder() {
  const fs::path shared_memory = "/dev/shm";
  const fs::path root =
      ::access(shared_memory.c_str(), W_OK) == 0 ? shared_memory : fs::temp_directory_path();
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root, error)) {
    if (!entry.path().filename().string().starts_with(kFolderPrefix) || !is_left_behind(entry.path()))
      continue;
    try {
      const ProcessLock nobody_has_it(entry.path().string() + std::string(kFileName) + ".lock");
      fs::remove_all(entry.path(), error);
    } catch (const StoreUnusable&) {
    }
  }
  std::string name = (root / (std::string(kFolderPrefix) + "XXXXXX")).string();
  if (!::mkdtemp(name.data())) throw StoreUnusable("cannot create a folder under " + root.string());
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code error;
  fs::remove_all(path_, error);
}

struct SqliteStore::LineReader {
  explicit LineReader(const std::string& path) : database(path, OpenFor::reading) { keep_small(database); }
  Database database;
  SqliteLine line{database};
};

// Begins the transaction at its first read or write. Reads inside one transaction save locks, and a batch of
// refusals takes no write lock and does not touch the disk.
class SqliteStore::SqliteTransaction final : public Transaction {
 public:
  explicit SqliteTransaction(SqliteStore& store) : store_(store), database_(store.database_) {
    ensure(!std::exchange(store_.has_transaction_, true), "one transaction at a time");
  }
  ~SqliteTransaction() override {
    if (writing_) database_.roll_back();
    store_.has_transaction_ = false;
  }

  void load(const Keys& keys, View& view) override {
    start("BEGIN");
    store_.loader_.load(keys, store_.indexes_, view);
  }

  void apply(const Batch& batch) override {
    start("BEGIN IMMEDIATE");
    has_written_ = true;
    store_.writer_.write(batch, store_.indexes_);
  }

  void commit() override {
    if (!writing_) return;
    database_.execute("COMMIT");
    if (has_written_) store_.after_commit();
    writing_.unlock();
  }

  // No effect if it has begun.
  void start(const char* begin) {
    if (writing_) return;
    writing_.lock();
    database_.execute(begin);
  }

 private:
  SqliteStore& store_;
  std::unique_lock<std::mutex> writing_{store_.writing_, std::defer_lock};
  Database& database_;
  bool has_written_ = false;
};

SqliteStore::SqliteStore(SqliteOptions options)
    : folder_(options.path == ":memory:" ? std::make_unique<TemporaryFolder>() : nullptr),
      path_(folder_ ? folder_->path() + std::string(kFileName) : canonical(options.path)),
      synchronous_(folder_ ? "PRAGMA synchronous = OFF" : "PRAGMA synchronous = FULL"),
      lock_(path_ + ".lock"),
      database_lock_(path_),
      database_(path_, OpenFor::writing),
      loader_(database_),
      writer_(database_),
      advance_sink_(database_, sql::events::advance_sink),
      put_parked_(database_, sql::events::put_parked),
      retry_parked_(database_, sql::events::retry_parked),
      delete_parked_(database_, sql::events::delete_parked),
      put_dead_letter_(database_, sql::events::put_dead_letter),
      delete_dead_letter_(database_, sql::events::delete_dead_letter),
      put_mark_(database_, sql::engine::put_mark) {
  check_is_not_foreign(database_);  // before the first write to it
  database_.execute("PRAGMA journal_mode = WAL");
  database_.execute(synchronous_);
  database_.execute("PRAGMA wal_autocheckpoint = 0");
  database_.execute("PRAGMA temp_store = MEMORY");
  database_.execute("PRAGMA journal_size_limit = " + std::to_string(options.wal_limit));
  database_.execute("PRAGMA cache_size = -" + std::to_string(options.cache_size / 1024));
  database_.execute("PRAGMA foreign_keys = ON");
  migrate(database_);
  database_.set_fatal_on_error();

  page_size_ = database_.ask("PRAGMA page_size");
  wal_limit_pages_ = std::max<std::int64_t>(options.wal_limit / page_size_, 16);
  finish_wal_at_ = wal_limit_pages_;
  sqlite3_wal_hook(
      database_.raw(),
      [](void* store, sqlite3*, const char*, int pages) {
        static_cast<SqliteStore*>(store)->wal_pages_ = pages;
        return SQLITE_OK;
      },
      this);
  checkpointer_ = std::make_unique<Checkpointer>(path_);
}

SqliteStore::~SqliteStore() { checkpointer_.reset(); }

std::unique_ptr<Transaction> SqliteStore::begin() {
  line_reader_.reset();
  if (!is_known_) learn();
  return std::make_unique<SqliteTransaction>(*this);
}

// A background thread moves the log's frames to the file once there are enough of them. This never empties
// the log while the lane writes. Above the limit the lane moves the remaining frames, which resets the log.
// If a reader prevents that, the lane tries again after another quarter of the limit.
void SqliteStore::after_commit() {
  const std::int64_t pages = wal_pages_;
  if (pages < wal_limit_pages_ / 4) return;
  checkpointer_->wake();
  if (pages < finish_wal_at_) return;
  std::unique_lock round(checkpointer_->round(), std::try_to_lock);
  if (!round) {
    if (pages < 2 * wal_limit_pages_) return;
    round.lock();
  }
  sqlite3_busy_timeout(database_.raw(), kLogEmptyTimeoutMs);
  const int code =
      sqlite3_wal_checkpoint_v2(database_.raw(), nullptr, SQLITE_CHECKPOINT_RESTART, nullptr, nullptr);
  sqlite3_busy_timeout(database_.raw(), kBusyTimeoutMs);
  finish_wal_at_ = code == SQLITE_OK ? wal_limit_pages_ : pages + wal_limit_pages_ / 4;
  if (code == SQLITE_OK) return;
  try {
    database_.fail(code, "emptying the log");
  } catch (const std::runtime_error&) {
    // The commit itself has succeeded, and the log keeps it.
  }
}

Catalogue SqliteStore::catalogue() {
  Database reader(path_, OpenFor::reading);
  keep_small(reader);
  const ReadTransaction transaction(reader);
  return read_catalogue(reader);
}

void SqliteStore::read(const StartupRows& rows) {
  StartupRows receivers = rows;
  if (rows.reservation) {
    indexes_ = {};
    receivers.reservation = [&](const Reservation& row) {
      indexes_.fans.add(row.id, {row.event, row.user});
      indexes_.seats.add(row.seat);
      rows.reservation(row);
    };
  }
  Database reader(path_, OpenFor::reading);
  keep_small(reader);
  for_each_receiver(receivers, [&]<class Kind>(Kind, const auto& receiver) {
    static_assert(!std::is_null_pointer_v<decltype(tables::kList<Kind>)>,
                  "a kind that is read at start has its query");
    Statement(reader, *tables::kList<Kind>).each({}, [&](Columns& columns) {
      RowOf<Kind> row;
      columns >> row;
      receiver(row);
    });
  });
  if (rows.reservation) learn_blocks(reader);
}

SqliteLine& SqliteStore::line() {
  if (!line_reader_) line_reader_ = std::make_unique<LineReader>(path_);
  return line_reader_->line;
}

std::vector<LinePlace> SqliteStore::read(EventId event, Place after, std::size_t limit) {
  return line().read(event, after, limit);
}

Place SqliteStore::head(EventId event) { return line().head(event); }

void SqliteStore::learn() {
  Database reader(path_, OpenFor::reading);
  keep_small(reader);
  Statement(reader, sql::reservation::list_taking_fans).each({}, [&](Columns& columns) {
    ReservationId id;
    SeatId seat;
    EventUser fan;
    columns >> id >> seat >> fan.first >> fan.second;
    indexes_.fans.add(id, fan);
    indexes_.seats.add(seat);
  });
  learn_blocks(reader);
}

void SqliteStore::learn_blocks(Database& reader) {
  Statement(reader, sql::catalogue::list_blocks).each({}, [&](Columns& columns) {
    SeatId seat;
    columns >> seat;
    indexes_.seats.add(seat);
  });
  is_known_ = true;
}

std::int64_t SqliteStore::ids_reserved_to() { return mark("ids_reserved_to").value_or(0); }
TimePoint SqliteStore::latest_moment() { return from_ms(mark("latest_moment").value_or(0)); }

std::string SqliteStore::ticket_secret() {
  std::string secret;
  Statement(database_, sql::ticket::find_secret).each({}, [&](Columns& columns) { columns >> secret; });
  return secret;
}

std::optional<std::int64_t> SqliteStore::mark(std::string_view name) {
  std::optional<std::int64_t> value;
  Statement(database_, sql::engine::find_mark).each({{"$name", name}}, [&](Columns& columns) {
    columns >> value.emplace();
  });
  return value;
}

std::optional<std::int64_t> SqliteStore::exchange_mark(std::string_view name, std::int64_t value) {
  const auto before = mark(name);
  Statement(database_, sql::engine::put_mark).run({{"$name", name}, {"$value", value}});
  return before;
}

Forgotten SqliteStore::forget(const RetentionLimits& limits, std::size_t rows_max) {
  SqliteTransaction transaction(*this);
  transaction.start("BEGIN IMMEDIATE");
  RetentionLimits now = limits;
  for (const auto& sink : limits.sinks) {
    OutboxId accepted;
    Statement(database_, sql::events::find_sink).each({{"$sink", sink}}, [&](Columns& columns) {
      columns >> accepted;
    });
    now.outbox_accepted = std::min(now.outbox_accepted, accepted);
  }
  const Forgotten forgotten = writer_.forget(now, rows_max);
  if (forgotten.rows > 0) transaction.commit();
  return forgotten;
}

template <class Write>
bool SqliteStore::commit_unsynced(const Write& write) {
  class Unsynced {
   public:
    explicit Unsynced(SqliteStore& of) : store_(of) {
      store_.database_.execute("PRAGMA synchronous = NORMAL");
    }
    ~Unsynced() { store_.database_.execute(store_.synchronous_); }

   private:
    SqliteStore& store_;
  };
  const std::lock_guard lock(writing_);
  const Unsynced unsynced(*this);
  database_.execute("BEGIN IMMEDIATE");
  try {
    const bool is_written = write();
    database_.execute(is_written ? "COMMIT" : "ROLLBACK");
    return is_written;
  } catch (...) {
    database_.roll_back();
    throw;
  }
}

// A move that a power failure undoes only repeats events. The sync of any later transaction includes it.
bool SqliteStore::park(std::string_view sink, OutboxId expected, OutboxId next,
                       const ParkedChanges& changes) {
  return commit_unsynced([&] {
    bool is_moved = false;
    advance_sink_.each({{"$sink", sink}, {"$expected", expected.value}, {"$next", next.value}},
                       [&](Columns&) { is_moved = true; });
    if (!is_moved) return false;
    const auto remove = [&](Statement& from, OutboxId id) {
      bool was_there = false;
      from.each({{"$sink", sink}, {"$id", id}}, [&](Columns&) { was_there = true; });
      return was_there;
    };
    const auto move = [&](const std::vector<ParkedEvent>& rows, Statement& from, Statement& to) {
      for (const auto& row : rows)
        if (remove(from, row.event.id)) to.run(tables::parked_parameters<Param>(sink, row));
    };
    for (const auto& row : changes.park) put_parked_.run(tables::parked_parameters<Param>(sink, row));
    for (const auto& row : changes.retry) retry_parked_.run(tables::retry_parameters<Param>(sink, row));
    for (const OutboxId id : changes.unpark) remove(delete_parked_, id);
    move(changes.bury, delete_parked_, put_dead_letter_);
    move(changes.revive, delete_dead_letter_, put_parked_);
    for (const OutboxId id : changes.drop) remove(delete_dead_letter_, id);
    return true;
  });
}

void SqliteStore::keep_clock(const KeptClock& clock) {
  commit_unsynced([&] {
    put_mark_.run({{"$name", tables::kClockBootId}, {"$value", clock.boot_id}});
    put_mark_.run({{"$name", tables::kClockOffset}, {"$value", clock.offset.count()}});
    return true;
  });
}

std::unique_ptr<Queries> SqliteStore::queries() const { return std::make_unique<SqliteQueries>(path_); }
std::unique_ptr<Outbox> SqliteStore::outbox() { return std::make_unique<SqliteOutbox>(*this); }

}  // namespace stagedoor::sqlite
