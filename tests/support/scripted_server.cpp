#include "support/scripted_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <utility>
#include <vector>

namespace stagedoor::crowd {
namespace {

struct Open {
  int fd;
  std::string received;
};

// Takes one whole request off the front of `received` into `request` (which views `storage`); false when it
// is not all there.
bool take_request(std::string& received, std::string& storage, ScriptedServer::Request& request) {
  const auto head_end = received.find("\r\n\r\n");
  if (head_end == std::string::npos) return false;
  std::size_t length = 0;
  const auto at = received.find("Content-Length: ");
  if (at < head_end) length = std::strtoul(received.c_str() + at + 16, nullptr, 10);
  const std::size_t size = head_end + 4 + length;
  if (received.size() < size) return false;
  storage = received.substr(0, size);
  received.erase(0, size);
  const std::string_view bytes = storage;
  request.method = bytes.substr(0, bytes.find(' '));
  const std::string_view rest = bytes.substr(request.method.size() + 1);
  request.target = rest.substr(0, rest.find(' '));
  request.head = bytes.substr(0, head_end + 2);
  request.body = bytes.substr(head_end + 4);
  return true;
}

// False when the connection is to be closed.
bool answer_all(Open& connection, const ScriptedServer::Script& script) {
  std::string storage;
  ScriptedServer::Request request;
  while (take_request(connection.received, storage, request)) {
    const std::string bytes = script(request);
    for (std::size_t sent = 0; sent < bytes.size();) {
      const ssize_t count = send(connection.fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) return false;
      sent += static_cast<std::size_t>(count);
    }
    if (bytes.empty() || bytes.find("Connection: close\r\n") != std::string::npos) return false;
  }
  return true;
}

}  // namespace

ScriptedServer::ScriptedServer(Script script) : script_(std::move(script)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_, generic, size) != 0 || listen(listener_, 4096) != 0 ||
      getsockname(listener_, generic, &size) != 0) {
    throw std::runtime_error("cannot listen");
  }
  url_ = fmt::format("http://127.0.0.1:{}", ntohs(address.sin_port));
  thread_ = std::thread([this] { serve(); });
}

ScriptedServer::~ScriptedServer() {
  stop_ = true;
  thread_.join();
  close(listener_);
}

void ScriptedServer::serve() {
  std::vector<Open> open;
  while (!stop_) {
    std::vector<pollfd> polled{{listener_, POLLIN, 0}};
    for (const Open& connection : open) polled.push_back({connection.fd, POLLIN, 0});
    ::poll(polled.data(), polled.size(), 10);
    std::vector<Open> kept;
    for (std::size_t i = 0; i < open.size(); ++i) {
      Open& connection = open[i];
      bool keep = true;
      if (polled[i + 1].revents != 0) {
        char bytes[65536];
        const ssize_t count = recv(connection.fd, bytes, sizeof bytes, 0);
        if (count > 0) connection.received.append(bytes, static_cast<std::size_t>(count));
        keep = count > 0 && answer_all(connection, script_);
      }
      if (keep) {
        kept.push_back(std::move(connection));
      } else {
        close(connection.fd);
      }
    }
    open = std::move(kept);
    if (polled[0].revents != 0) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd >= 0) {
        ++accepted_;
        open.push_back({fd, {}});
      }
    }
  }
  for (const Open& connection : open) close(connection.fd);
}

std::string answer(int status, std::string_view body, std::string_view headers) {
  return fmt::format("HTTP/1.1 {} Said\r\nContent-Length: {}\r\n{}\r\n{}", status, body.size(), headers,
                     body);
}

}  // namespace stagedoor::crowd
