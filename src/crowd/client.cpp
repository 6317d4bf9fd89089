#include "crowd/client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace stagedoor::crowd {
namespace {

constexpr std::uint32_t kFirstSource = 0x7f010001;  // 127.1.0.1

}  // namespace

// Every socket is registered once, edge-triggered for all events: no epoll_ctl per request. With edge
// triggering a read goes on until the kernel has no more bytes; a read shorter than the room shows that
// without another call.

Client::Client(Endpoint to, Options options, OnAnswer on_answer)
    : to_(std::move(to)),
      options_(options),
      on_answer_(std::move(on_answer)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      connections_(options.connections),
      now_(Clock::now()),
      next_late_check_(now_) {
  if (epoll_ < 0) throw std::runtime_error(std::string("epoll_create1: ") + std::strerror(errno));
  for (std::size_t i = 0; i < connections_.size(); ++i) free_.push_back(i);
}

Client::~Client() {
  for (Connection& connection : connections_) close(connection);
  ::close(epoll_);
}

void Client::send(std::string_view bytes, Tag tag) {
  ++unanswered_;
  now_ = Clock::now();
  waiting_.push_back({bytes, tag});
  start_waiting();
}

void Client::start_waiting() {
  while (!waiting_.empty() && !free_.empty()) {
    const Waiting next = waiting_.front();
    waiting_.pop_front();
    const std::size_t index = free_.front();
    free_.pop_front();
    start(index, next.bytes, next.tag);
  }
}

void Client::start(std::size_t index, std::string_view bytes, Tag tag) {
  Connection& connection = connections_[index];
  connection.unsent = bytes;
  connection.tag = tag;
  connection.since = now_;
  connection.reader.reset();
  if (bytes.starts_with("HEAD ")) connection.reader.expect_no_body();
  if (connection.state == State::idle) {
    connection.state = State::busy;
    write(index);
  } else if (!open(connection, index)) {
    connection.unsent = {};
    failed_at_once_.emplace_back(tag, std::strerror(errno));
    close(connection);
    free_.push_back(index);
  }
}

bool Client::open(Connection& connection, std::size_t index) {
  connection.fd = socket(to_.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (connection.fd < 0) return false;
  const int on = 1;
  setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (options_.sources > 0) {
    sockaddr_in from{};
    from.sin_family = AF_INET;
    from.sin_addr.s_addr = htonl(kFirstSource + static_cast<std::uint32_t>(index % options_.sources));
    if (bind(connection.fd, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0) return false;
  }
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = index;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event) != 0) return false;
  connection.state = State::connecting;  // EPOLLOUT follows when it is open
  return connect(connection.fd, reinterpret_cast<const sockaddr*>(&to_.address), to_.address_size) == 0 ||
         errno == EINPROGRESS;
}

void Client::write(std::size_t index) {
  Connection& connection = connections_[index];
  while (!connection.unsent.empty()) {
    const ssize_t count =
        ::send(connection.fd, connection.unsent.data(), connection.unsent.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      connection.unsent.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      return;  // EAGAIN: EPOLLOUT follows. Broken: an event follows, and read() sees the error.
    }
  }
}

void Client::poll(std::chrono::nanoseconds wait) {
  if (!failed_at_once_.empty()) {
    wait = std::chrono::nanoseconds(0);
    for (const auto& [tag, error] : std::exchange(failed_at_once_, {})) {
      --unanswered_;
      on_answer_(tag, Response{.status = 0, .error = error});
    }
  }
  std::array<epoll_event, 256> events;
  wait = std::max(wait, std::chrono::nanoseconds(0));
  const timespec timeout{.tv_sec = wait.count() / 1'000'000'000, .tv_nsec = wait.count() % 1'000'000'000};
  const auto began = Clock::now();
  const int count = epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &timeout, nullptr);
  now_ = Clock::now();
  waited_ += now_ - began;
  for (int i = 0; i < count; ++i) {
    const std::size_t index = events[static_cast<std::size_t>(i)].data.u64;
    const std::uint32_t what = events[static_cast<std::size_t>(i)].events;
    Connection& connection = connections_[index];
    if (connection.state == State::closed) continue;  // closed by an earlier event of this round
    if ((what & EPOLLOUT) != 0 && (what & (EPOLLERR | EPOLLHUP)) == 0) {
      if (connection.state == State::connecting) connection.state = State::busy;
      if (!connection.unsent.empty()) write(index);
    }
    const bool ended = (what & (EPOLLRDHUP | EPOLLERR | EPOLLHUP)) != 0;
    if (ended || (what & EPOLLIN) != 0) read(index, ended);
  }
  if (now_ >= next_late_check_) fail_late_answers();
}

void Client::read(std::size_t index, bool ended) {
  Connection& connection = connections_[index];
  for (;;) {
    if (connection.state == State::idle) connection.reader.reset();
    const auto room = connection.reader.room();
    const ssize_t count = recv(connection.fd, room.data(), room.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (connection.state == State::idle) {  // closed by the server, or bytes without a request
      close(connection);
      return;
    }
    if (count < 0) return fail(index, std::strerror(errno));
    if (count == 0) {
      if (connection.reader.end() == ResponseReader::State::complete) {
        return finish(index, connection.reader.response(), false);
      }
      return fail(index,
                  connection.reader.untouched() ? "closed before an answer" : "closed within an answer");
    }
    const auto state = connection.reader.take(static_cast<std::size_t>(count));
    if (state == ResponseReader::State::malformed) return fail(index, "malformed answer");
    if (state == ResponseReader::State::complete) {
      return finish(index, connection.reader.response(), connection.reader.keeps_connection() && !ended);
    }
    if (static_cast<std::size_t>(count) < room.size() && !ended) return;
  }
}

void Client::finish(std::size_t index, const Response& response, bool keep) {
  Connection& connection = connections_[index];
  if (keep && connection.unsent.empty()) {
    connection.state = State::idle;
  } else {
    close(connection);
  }
  const Tag tag = connection.tag;
  free_.push_back(index);
  --unanswered_;
  start_waiting();  // before the callback, so that new requests do not overtake waiting ones
  on_answer_(tag, response);
}

void Client::fail(std::size_t index, std::string_view error) {
  finish(index, Response{.status = 0, .error = error}, false);
}

void Client::close(Connection& connection) {
  if (connection.fd >= 0) ::close(connection.fd);
  connection.fd = -1;
  connection.state = State::closed;
  connection.unsent = {};
}

void Client::fail_late_answers() {
  next_late_check_ =
      now_ + std::min<std::chrono::milliseconds>(options_.answer_within / 4, std::chrono::seconds(1));
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    const Connection& connection = connections_[i];
    const bool waits = connection.state == State::busy || connection.state == State::connecting;
    if (waits && now_ - connection.since > options_.answer_within) fail(i, "no answer in time");
  }
}

}  // namespace stagedoor::crowd
