#include "http/loop.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include "core/log.h"
#include "http/render_refusal.h"
#include "http/response.h"

namespace stagedoor::http {
namespace {

constexpr Millis kStopSweep{5};  // interval between checks of a stopping loop
constexpr Millis kWarningInterval{60'000};
constexpr int kRefusedPerSweep = 256;

bool is_out_of_resources(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

int open_spare() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

}  // namespace

Loop::Loop(ServerState& server, Metrics::Block& block)
    : context_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE), state_(server, block, context_), sweeper_(context_) {}

Loop::~Loop() {
  if (spare_ >= 0) ::close(spare_);
}

void Loop::listen(Acceptor acceptor, std::vector<Loop*> loops) {
  acceptor_.emplace(std::move(acceptor));
  loops_ = std::move(loops);
  spare_ = open_spare();
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

// Does not wait again while descriptors or memory are short: the clients in the kernel's queue would wake
// this loop at once and for ever. The sweep tries again (R-A6).
void Loop::wait_for_clients() {
  is_waiting_for_clients_ = true;
  acceptor_->async_wait(Acceptor::wait_read, [this](error_code error) {
    if (error) return;
    is_waiting_for_clients_ = false;
    if (accept_clients()) wait_for_clients();
  });
}

bool Loop::accept_clients() {
  ServerState& server = state_.server;
  while (true) {
    const int fd = ::accept4(acceptor_->native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      return !is_out_of_resources(errno);
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

void Loop::refuse_clients() {
  const int why = errno;
  for (int refused = 0; refused < kRefusedPerSweep; ++refused) {
    if (spare_ >= 0) ::close(std::exchange(spare_, -1));
    const int fd = ::accept4(acceptor_->native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      if (!state_.server.tls) reject(fd);
      ::close(fd);
    }
    spare_ = open_spare();
    if (fd < 0) break;
  }
  if (state_.now < next_warning_) return;
  next_warning_ = state_.now + kWarningInterval;
  log(LogLevel::warn, "clients are refused: the server is out of file descriptors or socket memory",
      {{"error.message", std::strerror(why)}});
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
  if (error) {
    ::close(fd);
    state_.server.connections.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  socket.native_non_blocking(true, error);
  auto connection = std::make_unique<Connection>(state_, std::move(socket));
  connections_.push_back(*connection);
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
  if (acceptor_) {
    if (!accept_clients()) refuse_clients();
    else if (!is_waiting_for_clients_) wait_for_clients();
  }
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
