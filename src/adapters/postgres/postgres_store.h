// The booking store in a PostgreSQL database, for any number of instances. A lock of the database lets one of
// them write at a time. Each commits its batch together with a row of the journal, and reads the rows of the
// others before it writes: while it holds the lock, its memory is current.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "adapters/postgres/connection.h"
#include "adapters/postgres/journal.h"
#include "ports/outbox.h"
#include "ports/queries.h"
#include "ports/store_ports.h"

namespace stagedoor::postgres {

struct PostgresOptions {
  std::string url;               // postgres://user:password@host:port/database
  Millis lock_limit{2500};       // waiting for another instance; longer than idle_limit
  Millis statement_limit{5000};  // execution of a statement on the server
  Millis idle_limit{2000};       // a stalled instance loses the lock after it
  Millis answer_limit{8000};     // without a byte from the server; then the connection is closed
  Millis outcome_limit{5000};    // to find the outcome of a commit whose answer was lost
  Millis poll_interval{50};
  Millis settle_limit{2000};  // for an instance that runs to correct a clock that was set
  std::string line{};         // where the joins are kept; "": here
};

class PostgresStore final : public Store,
                            public PeerFeed,
                            public StartupState,
                            public LineStore,
                            public Retention {
 public:
  // Brings the database to the newest schema. Throws StoreUnusable (newer, of another program, server too
  // old, not UTF-8) or StoreUnavailable (cannot be reached, a replica). No message contains a password.
  explicit PostgresStore(PostgresOptions options);
  ~PostgresStore() override;

  std::unique_ptr<Transaction> begin() override;
  void subscribe(OnBatch on_batch, OnWait on_wait) override {
    journal_.subscribe(std::move(on_batch));
    on_wait_ = std::move(on_wait);
  }
  void poll() override;
  Millis poll_interval() const override { return options_.poll_interval; }
  // These read one snapshot of the store until the first begin() or poll(). If the connection is lost before
  // that, the rows read so far are useless: this call and the following ones throw StoreUnavailable.
  Catalogue catalogue() override;
  void read(const StartupRows& rows) override;
  std::vector<LinePlace> read(EventId event, Place after, std::size_t limit) override;
  Place head(EventId event) override;
  std::int64_t ids_reserved_to() override;
  TimePoint latest_moment() override;
  std::string ticket_secret() override;
  Forgotten forget(const RetentionLimits& limits, std::size_t rows_max) override;

  StorePorts ports() { return {*this, *this, *this, *this, this}; }
  // Stores a number under this name and returns the one before it. Before the first begin().
  std::optional<std::int64_t> exchange_mark(std::string_view name, std::int64_t value);
  // True if sessions of other instances have another PostgresOptions::line. Before the first begin().
  bool has_other_lines();
  // Each has its own connection, for one thread at a time. Any thread.
  std::unique_ptr<Queries> queries() const;
  std::unique_ptr<Outbox> outbox() const;
  // Before anything else at the start of an instance: waits for the others to correct a clock that was set,
  // and lets service time begin at the last moment if that is later. Throws ClockRefused if that is more than
  // an hour later, unless `accepts_ahead`.
  void settle_clock(bool accepts_ahead);
  // The clock of all instances. Any thread.
  DatabaseClock& clock() { return journal_.clock(); }

 private:
  class PostgresTransaction;
  void warn_of_public_access();
  std::unique_ptr<Connection> connect() const;
  Connection& open();
  Connection& between_transactions();
  Connection& reading();
  void lock();
  void correct_clock();
  void read_while_waiting();
  // Ends writers whose client is stalled. Returns who has the lock; nullopt if one was ended.
  std::optional<std::string> end_stalled_writers();
  bool is_committed(const Journal::Entry& entry);
  void wait_for_replicas();
  std::int64_t mark(std::string_view name);

  const PostgresOptions options_;
  std::unique_ptr<Connection> connection_;  // never null
  Journal journal_;
  OnWait on_wait_;
  bool waits_in_vain_ = false;  // the last begin() did not get the writer lock
  // Reconnect back-off: the next attempt, and the error reported until then.
  std::chrono::steady_clock::time_point connect_at_{};
  Millis connect_pause_{0};
  std::string unreachable_;
  std::unique_ptr<Connection> reader_;  // open from the first read at start to the first begin()
};

}  // namespace stagedoor::postgres
