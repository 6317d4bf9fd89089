// The line in a PostgreSQL database.
#pragma once

#include "adapters/postgres/connection.h"
#include "ports/line_store.h"

namespace stagedoor::postgres {

// Reads in the connection's transaction if one is open. The connection must outlive it; after the connection
// is lost, every call throws StoreUnavailable.
class PostgresLine final : public LineStore {
 public:
  explicit PostgresLine(Connection& connection) : connection_(connection) {}
  std::vector<LinePlace> read(EventId event, Place after, std::size_t limit) override;
  Place head(EventId event) override;

 private:
  Connection& connection_;
};

}  // namespace stagedoor::postgres
