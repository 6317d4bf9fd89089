#include "http/loop.h"

#include <fcntl.h>
#include <netinet/tcp.h>
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
constexpr std::size_t kAdminConnections = 8;  // above connections_max, so that operators can always connect

bool is_out_of_resources(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

int open_spare() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

Refusal too_many_connections() {
  return {.code = Code::OVERLOADED, .message = "There are too many connections"};
}

}  // namespace

Loop::Loop(ServerState& server, Metrics::Block& block)
    : context_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE),
      state_(server, block, context_),
      sweeper_(context_),
      lateness_probe_(context_, state_.lateness) {}

Loop::~Loop() {
  if (spare_ >= 0) ::close(spare_);
}

void Loop::listen(std::vector<Listener> listeners, std::vector<Loop*> loops) {
  listeners_ = std::move(listeners);
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
  lateness_probe_.start();
  state_.mailbox.listen([this] { read_mail(); });
  context_.run();
}

void Loop::read_mail() {
  const Mailbox::Orders orders = state_.mailbox.take_orders();
  for (const NewClient& client : orders.clients) add_client(client);
  if (orders.stop_by)
    begin_to_stop(*orders.stop_by);  // before the answers, which then say `Connection: close`
  state_.mailbox.take_items([](Mailbox::Item& item) { static_cast<Connection&>(item).resume_answered(); });
}

// Does not wait again while descriptors or memory are short: the clients in the kernel's queue would wake
// this loop at once and for ever. The sweep tries again (R-A6).
void Loop::wait_for_clients(Listener& listener) {
  listener.is_waiting = true;
  listener.acceptor.async_wait(Acceptor::wait_read, [this, &listener](error_code error) {
    if (error || state_.is_stopping) return;
    listener.is_waiting = false;
    if (accept_clients(listener)) wait_for_clients(listener);
  });
}

bool Loop::accept_clients(Listener& listener) {
  ServerState& server = state_.server;
  const std::size_t most = server.config.connections_max + (listener.is_admin ? kAdminConnections : 0);
  while (true) {
    const int fd =
        ::accept4(listener.acceptor.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      return !is_out_of_resources(errno);
    }
    if (server.connections.fetch_add(1, std::memory_order_relaxed) >= most) {
      server.connections.fetch_sub(1, std::memory_order_relaxed);
      reject(fd, too_many_connections());
      ::close(fd);
      continue;
    }
    Loop* least = this;
    for (Loop* loop : loops_) {
      if (loop->load() < least->load()) least = loop;
    }
    const NewClient client{.fd = fd, .is_v6 = listener.is_v6, .is_admin = listener.is_admin};
    if (least == this || !least->state_.mailbox.post_client(client)) add_client(client);
  }
}

void Loop::refuse_clients(Listener& listener) {
  const int why = errno;
  for (int refused = 0; refused < kRefusedPerSweep; ++refused) {
    if (spare_ >= 0) ::close(std::exchange(spare_, -1));
    const int fd =
        ::accept4(listener.acceptor.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      reject(fd, too_many_connections());
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

void Loop::reject(int fd, const Refusal& refusal) {
  if (state_.server.has_tls) return;
  const Answer answer = render_refusal(refusal);
  std::string text;
  append_head(text, answer, {.date = state_.date, .close = true});
  text += answer.body;
  // A new socket accepts these bytes immediately, or it is broken.
  [[maybe_unused]] const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void Loop::add_client(NewClient client) {
  const int on = 1;
  ::setsockopt(client.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  Socket socket(context_);
  error_code error;
  socket.assign(client.is_v6 ? tcp::v6() : tcp::v4(), client.fd, error);
  if (error) {
    ::close(client.fd);
    state_.server.connections.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  socket.native_non_blocking(true, error);
  auto connection = std::make_unique<Connection>(state_, std::move(socket), client.is_admin);
  connections_.push_back(*connection);
  if (const auto refusal = connection->count()) {
    reject(client.fd, *refusal);
    connection->cut_off();
  }
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
  state_.logs_requests = is_logged(LogLevel::debug);
  for (Connection& connection : connections_) {
    if (connection.is_late(state_.now)) connection.cut_off();
  }
  for (Listener& listener : listeners_) {
    if (state_.is_stopping) break;
    if (!accept_clients(listener)) refuse_clients(listener);
    else if (!listener.is_waiting) wait_for_clients(listener);
  }
  if (state_.is_stopping && end_if_done()) return;
  wait_for_sweep();
}

void Loop::begin_to_stop(SteadyClock::time_point deadline) {
  for (Listener& listener : listeners_) {
    if (state_.is_stopping) break;
    accept_clients(listener);  // clients in the kernel's queue already have a connection
    error_code ignored;
    listener.acceptor.close(ignored);
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
