// One line of the log: a message for a person and named fields for a search (ECS names: "http.request.id",
// "event.duration", "error.message"). Never a token, a key, or the body of a request. The sink of the lines
// is set at start (app/instance/logging.h); before that, and in tests, they are dropped. Any thread may log,
// and none waits for the sink.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>

namespace stagedoor {

enum class LogLevel { debug, info, warn, error, fatal };

// A text, or a number, which is written as one.
struct LogField {
  LogField(std::string_view field, std::string_view value) : name(field), text(value) {}
  LogField(std::string_view field, std::integral auto value)
      : name(field), number(static_cast<std::int64_t>(value)) {}

  std::string_view name;
  std::string_view text{};
  std::optional<std::int64_t> number{};
};

// The field of a line that is a record of its own (a request, an action of an operator): each record is
// written. Other lines are events: an event that repeats within a second is counted (R-A9).
inline constexpr std::string_view kRecordField = "event.dataset";

void log(LogLevel level, std::string_view message, std::span<const LogField> fields);
void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});
// True if lines of this level are written.
bool is_logged(LogLevel level);
// Waits until all lines are written, at most about a second: before the process ends.
void flush_log();

struct LogSink {
  // Must not throw, and must be safe to call from many threads at once. Null drops the lines.
  void (*write)(LogLevel level, std::string_view message, std::span<const LogField> fields) = nullptr;
  void (*flush)() = nullptr;
  LogLevel least = LogLevel::debug;
};
void set_log_sink(const LogSink& sink);

// For tests: a sink that only writes, from info on.
using LogWriter = void (*)(LogLevel level, std::string_view message, std::span<const LogField> fields);
inline void set_log_writer(LogWriter writer) { set_log_sink({.write = writer, .least = LogLevel::info}); }

}  // namespace stagedoor
