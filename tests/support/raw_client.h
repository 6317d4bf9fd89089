// For tests of the HTTP server: a blocking socket that sends any bytes and reads answers, and a server on a
// free port. Waits at most ten seconds for anything: a broken server fails a test and does not hang it.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/server.h"

namespace stagedoor::http::testing {

struct Received {
  int status = 0;  // 0: the connection ended before an answer, -1: within one
  std::string head = {};
  std::string body = {};

  std::string header(std::string_view name) const {
    const std::size_t at = head.find("\r\n" + std::string(name) + ": ");
    if (at == std::string::npos) return {};
    const std::size_t begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

class RawClient {
 public:
  // `source`: an address of this machine that the connection comes from; empty: the usual one.
  explicit RawClient(std::uint16_t port, int receive_buffer = 0, const char* source = "")
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    if (*source != '\0' && inet_pton(AF_INET, source, &address.sin_addr) == 1)
      (void)::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() { ::close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool is_connected() const { return is_connected_; }
  int fd() const { return fd_; }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  Received get(std::string_view target, std::string_view headers = {}) {
    send("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n" + std::string(headers) + "\r\n");
    return receive();
  }

  // `has_body` is false for answers to HEAD.
  Received receive(bool has_body = true) {
    Received received;
    std::size_t end = std::string::npos;
    while ((end = unread_.find("\r\n\r\n")) == std::string::npos) {
      if (!read_more()) return {.status = unread_.empty() ? 0 : -1};
    }
    received.head = unread_.substr(0, end + 2);
    unread_.erase(0, end + 4);
    received.status = std::stoi(received.head.substr(9, 3));
    const std::string length = received.header("Content-Length");
    const std::size_t size = has_body && !length.empty() ? std::stoul(length) : 0;
    while (unread_.size() < size) {
      if (!read_more()) return {.status = -1};
    }
    received.body = unread_.substr(0, size);
    unread_.erase(0, size);
    return received;
  }

  // Everything up to and with `end`, or what has arrived when the connection ends or the ten seconds are
  // over.
  std::string receive_until(std::string_view end) {
    std::size_t at = unread_.find(end);
    while (at == std::string::npos) {
      const std::size_t searched = unread_.size() - std::min(unread_.size(), end.size());
      if (!read_more()) break;
      at = unread_.find(end, searched);
    }
    const std::string text = unread_.substr(0, at == std::string::npos ? at : at + end.size());
    unread_.erase(0, text.size());
    return text;
  }

  // Everything until the server closes; nullopt if it has not closed after ten seconds.
  std::optional<std::string> receive_to_end() {
    while (read_more()) {
    }
    if (!has_ended_) return std::nullopt;
    return unread_;
  }
  bool is_closed_by_server() { return receive_to_end() == ""; }

 private:
  bool read_more() {
    char bytes[64 * 1024];
    const ssize_t n = ::recv(fd_, bytes, sizeof bytes, 0);
    has_ended_ = n == 0 || (n < 0 && errno == ECONNRESET);
    if (n <= 0) return false;
    unread_.append(bytes, static_cast<std::size_t>(n));
    return true;
  }

  int fd_;
  bool is_connected_ = false;
  bool has_ended_ = false;
  std::string unread_;
};

// A running server. Fill `router` (and `config`) first, then start().
struct TestServer {
  Router router;
  ServerConfig config{.threads = 2, .sweep_interval = Millis(5)};
  std::shared_ptr<Metrics> metrics = std::make_shared<Metrics>();
  std::unique_ptr<Server> server;

  void start() {
    server = std::make_unique<Server>(config, router, metrics);
    server->start();
  }
  std::uint16_t port() const { return server->port(); }

  void get(std::string path, Handler handler) {
    router.add({.method = Method::GET, .path = std::move(path), .handler = std::move(handler)});
  }
  void post(std::string path, Handler handler) {
    router.add({.method = Method::POST, .path = std::move(path), .handler = std::move(handler)});
  }
};

}  // namespace stagedoor::http::testing
