// Events as lines of JSON on standard output, or another file descriptor.
#pragma once

#include "ports/event_sink.h"

namespace stagedoor::standard_output {

class StdoutSink final : public EventSink {
 public:
  // Does not close `fd`, and needs SIGPIPE to be ignored.
  explicit StdoutSink(int fd = 1) : fd_(fd) {}
  // Blocks while the reader of a pipe is slow. A stop or a failure may leave a partial line.
  std::size_t accept(std::span<const OutboxEvent> events, const std::stop_token& stop) override;

 private:
  const int fd_;
};

}  // namespace stagedoor::standard_output
