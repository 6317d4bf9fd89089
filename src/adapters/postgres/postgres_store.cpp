#include "adapters/postgres/postgres_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

#include "adapters/postgres/loader.h"
#include "adapters/postgres/postgres_line.h"
#include "adapters/postgres/postgres_outbox.h"
#include "adapters/postgres/postgres_queries.h"
#include "adapters/postgres/reading.h"
#include "adapters/postgres/schema.h"
#include "adapters/postgres/writer.h"
#include "adapters/tables/catalogue_rows.h"
#include "adapters/tables/rows.h"
#include "adapters/tables/statements.h"
#include "core/boot_time.h"
#include "core/ensure.h"
#include "core/hex.h"
#include "core/log.h"
#include "core/sha256.h"
#include "state/peer_message.h"

namespace stagedoor::postgres {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr Millis kJournalKept{10 * 60'000};
constexpr Millis kWaitAtOnce{500};  // wait for the lock; then the batches committed meanwhile are read
// Instances measure the database's clock a little differently; they bear a moment that is so far ahead.
constexpr Millis kAheadByNoise{100};
constexpr Millis kConnectPauseMin{50}, kConnectPauseMax{1000};

// The sessions of all instances that keep their joins there have this name.
std::string application_of(const std::string& line) {
  if (line.empty()) return "stagedoor";
  const Sha256 hash = sha256(line);
  return "stagedoor " + to_hex({reinterpret_cast<const char*>(hash.data()), 8});
}

ConnectionOptions connection_options(const PostgresOptions& options) {
  return {.url = options.url,
          .lock_limit = std::min(options.lock_limit, kWaitAtOnce),
          .statement_limit = options.statement_limit,
          .idle_limit = options.idle_limit,
          .answer_limit = options.answer_limit,
          .application = application_of(options.line)};
}

}  // namespace

class PostgresStore::PostgresTransaction final : public Transaction {
 public:
  explicit PostgresTransaction(PostgresStore& store) : store_(store), connection_(*store.connection_) {}
  ~PostgresTransaction() override {
    if (!is_over_) store_.connection_->roll_back();
  }

  void load(const Keys& keys, View& view) override {
    naming_holders([&] { postgres::load(connection_, keys, view); });
  }

  void apply(const Batch& batch) override {
    ensure(!entry_, "a transaction has one batch");
    naming_holders([&] { postgres::write(connection_, batch); });
    entry_ = store_.journal_.write(connection_, to_bytes(batch));
  }

  void commit() override {
    if (!entry_) return connection_.roll_back();
    is_over_ = true;
    try {
      naming_holders([&] {
        connection_.queue("COMMIT");
        connection_.finish();
      });
    } catch (const ConnectionLost& why) {
      if (!store_.is_committed(*entry_)) throw StoreUnavailable(why.what());
    } catch (...) {
      connection_.roll_back();
      throw;
    }
    store_.journal_.written(*entry_);
  }

 private:
  // Somebody has locked rows or a table: a person's open transaction. If that is stalled, the next batch
  // works.
  void naming_holders(const std::function<void()>& statements) {
    try {
      statements();
    } catch (const LockTaken& why) {
      connection_.roll_back();
      const auto holders = store_.end_stalled_writers();
      throw LockTaken(fmt::format("{}; held by {}", why.what(), holders.value_or("a stalled session")));
    }
  }

