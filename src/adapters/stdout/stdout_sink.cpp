#include "adapters/stdout/stdout_sink.h"

#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

namespace stagedoor::standard_output {
namespace {

constexpr int kLookForStopMs = 100;

[[noreturn]] void fail(const char* doing) {
  throw SinkUnavailable(std::string(doing) + ": " + std::strerror(errno));
}

// A pipe that is writable takes PIPE_BUF bytes without blocking.
bool is_writable(int fd) {
  pollfd polled{.fd = fd, .events = POLLOUT, .revents = 0};
  const int ready = ::poll(&polled, 1, kLookForStopMs);
  if (ready < 0 && errno != EINTR) fail("waiting for the output");
  return ready > 0;
}

// Returns the number of bytes written: all of them unless a stop was requested.
std::size_t write_all(int fd, std::string_view bytes, const std::stop_token& stop) {
  std::size_t written = 0;
  while (written < bytes.size() && !stop.stop_requested()) {
    if (!is_writable(fd)) continue;
    const ssize_t count =
        ::write(fd, bytes.data() + written, std::min<std::size_t>(bytes.size() - written, PIPE_BUF));
    if (count >= 0) written += std::size_t(count);
    else if (errno != EINTR && errno != EAGAIN) fail("writing events");
  }
  return written;
}

}  // namespace

std::size_t StdoutSink::accept(std::span<const OutboxEvent> events, const std::stop_token& stop) {
  std::string lines;
  std::vector<std::size_t> ends;
  for (const OutboxEvent& event : events) {
    lines += event.json;
    lines += '\n';
    ends.push_back(lines.size());
  }
  const std::size_t written = write_all(fd_, lines, stop);
  return std::size_t(std::ranges::upper_bound(ends, written) - ends.begin());
}

}  // namespace stagedoor::standard_output
