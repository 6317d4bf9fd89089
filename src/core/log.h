// One line of the log: a message for a person and named fields for a search (ECS names: "http.request.id",
// "event.duration", "error.message"). Never a token, a key, or the body of a request. The sink of the lines
// is set at start (app/instance/logging.h); before that, and in tests, they are dropped. Any thread may log.
#pragma once

#include <initializer_list>
#include <span>
#include <string_view>

namespace stagedoor {

enum class LogLevel { debug, info, warn, error };

struct LogField {
  std::string_view name;
  std::string_view text;
};

void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

// Must not throw, and must be safe to call from many threads at once. Null drops the lines.
using LogWriter = void (*)(LogLevel level, std::string_view message, std::span<const LogField> fields);
void set_log_writer(LogWriter writer);

}  // namespace stagedoor