  PostgresStore& store_;
  Connection& connection_;
  std::optional<Journal::Entry> entry_;
  bool is_over_ = false;
};

PostgresStore::PostgresStore(PostgresOptions options)
    : options_(std::move(options)), connection_(std::make_unique<Connection>(connection_options(options_))) {
  if (!connection_->is_durable()) {
    log(LogLevel::warn, "PostgreSQL runs with fsync = off: a power failure may lose confirmed sales");
  }
  warn_of_public_access();
  connection_->set_answer_limit(std::nullopt);
  migrate(*connection_);
  connection_->set_answer_limit(options_.answer_limit);
  connection_->set_fatal_on_error();
}

PostgresStore::~PostgresStore() = default;

void PostgresStore::warn_of_public_access() {
  bool is_public = false;
  connection_->queue(sql::engine::find_public_access, {}, [&](Columns& columns) { columns >> is_public; });
  connection_->finish();
  if (!is_public) return;
  log(LogLevel::warn,
      "every role of the PostgreSQL server may connect to this database; REVOKE CONNECT ON DATABASE … FROM "
      "PUBLIC");
}

std::unique_ptr<Connection> PostgresStore::connect() const {
  try {
    auto connection = std::make_unique<Connection>(connection_options(options_));
    connection->set_fatal_on_error();
    return connection;
  } catch (const StoreUnusable& why) {  // a different server than before
    throw StoreUnavailable(why.what());
  }
}

Connection& PostgresStore::open() {
  if (connection_->is_open()) return *connection_;
  if (SteadyClock::now() < connect_at_) throw StoreUnavailable(unreachable_);
  try {
    connection_ = connect();
    connect_pause_ = Millis(0);
  } catch (const StoreUnavailable& why) {
    unreachable_ = why.what();
    connect_pause_ = std::clamp(connect_pause_ * 2, kConnectPauseMin, kConnectPauseMax);
    // With jitter, so that instances do not reconnect together: between half of the pause and the whole
    // pause.
    const auto now = SteadyClock::now();
    connect_at_ = now + connect_pause_ / 2 + connect_pause_ * (now.time_since_epoch().count() % 512) / 1024;
    throw;
  }
  return *connection_;
}

Connection& PostgresStore::between_transactions() {
  ensure(!connection_->in_transaction(), "one transaction at a time");
  reader_.reset();
  return open();
}

// --- one state of the store, for the start ---

Connection& PostgresStore::reading() {
  if (!reader_) {
    auto reader = connect();
    begin_reading(*reader);
    if (!journal_.has_begun()) journal_.begin_at_end(*reader);
    reader->finish();
    reader_ = std::move(reader);
  }
  return *reader_;  // a lost connection stays lost
}

Catalogue PostgresStore::catalogue() {
  return tables::read_catalogue(
      [&](const sql::Text& query, auto&& row) { reading().stream(query, {}, row); });
}

void PostgresStore::read(const StartupRows& rows) {
  for_each_receiver(rows, [&]<class Kind>(Kind, const auto& receiver) {
    static_assert(!std::is_null_pointer_v<decltype(tables::kList<Kind>)>,
                  "a kind that is read at start has its query");
    reading().stream(*tables::kList<Kind>, {}, [&](Columns& columns) {
      RowOf<Kind> row;
      columns >> row;
      receiver(row);
    });
  });
}

std::vector<LinePlace> PostgresStore::read(EventId event, Place after, std::size_t limit) {
  return PostgresLine(reading()).read(event, after, limit);
}

Place PostgresStore::head(EventId event) { return PostgresLine(reading()).head(event); }

std::int64_t PostgresStore::ids_reserved_to() { return mark("ids_reserved_to"); }
TimePoint PostgresStore::latest_moment() { return from_ms(mark("latest_moment")); }

std::string PostgresStore::ticket_secret() {
  std::string secret;
  Connection& connection = reading();
  connection.queue(sql::ticket::find_secret, {}, [&](Columns& columns) { columns >> secret; });
  connection.finish();
  return secret;
}

std::int64_t PostgresStore::mark(std::string_view name) {
  std::int64_t value = 0;
  Connection& connection = reading();
  connection.queue(sql::engine::find_mark, {{"$name", name}}, [&](Columns& columns) { columns >> value; });
  connection.finish();
  return value;
}

std::optional<std::int64_t> PostgresStore::exchange_mark(std::string_view name, std::int64_t value) {
  std::optional<std::int64_t> before;
  Connection& connection = open();
  connection.queue(sql::engine::find_mark, {{"$name", name}},
                   [&](Columns& columns) { columns >> before.emplace(); });
  connection.queue(sql::engine::put_mark, {{"$name", name}, {"$value", value}});
  connection.finish();
  return before;
}

bool PostgresStore::has_other_lines() {
  std::int64_t sessions = 0;
  Connection& connection = open();
  connection.queue(sql::engine::count_other_applications, {{"$name", application_of(options_.line)}},
                   [&](Columns& columns) { columns >> sessions; });
  connection.finish();
  return sessions > 0;
}

// --- writing, and hearing of the others ---

void PostgresStore::poll() {
  if (!journal_.has_begun()) reading();
  journal_.catch_up(between_transactions());
  if (journal_.clock().correction()) correct_clock();
}

std::unique_ptr<Transaction> PostgresStore::begin() {
  // Reads a long backlog before it takes the lock, so that other instances do not wait for it.
  if (!journal_.has_begun() || journal_.is_far_behind()) poll();
  between_transactions();
  const auto asked_at = SteadyClock::now();
  // After one batch that waited in vain, the next ones do not wait as long.
  const Millis limit = std::exchange(waits_in_vain_, false) ? kWaitAtOnce : 2 * options_.lock_limit;
  bool is_corrected = false;
  for (;;) {
    try {
      lock();
      journal_.catch_up(*connection_);
      if (!is_corrected && journal_.clock().correction()) {
        is_corrected = true;
        if (journal_.write_correction(*connection_)) continue;
      }
      return std::make_unique<PostgresTransaction>(*this);
    } catch (const LockTaken& why) {
      connection_->roll_back();  // this may have closed the connection
      const auto waited = SteadyClock::now() - asked_at;
      if (waited >= std::min(limit, options_.lock_limit)) {
        const auto holders = end_stalled_writers();
        if ((holders && waited >= limit) || waited >= limit + options_.lock_limit) {
          waits_in_vain_ = true;
          throw LockTaken(fmt::format("{}; the writer lock is held by {}", why.what(),
                                      holders.value_or("a session that does not end")));
        }
      }
      read_while_waiting();
    } catch (...) {
      connection_->roll_back();
      throw;
    }
  }
}

// Keeps an instance fresh that waits for the lock, so that it can answer reads.
void PostgresStore::read_while_waiting() {
  const auto since = SteadyClock::now();
  journal_.catch_up(open());
  if (on_wait_) on_wait_(since);
}

// --- the clock ---

// The database's clock may have been set while this machine was off. An instance that runs notices that and
// corrects it, so it gets time to do so before this one writes anything.
void PostgresStore::settle_clock(bool accepts_ahead) {
  DatabaseClock& clock = journal_.clock();
  journal_.read_clock(*connection_);
  const TimePoint wall = to_time(wall_time());
  if (ServiceTime::is_alarm(clock.now() - wall)) {
    log(LogLevel::warn, "the clocks of the database and of this machine differ; waiting for a correction",
        {{"stagedoor.clock.service", to_rfc3339(clock.now())}, {"stagedoor.clock.wall", to_rfc3339(wall)}});
    std::this_thread::sleep_for(options_.settle_limit);
    journal_.read_clock(*connection_);
  }
  TimePoint last_moment{};
  connection_->queue(sql::engine::find_mark, {{"$name", std::string_view("latest_moment")}},
                     [&](Columns& columns) { columns >> last_moment; });
  connection_->finish();
  const Millis ahead = last_moment - clock.now();
  if (ahead <= kAheadByNoise) return;
  if (ahead > kAheadMax && !accepts_ahead) throw ClockRefused(last_moment, clock.now());
  clock.raise(last_moment);
  correct_clock();
}

// Without effect if another instance was faster, or is writing.
void PostgresStore::correct_clock() {
  try {
    lock();
    if (!journal_.write_correction(*connection_)) connection_->roll_back();
  } catch (const LockTaken&) {
    connection_->roll_back();
  } catch (...) {
    connection_->roll_back();
    throw;
  }
}

// Queues the begin of a write transaction.
void PostgresStore::lock() {
  open().queue("BEGIN");
  connection_->queue(sql::engine::take_lock, {});
}

// PostgreSQL ends a transaction of an instance that is idle for too long, but not one whose client stalled in
// the middle of a message in either direction, nor that of a person.
std::optional<std::string> PostgresStore::end_stalled_writers() {
  Connection& connection = open();
  std::string holders;
  bool is_ended = false;
  connection.queue(sql::engine::end_stalled_writers, {{"$stalled_ms", options_.idle_limit}},
                   [&](Columns& columns) {
                     std::int64_t pid = 0;
                     std::string role;
                     std::string application;
                     bool is_this_ended = false;
                     columns >> pid >> role >> application >> is_this_ended;
                     is_ended = is_ended || is_this_ended;
                     holders += fmt::format("{}process {} (role {}, application {})",
                                            holders.empty() ? "" : ", ", pid, role, application);
                   });
  connection.finish();
  if (holders.empty()) return "nobody any more";
  if (!is_ended) return holders;
  log(LogLevel::warn, "terminated a stalled session that had locked the store",
      {{"stagedoor.sessions", holders}});
  return std::nullopt;
}

// Finds the outcome of a commit whose answer was lost. The owner of the lock knows that the lost transaction
// has ended.
bool PostgresStore::is_committed(const Journal::Entry& entry) {
  const auto until = SteadyClock::now() + options_.outcome_limit;
  bool is_stalled = false;
  for (Millis pause{10};; pause = std::min(pause * 2, Millis(500))) {
    try {
      if (is_stalled) end_stalled_writers();
      lock();
      const bool is_there = Journal::has(*connection_, entry);
      if (is_there) wait_for_replicas();
      connection_->roll_back();
      return is_there;
    } catch (const StoreUnavailable& why) {
      is_stalled = dynamic_cast<const LockTaken*>(&why) != nullptr;
      connection_->roll_back();
      if (SteadyClock::now() + pause > until)
        throw StoreOutcomeUnknown(
            std::string("the answer to a commit was lost, and the store cannot be queried: ") + why.what());
      std::this_thread::sleep_for(pause);
    }
  }
}

// If a primary was stopped, or its session ended, while a commit waited for a synchronous replica, the commit
// may be in the primary's tables but not on the replica. A later commit returns after the replica has both.
void PostgresStore::wait_for_replicas() {
  constexpr std::array<std::string_view, 1> kMark = {"latest_moment"};
  constexpr std::array<std::int64_t, 1> kAsItIs = {0};  // marks only rise
  const auto itself = [](const auto& value) { return value; };
  connection_->queue(sql::engine::raise_watermark, {{"$names", Value::of_each(kMark, itself)},
                                                    {"$values", Value::of_each(kAsItIs, itself)}});
  connection_->queue("COMMIT");
  connection_->finish();
}

Forgotten PostgresStore::forget(const RetentionLimits& limits, std::size_t rows_max) {
  Connection& connection = between_transactions();
  Forgotten forgotten;
  const auto count = [&](Columns& columns) {
    std::int64_t rows = 0;
    columns >> rows;
    forgotten.rows += std::size_t(rows);
  };
  OutboxId all_accepted = limits.outbox_accepted;
  std::size_t found = 0;
  try {
    lock();
    for (const auto& sink : limits.sinks) {
      connection.queue(sql::events::find_sink, {{"$sink", sink}}, [&](Columns& columns) {
        OutboxId accepted;
        columns >> accepted;
        all_accepted = std::min(all_accepted, accepted);
        ++found;
      });
    }
    connection.finish();
    if (found < limits.sinks.size()) all_accepted = {};
    connection.queue(sql::engine::forget_answers, {{"$before", limits.answers_before}, {"$limit", rows_max}},
                     count);
    connection.queue(sql::engine::forget_outbox,
                     {{"$before", limits.outbox_before.value_or(TimePoint{})},
                      {"$accepted", all_accepted.value},
                      {"$limit", rows_max}},
                     [&](Columns& columns) {
                       count(columns);
                       std::int64_t dropped = 0;
                       columns >> dropped;
                       forgotten.dropped_events = std::size_t(dropped);
                     });
    connection.queue("COMMIT");
    connection.queue(sql::engine::forget_journal,
                     {{"$before", journal_.clock().now() - kJournalKept}, {"$limit", rows_max}}, count);
    connection.finish();
  } catch (...) {
    connection.roll_back();
    throw;
  }
  return forgotten;
}

std::unique_ptr<Queries> PostgresStore::queries() const {
  return std::make_unique<PostgresQueries>(connection_options(options_));
}

std::unique_ptr<Outbox> PostgresStore::outbox() const {
  return std::make_unique<PostgresOutbox>(connection_options(options_));
}

}  // namespace stagedoor::postgres
