// The outbox of a PostgreSQL store, on a separate connection. The connection also holds the leases of the
// sinks: they are lost with it. It connects at the first use, and again after a lost connection.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "adapters/postgres/connection.h"
#include "ports/outbox.h"

namespace stagedoor::postgres {

class PostgresOutbox final : public Outbox {
 public:
  explicit PostgresOutbox(ConnectionOptions options) : options_(std::move(options)) {}

  bool claim(std::string_view sink) override;
  std::vector<OutboxRow> pending(OutboxId after, std::size_t limit) override;
  std::string store_id() override;
  OutboxId progress(std::string_view sink) override;
  bool advance(std::string_view sink, OutboxId expected, OutboxId next) override;
  bool park(std::string_view sink, OutboxId expected, OutboxId next, const ParkedChanges& changes) override;
  ParkedKeys parked_keys(std::string_view sink) override;
  std::vector<ParkedEvent> due(std::string_view sink, TimePoint now, std::size_t limit) override;
  std::vector<ParkedEvent> dead_letters(std::string_view sink, OutboxId before, std::size_t limit) override;
  SinkBacklog backlog(std::string_view sink, OutboxId accepted) override;

 private:
  Connection& open();

  const ConnectionOptions options_;
  std::optional<Connection> connection_;
  std::set<std::string, std::less<>> claimed_;  // by this connection
};

}  // namespace stagedoor::postgres
