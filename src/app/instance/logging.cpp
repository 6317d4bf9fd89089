#include "app/instance/logging.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <boost/json/serialize.hpp>
#include <boost/json/string_view.hpp>
#include <chrono>
#include <memory>

namespace stagedoor {
namespace {

std::shared_ptr<spdlog::logger> g_lines;  // writes lines unchanged

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

LogLevel own_level(spdlog::level::level_enum level) {
  if (level >= spdlog::level::err) return LogLevel::error;
  if (level == spdlog::level::warn) return LogLevel::warn;
  return level == spdlog::level::info ? LogLevel::info : LogLevel::debug;
}

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warn:
      return "warn";
    case LogLevel::error:
      return "error";
  }
  return "error";
}

TimePoint wall_clock() { return std::chrono::floor<Millis>(std::chrono::system_clock::now()); }

void append_text(std::string& out, std::string_view text) {
  out += boost::json::serialize(boost::json::string_view(text.data(), text.size()));
}

void write(LogLevel level, std::string_view message, std::span<const LogField> fields) {
  if (g_lines->should_log(spdlog_level(level))) {
    g_lines->log(spdlog_level(level), spdlog::string_view_t(log_line(wall_clock(), level, message, fields)));
  }
}

// Formats messages that are logged through spdlog in the same way.
class JsonFormatter : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& entry, spdlog::memory_buf_t& out) override {
    const auto line = log_line(std::chrono::floor<Millis>(entry.time), own_level(entry.level),
                               {entry.payload.data(), entry.payload.size()}, {});
    out.append(line.data(), line.data() + line.size());
    out.push_back('\n');
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<JsonFormatter>(); }
};

}  // namespace

std::string log_line(TimePoint at, LogLevel level, std::string_view message,
                     std::span<const LogField> fields) {
  std::string out = "{\"@timestamp\":\"";
  append_rfc3339(out, at);
  out += "\",\"log.level\":\"";
  out += name_of(level);
  out += "\",\"message\":";
  append_text(out, message);
  out += ",\"ecs.version\":\"8.11.0\",\"service.name\":\"stagedoor\"";
  for (const auto& [name, text] : fields) {
    out += ',';
    append_text(out, name);
    out += ':';
    append_text(out, text);
  }
  out += '}';
  return out;
}

void start_logging(std::string_view level) {
  const auto least = spdlog::level::from_str(std::string(level));
  auto direct =
      std::make_shared<spdlog::logger>("stagedoor", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  direct->set_formatter(std::make_unique<JsonFormatter>());
  direct->set_level(least);
  spdlog::set_default_logger(std::move(direct));
  g_lines = std::make_shared<spdlog::logger>("lines", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  g_lines->set_pattern("%v");
  g_lines->set_level(least);
  set_log_writer(write);
}

}  // namespace stagedoor
