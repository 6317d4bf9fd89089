// A client of an event stream, over a socket of its own. Waits at most ten seconds for anything.
//
//   Listener listener(server.url(), "/queue/stream?token=" + token);
//   EXPECT_EQ(listener.next()->event, "status");
#pragma once

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <string_view>

#include "support/calls.h"
#include "support/sse.h"

namespace stagedoor::test {

class Listener {
 public:
  // Asks and reads the head.
  Listener(std::string_view url, const std::string& target,
           std::vector<std::pair<std::string, std::string>> headers = {}) {
    const crowd::Endpoint to = crowd::resolve(url);
    fd_ = ::socket(to.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to.address), to.address_size) != 0) return;
    const std::string request =
        render(to, Call{.method = "GET", .target = target, .headers = std::move(headers)});
    if (::send(fd_, request.data(), request.size(), MSG_NOSIGNAL) != ssize_t(request.size())) return;
    std::size_t end = 0;
    while ((end = text_.find("\r\n\r\n")) == text_.npos && read_more()) {
    }
    if (end == text_.npos) return;
    head_ = text_.substr(0, end + 2);
    text_.erase(0, end + 4);
    status_ = std::stoi(head_.substr(9, 3));
  }
  ~Listener() { ::close(fd_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  int status() const { return status_; }
  const std::string& head() const { return head_; }

  // The next block, comments and `retry` too; nothing when the stream has ended or nothing comes.
  std::optional<SseEvent> next_block() {
    while (true) {
      if (auto block = take_event(text_)) return block;
      if (!read_more()) return std::nullopt;
    }
  }
  // The next event.
  std::optional<SseEvent> next() {
    auto block = next_block();
    while (block && block->data.empty()) block = next_block();
    return block;
  }
  // True when the server has closed, with nothing but comments before.
  bool has_ended() { return !next() && has_ended_; }

 private:
  bool read_more() {
    char bytes[16 * 1024];
    const ssize_t n = ::recv(fd_, bytes, sizeof bytes, 0);
    has_ended_ = n == 0;
    if (n > 0) text_.append(bytes, std::size_t(n));
    return n > 0;
  }

  int fd_ = -1;
  int status_ = 0;
  bool has_ended_ = false;
  std::string head_, text_;
};

}  // namespace stagedoor::test
