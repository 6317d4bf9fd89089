// What an SQLite store keeps of the clock, read and changed beside its server (`stagedoor clock`).
#pragma once

#include <string>

#include "core/service_time.h"

namespace stagedoor::sqlite {

struct ClockReport {
  KeptClock kept;
  TimePoint last_moment;
};

// Throws StoreUnusable or StoreUnavailable.
ClockReport read_clock_sqlite(const std::string& file);
// The next start begins with the wall clock, but not before the last moment. Throws StoreUnusable also if a
// server runs.
void forget_clock_sqlite(const std::string& file);

}  // namespace stagedoor::sqlite
