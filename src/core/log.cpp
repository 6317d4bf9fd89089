#include "core/log.h"

#include <atomic>

namespace stagedoor {
namespace {

std::atomic<LogWriter> g_write{nullptr};
std::atomic<void (*)()> g_flush{nullptr};
std::atomic<LogLevel> g_least{LogLevel::debug};

}  // namespace

void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  log(level, message, std::span(fields.begin(), fields.size()));
}

void log(LogLevel level, std::string_view message, std::span<const LogField> fields) {
  if (level < g_least.load(std::memory_order_relaxed)) return;
  if (const LogWriter write = g_write.load(std::memory_order_acquire)) write(level, message, fields);
}

bool is_logged(LogLevel level) {
  return g_write.load(std::memory_order_relaxed) != nullptr &&
         level >= g_least.load(std::memory_order_relaxed);
}

void flush_log() {
  if (const auto flush = g_flush.load(std::memory_order_acquire)) flush();
}

void set_log_sink(const LogSink& sink) {
  g_least.store(sink.least, std::memory_order_relaxed);
  g_flush.store(sink.flush, std::memory_order_release);
  g_write.store(sink.write, std::memory_order_release);
}

}  // namespace stagedoor
