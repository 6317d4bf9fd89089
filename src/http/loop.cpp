#include "http/loop.h"

#include <netinet/tcp.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

#include "core/log.h"
#include "http/render_refusal.h"
#include "http/response.h"

namespace stagedoor::http {
namespace {

constexpr Millis kStopSweep{5};  // interval between checks of a stopping loop

}  // namespace

Loop::Loop(ServerState& server, Metrics::Block& block)
    : context_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE), state_(server, block, context_), sweeper_(context_) {}

void Loop::listen(Acceptor acceptor, std::vector<Loop*> loops) {
  acceptor_.emplace(std::move(acceptor));
  loops_ = std::move(loops);
}

void Loop::start() {
  thread_ = std::thread([this] { run(); });
}

void Loop::join() {
  if (thread_.joinable()) thread_.join();
}

void Loop::run() {
  sweep();
  state_.mailbox.listen([this] { read_mail(); });
  if (acceptor_) wait_for_clients();
  context_.run();
}

void Loop::read_mail() {
  const Mailbox::Orders orders = state_.mailbox.take_orders();
  for (const int fd : orders.sockets) add_client(fd);
  if (orders.stop_by)
    begin_to_stop(*orders.stop_by);  // before the answers, which then say `Connection: close`
  state_.mailbox.take_items([](Mailbox::Item& item) { static_cast<Connection&>(item).resume_answered(); });
}

void Loop::wait_for_clients() {
  acceptor_->async_wait(Acceptor::wait_read, [this](error_code error) {
    if (error) return;
    accept_clients();
    wait_for_clients();
  });
}

void Loop::accept_clients() {
  ServerState& server = state_.server;
  while (true) {
    const int fd = ::accept4(acceptor_->native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        log(LogLevel::warn, "cannot accept clients: out of file descriptors or memory");
      }
      return;  // the sweep tries again
    }
    if (server.connections.fetch_add(1, std::memory_order_relaxed) >= server.config.connections_max) {
      server.connections.fetch_sub(1, std::memory_order_relaxed);
      if (!server.tls) reject(fd);
      ::close(fd);
      continue;
    }
    Loop* least = this;
    for (Loop* loop : loops_) {
      if (loop->load() < least->load()) least = loop;
    }
    if (least == this || !least->state_.mailbox.post_socket(fd)) add_client(fd);
  }
}

void Loop::reject(int fd) {
  const Answer answer =
      render_refusal({.code = Code::OVERLOADED, .message = "There are too many connections"});
  std::string text;
  append_head(text, answer, {.date = state_.date, .close = true});
  text += answer.body;
  // A new socket accepts these bytes immediately, or it is broken.
  [[maybe_unused]] const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void Loop::add_client(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  Socket socket(context_);
  error_code error;
  socket.assign(state_.server.is_v6 ? tcp::v6() : tcp::v4(), fd, error);
  if (!error) socket.native_non_blocking(true, error);
  auto connection = std::make_unique<Connection>(state_, std::move(socket));
  connections_.push_back(*connection);
  if (error) connection->cut_off();
  Connection::run(std::move(connection));
}

void Loop::wait_for_sweep() {
  sweeper_.expires_after(state_.is_stopping ? kStopSweep : state_.server.config.sweep_interval);
  sweeper_.async_wait([this](error_code error) {
    if (!error) sweep();
  });
}

void Loop::sweep() {
  state_.now = SteadyClock::now();
  const std::int64_t second = ::time(nullptr);
  if (second != date_second_) {
    date_second_ = second;
    state_.date = http_date(second);
  }
  state_.logs_requests = spdlog::should_log(spdlog::level::debug);
  for (Connection& connection : connections_) {
    if (connection.is_late(state_.now)) connection.cut_off();
  }
  if (acceptor_) accept_clients();
  if (state_.is_stopping && end_if_done()) return;
  wait_for_sweep();
}

void Loop::begin_to_stop(SteadyClock::time_point deadline) {
  if (acceptor_) {
    accept_clients();  // clients in the kernel's queue already have a connection
    acceptor_.reset();
  }
  state_.is_stopping = true;
  stop_deadline_ = deadline;
  for (Connection& connection : connections_) {
    if (connection.is_idle()) connection.cut_off();
  }
  state_.rounds.ask_all();
  wait_for_sweep();
}

// Ends the loop when all connections have ended, or at the deadline when all remaining ones wait for a Reply.
bool Loop::end_if_done() {
  bool done = connections_.empty();
  if (!done && state_.now >= stop_deadline_) {
    done = true;
    for (Connection& connection : connections_) {
      connection.cut_off();
      done = done && connection.waits_for_reply();
    }
  }
  if (!done || !state_.mailbox.close()) return false;
  context_.stop();
  return true;
}

bool Loop::free_answered() {
  state_.mailbox.take_items([](Mailbox::Item& item) { static_cast<Connection&>(item).destroy(); });
  return connections_.empty();
}

}  // namespace stagedoor::http
