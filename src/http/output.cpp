#include "http/output.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>

namespace stagedoor::http {
namespace {

constexpr int kFlags = MSG_NOSIGNAL | MSG_DONTWAIT;

ssize_t send_once(int fd, const Output& output) {
  const auto buffers = output.unsent();
  if (buffers[1].size() == 0) return ::send(fd, buffers[0].data(), buffers[0].size(), kFlags);
  iovec parts[2] = {{const_cast<void*>(buffers[0].data()), buffers[0].size()},
                    {const_cast<void*>(buffers[1].data()), buffers[1].size()}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  return ::sendmsg(fd, &message, kFlags);
}

}  // namespace

std::array<boost::asio::const_buffer, 2> Output::unsent() const {
  const std::size_t of_text = std::min(sent, text.size());
  return {boost::asio::buffer(text) + of_text,
          tail ? boost::asio::buffer(*tail) + (sent - of_text) : boost::asio::const_buffer()};
}

void Output::clear() {
  text.clear();
  tail.reset();
  sent = 0;
}

Sent send(int fd, Output& output) {
  while (output.sent < output.size()) {
    const ssize_t sent = send_once(fd, output);
    if (sent >= 0) output.sent += static_cast<std::size_t>(sent);
    else if (errno == EAGAIN || errno == EWOULDBLOCK) return Sent::some;
    else if (errno != EINTR) return Sent::failed;
  }
  return Sent::all;
}

}  // namespace stagedoor::http
