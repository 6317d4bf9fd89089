#include "http/stream_writer.h"

#include <fmt/format.h>

#include <exception>

#include "core/log.h"

namespace stagedoor::http {
namespace {

constexpr std::uint32_t kRetryMinMs = 1000, kRetrySpreadMs = 4000;
constexpr std::uint32_t kRetryStepMs = 769;  // a prime, so neighbours are far apart and all delays are used

}  // namespace

void StreamWriter::append_retry(Output& output, std::uint32_t number) {
  output.text += fmt::format("retry: {}\n\n", kRetryMinMs + number * kRetryStepMs % kRetrySpreadMs);
}

void StreamWriter::append_reconnect(Output& output) {
  output.text += "event: reconnect\ndata: {}\n\n";  // browsers ignore an event without data
}

bool StreamWriter::append_news(Output& output, SteadyClock::time_point now) {
  try {
    if (!stream_->next(output.text, output.tail)) return false;
  } catch (const std::exception& error) {
    log(LogLevel::error, "event stream failed", {{"error.message", error.what()}});
    return false;
  }
  if (output.empty() && now - written_at_ >= heartbeat_) output.text += ":\n\n";
  if (!output.empty()) written_at_ = now;
  return true;
}

}  // namespace stagedoor::http
