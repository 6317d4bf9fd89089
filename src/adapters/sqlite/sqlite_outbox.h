// The outbox of an SQLite store, which one process has: it has no leases. Rows are read on a connection of
// its own; a sink's progress is written on the store's.
#pragma once

#include "adapters/sqlite/sqlite_store.h"

namespace stagedoor::sqlite {

class SqliteOutbox final : public Outbox {
 public:
  explicit SqliteOutbox(SqliteStore& store);

  bool claim(std::string_view) override { return true; }
  std::vector<OutboxRow> pending(OutboxId after, std::size_t limit) override;
  OutboxId progress(std::string_view sink) override;
  bool advance(std::string_view sink, OutboxId expected, OutboxId next) override {
    return store_.advance(sink, expected, next);
  }

 private:
  SqliteStore& store_;
  Database database_;
  Statement pending_;
  Statement find_sink_;
};

}  // namespace stagedoor::sqlite
