// The clock of a PostgreSQL store, read and changed beside its instances (`stagedoor clock`).
#pragma once

#include <string>

#include "ports/clock.h"

namespace stagedoor::postgres {

struct ClockReport {
  ClockStatus clock;
  TimePoint last_moment;
};

// Both throw StoreUnusable or StoreUnavailable.
ClockReport read_clock_postgres(const std::string& url);
// The database's clock is right. Running instances follow at once.
void accept_clock_postgres(const std::string& url);

}  // namespace stagedoor::postgres
