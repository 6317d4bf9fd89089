// The outbox of an SQLite store. It has no leases, since only one process has the store. It reads rows on its
// own connection and writes on the store's.
#pragma once

#include "adapters/sqlite/sqlite_store.h"

namespace stagedoor::sqlite {

class SqliteOutbox final : public Outbox {
 public:
  explicit SqliteOutbox(SqliteStore& store);

  bool claim(std::string_view) override { return true; }
  std::vector<OutboxRow> pending(OutboxId after, std::size_t limit) override;
  std::string store_id() override;
  OutboxId progress(std::string_view sink) override;
  bool advance(std::string_view sink, OutboxId expected, OutboxId next) override {
    return store_.advance(sink, expected, next);
  }
  bool park(std::string_view sink, OutboxId expected, OutboxId next, const ParkedChanges& changes) override {
    return store_.park(sink, expected, next, changes);
  }
  ParkedKeys parked_keys(std::string_view sink) override;
  std::vector<ParkedEvent> due(std::string_view sink, TimePoint now, std::size_t limit) override;
  std::vector<ParkedEvent> dead_letters(std::string_view sink, OutboxId before, std::size_t limit) override;
  SinkBacklog backlog(std::string_view sink, OutboxId accepted) override;

 private:
  SqliteStore& store_;
  Database database_;
  Statement pending_;
  Statement find_sink_;
  Statement find_parked_keys_;
  Statement find_due_;
  Statement find_dead_letters_;
  Statement find_backlog_;
};

}  // namespace stagedoor::sqlite
