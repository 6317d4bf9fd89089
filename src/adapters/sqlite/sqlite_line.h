// The line in an SQLite file.
#pragma once

#include "adapters/sqlite/database.h"
#include "ports/line_store.h"

namespace stagedoor::sqlite {

// Reads in the database's transaction if one is open. The database must outlive it.
class SqliteLine final : public LineStore {
 public:
  explicit SqliteLine(Database& database);
  std::vector<LinePlace> read(EventId event, Place after, std::size_t limit) override;
  Place head(EventId event) override;

 private:
  Statement places_;
  Statement head_;
};

}  // namespace stagedoor::sqlite
