// The outbox of an SQLite store. It has no leases, since only one process has the store. It reads rows on its
// own connection and writes a sink's progress on the store's.
#pragma once

#include "adapters/sqlite/sqlite_store.h"

namespace stagedoor::sqlite {

class SqliteOutbox final : public Outbox {
 public:
  explicit SqliteOutbox(SqliteStore& store);

  bool claim(std::string_view) override { return true; }
  std::vector<OutboxRow> pending(OutboxId after, std::size_t limit) override;
  std::size_t count_pending(OutboxId after, std::size_t limit) override;
  std::string store_id() override;
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
