// Reading much of one state of the store.
#pragma once

#include "adapters/postgres/connection.h"

namespace stagedoor::postgres {

// Begins a transaction that sees one state and may take its time. The connection goes by no limits and no
// plans for the lane from now on.
inline void begin_reading(Connection& connection) {
  connection.set_answer_limit(std::nullopt);
  connection.queue("RESET ALL");
  connection.finish();
  connection.queue("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
}

}  // namespace stagedoor::postgres
