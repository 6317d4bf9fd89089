#include "support/tcp_proxy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <vector>

namespace stagedoor::test {
namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

void set_up(int socket) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK);
}

// Adds what can be read now. False when the other side has closed.
bool read_into(std::string& to, int socket) {
  char bytes[65536];
  for (;;) {
    const ssize_t count = ::recv(socket, bytes, sizeof bytes, 0);
    if (count > 0) to.append(bytes, std::size_t(count));
    else return count < 0 && (errno == EAGAIN || errno == EINTR);
  }
}

bool write_from(std::string& from, int socket) {
  while (!from.empty()) {
    const ssize_t count = ::send(socket, from.data(), from.size(), MSG_NOSIGNAL);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    from.erase(0, std::size_t(count));
  }
  return true;
}

}  // namespace

TcpProxy::TcpProxy(int server_port) : server_port_(server_port) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
      ::pipe2(wake_, O_NONBLOCK | O_CLOEXEC) != 0)
    throw std::runtime_error("no proxy can be made");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

TcpProxy::~TcpProxy() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  wake();
  thread_.join();
  for (auto& [socket, link] : links_) close(link);
  for (const int socket : {listener_, wake_[0], wake_[1]}) ::close(socket);
}

void TcpProxy::wake() {
  const char byte = 0;
  [[maybe_unused]] const ssize_t ignored = ::write(wake_[1], &byte, 1);
}

void TcpProxy::close(Link& link) {
  // Reset, as by a machine that is gone: what was on its way is lost.
  const linger at_once{1, 0};
  for (const int socket : {link.client, link.server}) {
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(socket);
  }
}

void TcpProxy::pause() {
  const std::lock_guard lock(mutex_);
  is_paused_ = true;
  wake();
}

void TcpProxy::resume() {
  const std::lock_guard lock(mutex_);
  is_paused_ = false;
  wake();
}

void TcpProxy::cut() {
  const std::lock_guard lock(mutex_);
  for (auto& [socket, link] : links_) close(link);
  links_.clear();
  wake();
}

void TcpProxy::keep_out() {
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
}

void TcpProxy::let_in() {
  const std::lock_guard lock(mutex_);
  is_closed_ = false;
}

void TcpProxy::lead_to(int server_port) {
  const std::lock_guard lock(mutex_);
  server_port_ = server_port;
}

void TcpProxy::lose_answer_after(std::string mark) {
  const std::lock_guard lock(mutex_);
  fault_ = Fault::lose_answer;
  mark_ = std::move(mark);
}

void TcpProxy::lose_message_with(std::string mark) {
  const std::lock_guard lock(mutex_);
  fault_ = Fault::lose_message;
  mark_ = std::move(mark);
}

void TcpProxy::stall_after(std::string mark) {
  const std::lock_guard lock(mutex_);
  fault_ = Fault::stall;
  mark_ = std::move(mark);
}

void TcpProxy::accept_client() {
  const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  ++clients_;
  Link link{.client = client, .server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const sockaddr_in address = loopback(server_port_);
  if (is_closed_ || ::connect(link.server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return close(link);
  set_up(client);
  set_up(link.server);
  links_.emplace(client, std::move(link));
}

// What a client sent is in link.up: does to it what was asked for.
void TcpProxy::strike(Link& link) {
  const std::size_t at = fault_ == Fault::none ? std::string::npos : link.up.find(mark_);
  if (at == std::string::npos) return;
  switch (fault_) {
    case Fault::lose_answer:
      link.loses_answer = true;
      break;
    case Fault::lose_message:
      link.up.resize(at);
      link.loses_message = true;
      break;
    case Fault::stall:
      link.up.resize(at + mark_.size());
      link.is_stalled = true;
      break;
    case Fault::none:
      break;
  }
  fault_ = Fault::none;
  ++faults_;
}

// False when the connection is over.
bool TcpProxy::carry(Link& link, bool from_client, bool from_server) {
  bool goes_on = true;
  if (from_client && !link.is_stalled) {
    goes_on = read_into(link.up, link.client);
    strike(link);
  }
  if (!write_from(link.up, link.server) || (link.loses_message && link.up.empty())) return false;
  if (from_server) {
    std::string answer;
    goes_on = read_into(answer, link.server) && goes_on;
    if (link.loses_answer && link.up.empty() && !answer.empty()) return false;
    link.down += answer;
  }
  return write_from(link.down, link.client) && goes_on;
}

void TcpProxy::run() {
  for (;;) {
    std::vector<pollfd> sockets;
    {
      const std::lock_guard lock(mutex_);
      if (is_stopping_) return;
      sockets.push_back({wake_[0], POLLIN, 0});
      if (!is_paused_) {
        sockets.push_back({listener_, POLLIN, 0});
        for (const auto& [socket, link] : links_) {
          const auto wanted = [](bool reads, bool writes) {
            return static_cast<short>((reads ? POLLIN : 0) | (writes ? POLLOUT : 0));
          };
          sockets.push_back({link.client, wanted(!link.is_stalled, !link.down.empty()), 0});
          sockets.push_back({link.server, wanted(true, !link.up.empty()), 0});
        }
      }
    }
    ::poll(sockets.data(), sockets.size(), -1);
    const std::lock_guard lock(mutex_);
    char bytes[64];
    while (::read(wake_[0], bytes, sizeof bytes) > 0) {
    }
    if (is_paused_ || sockets.size() == 1) continue;
    for (std::size_t i = 2; i < sockets.size(); i += 2) {
      const auto found = links_.find(sockets[i].fd);
      if (found == links_.end() || found->second.server != sockets[i + 1].fd) continue;
      Link& link = found->second;
      if (!carry(link, sockets[i].revents & (POLLIN | POLLHUP | POLLERR),
                 sockets[i + 1].revents & (POLLIN | POLLHUP | POLLERR))) {
        close(link);
        links_.erase(found);
      }
    }
    if (sockets[1].revents & POLLIN) accept_client();
  }
}

}  // namespace stagedoor::test
