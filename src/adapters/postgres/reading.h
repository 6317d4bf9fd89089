// Long snapshot reads.
#pragma once

#include "adapters/postgres/connection.h"

namespace stagedoor::postgres {

// Begins a snapshot transaction without time limits. The connection drops the limits and the query plans of
// the lane.
inline void begin_reading(Connection& connection) {
  connection.set_answer_limit(std::nullopt);
  connection.queue("RESET ALL");
  connection.finish();
  connection.queue("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
}

}  // namespace stagedoor::postgres
