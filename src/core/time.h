// Points in time are UTC milliseconds since 1970; durations are milliseconds. Text forms: RFC 3339 with
// milliseconds for points ("2026-01-01T00:00:00.000Z"), `5m`, `250ms`, `1h30m`, `0s` for durations.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stagedoor {

using Millis = std::chrono::duration<std::int64_t, std::milli>;
using TimePoint = std::chrono::time_point<std::chrono::system_clock, Millis>;

constexpr TimePoint kNever = TimePoint::max();

constexpr std::int64_t to_ms(TimePoint at) { return at.time_since_epoch().count(); }
constexpr TimePoint from_ms(std::int64_t ms) { return TimePoint(Millis(ms)); }

// Appends the 24 bytes of the RFC 3339 form. Years 0 to 9999.
void append_rfc3339(std::string& out, TimePoint at);
std::string to_rfc3339(TimePoint at);

// Reads RFC 3339 with any offset and any number of fraction digits (those beyond milliseconds are cut off).
// nullopt if the text is malformed or names a day that does not exist.
std::optional<TimePoint> parse_rfc3339(std::string_view text);

// The UTC day, such as "2026-02-01".
std::string utc_day(TimePoint at);

// Reads one or more number-unit pairs with units ms, s, m, h, d: "250ms", "1h30m". Not negative. nullopt if
// malformed or beyond 10,000 days.
std::optional<Millis> parse_duration(std::string_view text);
std::string format_duration(Millis duration);

}  // namespace stagedoor
