#include "http/stream_writer.h"

#include <fmt/format.h>

#include <exception>

#include "core/log.h"

namespace stagedoor::http {
namespace {

constexpr std::uint32_t kRetryMinMs = 1000, kRetrySpreadMs = 4000;
constexpr std::uint32_t kRetryStepMs = 769;  // a prime, so neighbours are far apart and all delays are used

}  // namespace

void StreamWriter::append_retry(Output& output, std::uint32_t number) const {
  if (form_ != StreamForm::events) return;
  output.text += fmt::format("retry: {}\n\n", kRetryMinMs + number * kRetryStepMs % kRetrySpreadMs);
}

void StreamWriter::append_reconnect(Output& output) const {
  if (form_ != StreamForm::events) return;
  output.text += "event: reconnect\ndata: {}\n\n";  // browsers ignore an event without data
}

bool StreamWriter::append_news(Output& output, SteadyClock::time_point now) {
  bool has_more = false;
  try {
    has_more = form_ == StreamForm::events ? append_events(output) : append_piece(output);
  } catch (const std::exception& error) {
    log(LogLevel::error, "event stream failed", {{"error.message", error.what()}});
    return false;
  }
  if (has_more && form_ == StreamForm::events && output.empty() && now - written_at_ >= heartbeat_)
    output.text += ":\n\n";
  if (!output.empty()) written_at_ = now;
  return has_more;
}

bool StreamWriter::append_events(Output& output) { return stream_->next(output.text, output.tail); }

bool StreamWriter::append_piece(Output& output) {
  std::string piece;
  std::shared_ptr<const std::string> unused;
  const bool has_more = stream_->next(piece, unused);
  if (form_ == StreamForm::bytes) {
    output.text += piece;
    return has_more;
  }
  if (!piece.empty()) output.text += fmt::format("{:x}\r\n{}\r\n", piece.size(), piece);
  if (!has_more) output.text += "0\r\n\r\n";
  return has_more;
}

}  // namespace stagedoor::http
