#include "app/instance/logging.h"

#include <unistd.h>

#include <algorithm>
#include <boost/describe/enum.hpp>
#include <boost/describe/enum_from_string.hpp>
#include <boost/describe/enum_to_string.hpp>
#include <chrono>
#include <memory>
#include <utility>

#include "app/instance/log_queue.h"
#include "core/ensure.h"
#include "json/write.h"

namespace stagedoor {

BOOST_DESCRIBE_ENUM(LogLevel, debug, info, warn, error, fatal)

namespace {

constexpr Millis kFlushPatience{1000};

// Not destroyed at the end: threads may log until the process is gone.
LogQueue* g_queue = nullptr;

TimePoint wall_clock() { return std::chrono::floor<Millis>(std::chrono::system_clock::now()); }

void write(LogLevel level, std::string_view message, std::span<const LogField> fields) {
  const auto line = [&] { return log_line(wall_clock(), level, message, fields); };
  const bool is_record =
      std::any_of(fields.begin(), fields.end(), [](const auto& field) { return field.name == kRecordField; });
  if (is_record || level == LogLevel::fatal) g_queue->add_record(line());
  else g_queue->add_event(message, line);
}

std::string dropped_line(std::uint64_t count) {
  const LogField fields[] = {{"count", count}};
  return log_line(wall_clock(), LogLevel::warn, "log lines were dropped", fields);
}

}  // namespace

std::string log_line(TimePoint at, LogLevel level, std::string_view message,
                     std::span<const LogField> fields) {
  std::string out = "{\"@timestamp\":\"";
  append_rfc3339(out, at);
  out += "\",\"log.level\":\"";
  out += boost::describe::enum_to_string(level, "error");
  out += "\",\"message\":";
  json::write_string(out, message);
  out += ",\"ecs.version\":\"8.11.0\",\"service.name\":\"stagedoor\"";
  for (const LogField& field : fields) {
    out += ',';
    json::write_string(out, field.name);
    out += ':';
    if (field.number) out += std::to_string(*field.number);
    else json::write_string(out, field.text);
  }
  out += '}';
  return out;
}

void start_logging(std::string_view level) {
  LogLevel least{};
  ensure(boost::describe::enum_from_string(std::string(level).c_str(), least), "log.level was checked");
  const std::unique_ptr<LogQueue> before(
      std::exchange(g_queue, new LogQueue(STDERR_FILENO, dropped_line)));  // of an earlier test
  set_log_sink({.write = write, .flush = [] { g_queue->flush(kFlushPatience); }, .least = least});
}

std::uint64_t dropped_log_lines() { return g_queue ? g_queue->dropped() : 0; }

}  // namespace stagedoor
