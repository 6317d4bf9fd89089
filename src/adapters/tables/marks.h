// The marks of the table `meta` that have to do with the clock.
#pragma once

#include <string_view>

namespace stagedoor::tables {

// One process (SQLite): KeptClock.
inline constexpr std::string_view kClockBootId = "clock_boot_id";
inline constexpr std::string_view kClockOffset = "clock_offset";  // microseconds
// Several instances (PostgreSQL): the ClockCourse of the database's clock, in microseconds since 1970.
inline constexpr std::string_view kClockSince = "clock_since";
inline constexpr std::string_view kClockCorrection = "clock_correction";
inline constexpr std::string_view kClockPercent = "clock_percent";

}  // namespace stagedoor::tables
