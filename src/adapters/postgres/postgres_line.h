// The line as a PostgreSQL database keeps it.
#pragma once

#include "adapters/postgres/connection.h"
#include "ports/line_store.h"

namespace stagedoor::postgres {

// Reads in the connection's transaction when there is one. The connection must outlive it; once it is lost,
// every call throws StoreUnavailable.
class PostgresLine final : public LineStore {
 public:
  explicit PostgresLine(postgres::Connection& connection) : connection_(connection) {}
  std::vector<LinePlace> read(EventId event, Place after, std::size_t limit) override;
  Place head(EventId event) override;

 private:
  postgres::Connection& connection_;
};

}  // namespace stagedoor::postgres
