// The booking store in plain maps: the oracle of the other adapters. It keeps the same constraints and guards
// and refuses with the same exceptions. It is lost with the process.
#pragma once

#include <memory>
#include <mutex>

#include "adapters/memory/tables.h"
#include "ports/outbox.h"
#include "ports/queries.h"
#include "ports/store_ports.h"

namespace stagedoor::memory {

class MemoryStore final : public Store, public StartupState, public LineStore, public Retention {
 public:
  std::unique_ptr<Transaction> begin() override;
  Catalogue catalogue() override;
  void read(const StartupRows& rows) override;
  std::vector<LinePlace> read(EventId event, Place after, std::size_t limit) override;
  Place head(EventId event) override;
  std::int64_t ids_reserved_to() override;
  TimePoint latest_moment() override;
  std::string ticket_secret() override { return "of the store in memory"; }
  Forgotten forget(const RetentionLimits& limits, std::size_t rows_max) override;

  StorePorts ports() { return {*this, *this, *this, *this}; }
  // Any thread; must not outlive the store.
  std::unique_ptr<Queries> queries();
  std::unique_ptr<Outbox> outbox();

  // All rows, for comparison. Not while a transaction commits.
  const Tables& tables() const { return tables_; }

 private:
  friend class MemoryTransaction;
  friend class MemoryQueries;
  friend class MemoryOutbox;

  std::mutex mutex_;  // held while rows are read for Queries and Outbox, and while a commit writes them
  Tables tables_;
};

}  // namespace stagedoor::memory
