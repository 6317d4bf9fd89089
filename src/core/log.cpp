#include "core/log.h"

#include <atomic>

namespace stagedoor {
namespace {
std::atomic<LogWriter> g_writer{nullptr};
}

void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (const LogWriter writer = g_writer.load(std::memory_order_acquire)) writer(level, message, fields);
}

void set_log_writer(LogWriter writer) { g_writer.store(writer, std::memory_order_release); }

}  // namespace stagedoor
