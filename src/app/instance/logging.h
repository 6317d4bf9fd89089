// The log: one JSON line per entry, with ECS field names, on standard error.
#pragma once

#include <ostream>
#include <span>
#include <string>
#include <string_view>

#include "core/log.h"
#include "core/time.h"

namespace stagedoor {

// `level` is a value of the setting log.level. Lines below it are dropped. Call once, before other threads
// start; from then on core/log.h writes here, and so does spdlog's default logger.
void start_logging(std::string_view level);

// The line without its line break: {"@timestamp":…,"log.level":…,"message":…,…}.
std::string log_line(TimePoint at, LogLevel level, std::string_view message,
                     std::span<const LogField> fields);

}  // namespace stagedoor
