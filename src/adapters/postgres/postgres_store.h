// The booking store in a PostgreSQL database, for any number of instances. One of them writes at a time, by a
// lock of the database; each commits its batch together with a row of the journal, which the others read
// before they write: under the lock the memory of each is the truth.
#pragma once

#include <memory>
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
  Millis statement_limit{5000};  // the server's work on a statement
  Millis idle_limit{2000};       // a stopped instance loses the lock after it
  Millis answer_limit{8000};     // without a byte from the server: the connection is given up
  Millis outcome_limit{5000};    // finding out what became of a commit whose answer was lost
  Millis poll_interval{50};
};

class PostgresStore final : public Store,
                            public PeerFeed,
                            public StartupState,
                            public LineStore,
                            public Retention {
 public:
  // Brings the database to the newest schema. Throws StoreUnusable (newer, of another program, too old a
  // server, not UTF-8) or StoreUnavailable (cannot be reached, a replica). No message has a password in it.
  explicit PostgresStore(PostgresOptions options);
  ~PostgresStore() override;

  std::unique_ptr<Transaction> begin() override;
  void subscribe(OnBatch on_batch, OnWait on_wait) override {
    journal_.subscribe(std::move(on_batch));
    on_wait_ = std::move(on_wait);
  }
  void poll() override;
  Millis poll_interval() const override { return options_.poll_interval; }
  // One state of the store until the first begin() or poll(); when the connection is lost meanwhile, what
  // was read is of no use: StoreUnavailable, also for what is read next.
  Catalogue catalogue() override;
  void read(const StartupRows& rows) override;
  std::vector<LinePlace> read(EventId event, Place after, std::size_t limit) override;
  Place head(EventId event) override;
  std::int64_t ids_reserved_to() override;
  TimePoint latest_moment() override;
  std::size_t forget(const RetentionLimits& limits, std::size_t rows_max) override;

  StorePorts ports() { return {*this, *this, *this, *this, this}; }
  // Each has a connection of its own, for one thread at a time. Any thread.
  std::unique_ptr<Queries> queries() const;
  std::unique_ptr<Outbox> outbox() const;
  // What to add to this machine's steady clock to have the database's, by which all instances go. Any thread.
  Millis clock_offset() const { return journal_.clock_offset(); }

 private:
  class PostgresTransaction;
  std::unique_ptr<postgres::Connection> connect() const;
  postgres::Connection& open();
  postgres::Connection& between_transactions();
  postgres::Connection& reading();
  void lock();
  void hear_while_waiting();
  void end_stalled_writer();
  bool is_committed(const postgres::Journal::Entry& entry);
  void wait_for_replicas();
  std::int64_t mark(std::string_view name);

  const PostgresOptions options_;
  std::unique_ptr<postgres::Connection> connection_;  // never null
  postgres::Journal journal_;
  OnWait on_wait_;
  // Of a server that cannot be reached: when it is tried again, and what is said until then.
  std::chrono::steady_clock::time_point connect_at_{};
  Millis connect_pause_{0};
  std::string unreachable_;
  std::unique_ptr<postgres::Connection>
      reader_;  // from the first of what is read at the start to the first begin()
};

}  // namespace stagedoor::postgres
