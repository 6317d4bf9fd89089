// The log: one JSON line per entry, with ECS field names, on standard error.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/log.h"
#include "core/time.h"

namespace stagedoor {

// `level` is a value of the setting log.level. Lines below it are dropped. Call once; from then on core/log.h
// writes here, by a thread of its own (log_queue.h).
void start_logging(std::string_view level);

// Log lines that were not written since the start. Any thread.
std::uint64_t dropped_log_lines();

// The line without its line break: {"@timestamp":…,"log.level":…,"message":…,…}.
std::string log_line(TimePoint at, LogLevel level, std::string_view message,
                     std::span<const LogField> fields);

}  // namespace stagedoor
