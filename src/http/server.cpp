// How it works. Each Loop is a thread with an io_context that nobody else touches (so it needs no locks);
// other threads reach it through its mailbox alone. Each Connection is one coroutine, Connection::run, which
// only waits; everything else happens in plain functions: advance() parses, calls handlers and writes until
// it must wait for something.
//
// An answer may come from any thread: it is put into its connection, the connection into the mailbox (a
// lock-free list through the connections), and the thread is woken if the mailbox was empty. A thousand
// answers cost one wake-up.
//
// Time-outs have no timers: each connection has a deadline, and a sweep over all of a loop's connections
// closes those that are past theirs.
//
// An event stream is asked in rounds, one about every 50 ms over all of a loop's streams, in slices between
// which other connections have their turn. What it has to tell goes straight into the socket. Its coroutine
// waits for the client to hang up; when a round leaves something unsent, or ends the stream, that wait is
// cancelled, and the coroutine goes on as after any other answer.
#include "http/server.h"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/intrusive/list.hpp>
#include <coroutine>
#include <ctime>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

#include "core/ensure.h"
#include "core/log.h"
#include "http/parser.h"
#include "http/problem.h"
#include "http/proxies.h"
#include "http/response.h"
#include "http/trace.h"

namespace stagedoor::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using Descriptor = asio::posix::basic_stream_descriptor<Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;
using Clock = std::chrono::steady_clock;

constexpr int kBacklog = 4096;
constexpr std::size_t kCopyMax =
    4 * 1024;  // bodies up to this are copied behind their head, larger ones gathered
constexpr std::size_t kFlushAt = 64 * 1024;  // answers to pipelined requests are sent together up to this
constexpr std::size_t kDiscardMax =
    512 * 1024;  // read and thrown away after a refusal, so that the answer arrives
constexpr std::chrono::seconds kGoodbyeTimeout{2};  // for that, and for the end of TLS
constexpr std::chrono::milliseconds kStopSweep{5};  // how often a stopping loop looks whether it is done

constexpr std::chrono::milliseconds kSlice{2};  // of a round over the streams; then others have their turn
constexpr int kSliceStep = 64;                  // streams between two looks at the clock
constexpr std::string_view kHeartbeat = ":\n\n";
constexpr std::string_view kReconnect =
    "event: reconnect\ndata: {}\n\n";  // browsers pass no event without data
// Clients connect again after `retry`, spread over some seconds lest all do at once.
constexpr std::uint32_t kRetryMin = 1000, kRetrySpread = 4000;

// A coroutine that starts at once and frees itself at its end.
struct Task {
  struct promise_type {
    Task get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    [[noreturn]] void unhandled_exception() noexcept { die_of_bug("an exception left a connection"); }
  };
};

// Waits for one asynchronous operation. `start` is called with the completion handler. Asio never calls that
// before `start` has returned, so nothing is resumed before it waits.
template <class Start>
class Await {
 public:
  explicit Await(Start start) : start_(std::move(start)) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    start_([this, waiting](error_code outcome, std::size_t transferred = 0) {
      error = outcome;
      bytes = transferred;
      waiting.resume();
    });
  }
  void await_resume() const noexcept {}

  error_code error;
  std::size_t bytes = 0;

 private:
  Start start_;
};

// Bytes to send: heads and small bodies, then perhaps one large body that is not copied.
struct Output {
  std::string text;
  std::shared_ptr<const std::string> tail;
  std::size_t sent = 0;

  std::size_t size() const { return text.size() + (tail ? tail->size() : 0); }
  std::array<asio::const_buffer, 2> unsent() const {
    const std::size_t of_text = std::min(sent, text.size());
    return {asio::buffer(text) + of_text,
            tail ? asio::buffer(*tail) + (sent - of_text) : asio::const_buffer()};
  }
  void clear() {
    text.clear();
    tail.reset();
    sent = 0;
  }
};

}  // namespace

// What all loops read.
struct Server::Shared {
  ServerConfig config;
  const Router& router;
  std::shared_ptr<Metrics> metrics;
  TrustedProxies proxies{};
  std::optional<asio::ssl::context> tls{};
  std::uint16_t port = 0;
  bool is_v6 = false;
  std::atomic<std::size_t> connections{0};
  std::atomic<std::size_t> streams{0};
};

struct OfStreams;  // names the hook by which a connection is among its loop's streams
using StreamHook =
    boost::intrusive::list_base_hook<boost::intrusive::tag<OfStreams>,
                                     boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

class Server::Connection final : public Reply::Sink,
                                 public boost::intrusive::list_base_hook<>,
                                 public StreamHook {
 public:
  Connection(Loop& loop, Socket socket);

  // The life of a connection. Owns it.
  static Task run(std::unique_ptr<Connection> self);

  void take(Answer&& answer) noexcept override;

  // For the loop, on its thread.
  void answer_arrived();
  bool waits_for_reply() const { return static_cast<bool>(waiting_for_reply_); }
  void free_waiting() { std::exchange(waiting_for_reply_, nullptr).destroy(); }
  bool is_late(Clock::time_point now) const { return now >= deadline_; }
  bool is_idle();
  void cut_off();
  // Sends what its stream has to tell, and the last word when the loop is stopping.
  void ask_stream();

  Connection* next_mail = nullptr;

 private:
  enum class Next { READ, WRITE, REPLY, STREAM, CLOSE };
  enum class Doing { IDLING, READING_HEAD, READING_BODY, HANDLING, SENDING, STREAMING, LEAVING };

  struct AwaitReply {
    Connection& connection;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiting) noexcept { connection.waiting_for_reply_ = waiting; }
    void await_resume() const noexcept {}
  };

  Next advance();
  void handle();
  void finish();
  void refuse();
  void render(Answer&& answer);
  bool send();
  void begin_stream();
  Next tell();
  bool has_more();
  bool has_hung_up(error_code error);
  void end_stream();
  void begin(Doing doing);
  void log_request(int status, Clock::duration took) const;

  template <class Handler>
  void start_read(asio::mutable_buffer space, Handler handler) {
    if (tls_) tls_->async_read_some(space, std::move(handler));
    else socket_.async_read_some(space, std::move(handler));
  }
  template <class Handler>
  void start_write(Handler handler) {
    if (tls_) asio::async_write(*tls_, unsent_->unsent(), std::move(handler));
    else socket_.async_wait(Socket::wait_write, std::move(handler));
  }
  template <class Handler>
  void start_listening(Handler handler);

  Loop& loop_;
  Socket socket_;
  std::unique_ptr<asio::ssl::stream<Socket&>> tls_;
  RequestParser parser_;
  std::string peer_;
  bool peer_is_proxy_ = false;

  Doing doing_ = Doing::IDLING;
  Clock::time_point deadline_;
  bool close_ = false;              // after what is being sent
  bool has_refused_ = false;        // the client may still be sending what will not be read
  std::unique_ptr<Output> unsent_;  // what the socket did not take yet; with TLS all that is to be sent

  // Of the request under way.
  bool is_handling_ = false;
  bool is_answered_ = false;
  Method method_ = Method::GET;
  std::size_t route_ = 0;
  Clock::time_point started_;
  std::string_view path_;
  std::string_view request_id_;
  IdSource::Text own_id_{};
  std::string trace_;
  Answer answer_;
  std::coroutine_handle<> waiting_for_reply_;

  std::shared_ptr<EventStream> stream_;  // what the answer goes on with
  Clock::time_point told_at_;            // when it last sent something
};

class Server::Loop {
 public:
  Loop(Shared& all, Metrics::Block& block);
  ~Loop();

  // Before start(): this loop accepts clients for all of them.
  void listen(Acceptor acceptor, std::vector<Loop*> loops);
  asio::io_context& context() { return context_; }
  void start();
  void join();

  // From any thread.
  void mail(Connection& answered) noexcept;
  bool mail_socket(int fd);  // false: the loop has ended
  void stop(Clock::time_point deadline);
  std::int64_t load() const { return metrics.connections.load(std::memory_order_relaxed); }

  // After join(): frees connections whose answer has come since. True when none is left that still waits for
  // one.
  bool free_answered();

  // For connections, on the loop's thread.
  void left(Connection& connection);
  void add_stream(Connection& connection);
  bool is_stopping() const { return is_stopping_; }

  Shared& shared;
  Metrics::Block& metrics;
  Clock::time_point now;        // as of the last request or sweep
  std::string date;             // for answers
  bool logs_requests = false;   // the log takes the level debug
  Output out;                   // answers rendered and not yet sent; empty whenever a connection waits
  std::vector<Header> headers;  // of the request being handled
  IdSource ids;
  std::uint32_t streams_begun = 0;
  std::array<char, 16 * 1024> discarded;  // where bytes go that nobody reads

 private:
  void run();
  void adopt(int fd);
  void wait_for_mail();
  void read_mail();
  void wait_for_clients();
  void accept_clients();
  void wait_for_sweep();
  void sweep();
  void begin_round();
  void ask_streams();
  void begin_to_stop(Clock::time_point deadline);
  bool end_if_done();
  void turn_away(int fd);
  void wake() noexcept;

  asio::io_context context_;
  Descriptor wake_;
  int wake_fd_;
  std::array<std::uint64_t, 2> wake_count_{};
  Timer sweeper_;
  std::optional<Acceptor> acceptor_;
  std::vector<Loop*> loops_;
  std::thread thread_;
  boost::intrusive::list<Connection> connections_;
  boost::intrusive::list<Connection, boost::intrusive::base_hook<StreamHook>,
                         boost::intrusive::constant_time_size<false>>
      streams_;
  Timer rounds_;
  bool is_in_rounds_ = false;    // the timer runs, or a round goes on
  std::int64_t round_left_ = 0;  // streams still to be asked in this round
  Clock::time_point round_began_;
  bool is_stopping_ = false;
  Clock::time_point stop_deadline_;
  std::int64_t date_second_ = 0;

  std::atomic<Connection*> mail_{nullptr};  // newest first, linked by next_mail
  std::mutex mutex_;                        // over what follows
  std::vector<int> new_sockets_;
  std::optional<Clock::time_point> stop_asked_;
  bool has_ended_ = false;
};

namespace {

// The connection whose handler this thread is in, to know an answer given at once from one that comes later.
thread_local const void* t_handling = nullptr;

}  // namespace

// --- Connection ---

Server::Connection::Connection(Loop& loop, Socket socket)
    : loop_(loop),
      socket_(std::move(socket)),
      parser_({.head_max = loop.shared.config.head_max, .body_max = loop.shared.config.body_max}) {
  error_code error;
  const auto endpoint = socket_.remote_endpoint(error);
  if (!error) {
    auto address = endpoint.address();
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
      address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    }
    peer_ = address.to_string();
  }
  peer_is_proxy_ = loop.shared.proxies.trusts(peer_);
  if (loop.shared.tls) tls_ = std::make_unique<asio::ssl::stream<Socket&>>(socket_, *loop.shared.tls);
}

Task Server::Connection::run(std::unique_ptr<Connection> self) {
  Connection& c = *self;
  if (c.tls_) {
    c.begin(Doing::READING_HEAD);
    Await handshake(
        [&](auto done) { c.tls_->async_handshake(asio::ssl::stream_base::server, std::move(done)); });
    co_await handshake;
    if (handshake.error) c.cut_off();
  }
  while (c.socket_.is_open()) {
    const Next next = c.advance();
    if (next == Next::READ) {
      const std::span<char> space = c.parser_.space();
      Await read([&](auto done) { c.start_read(asio::buffer(space.data(), space.size()), std::move(done)); });
      co_await read;
      if (read.error) break;
      c.parser_.commit(read.bytes);
    } else if (next == Next::WRITE) {
      c.begin(Doing::SENDING);
      Await write([&](auto done) { c.start_write(std::move(done)); });
      co_await write;
      if (write.error) break;
      if (c.tls_) c.unsent_.reset();
    } else if (next == Next::STREAM) {
      c.begin(Doing::STREAMING);
      Await sign([&](auto done) { c.start_listening(std::move(done)); });
      co_await sign;
      if (c.has_hung_up(sign.error)) break;
    } else if (next == Next::REPLY) {
      c.begin(Doing::HANDLING);
      AwaitReply reply{c};
      co_await reply;
    } else {
      break;
    }
  }
  c.end_stream();
  // The client is gone or given up, but whoever keeps the Reply needs the connection to be there.
  while (c.is_handling_ && !c.is_answered_) {
    c.cut_off();
    AwaitReply reply{c};
    co_await reply;
  }
  if (c.tls_ && c.socket_.is_open()) {
    c.begin(Doing::LEAVING);
    Await goodbye([&](auto done) { c.tls_->async_shutdown(std::move(done)); });
    co_await goodbye;
  }
  // Closing with input unread makes the kernel reset the connection, and the refusal might never be seen.
  if (c.has_refused_ && c.socket_.is_open()) {
    c.begin(Doing::LEAVING);
    error_code ignored;
    c.socket_.shutdown(Socket::shutdown_send, ignored);
    for (std::size_t discarded = 0; discarded < kDiscardMax;) {
      Await read(
          [&](auto done) { c.socket_.async_read_some(asio::buffer(c.loop_.discarded), std::move(done)); });
      co_await read;
      if (read.error) break;
      discarded += read.bytes;
    }
  }
  c.loop_.left(c);
}

// Does all that can be done now; returns what to wait for.
Server::Connection::Next Server::Connection::advance() {
  const auto unsent = [this] { return socket_.is_open() ? Next::WRITE : Next::CLOSE; };
  if (unsent_ && !send()) return unsent();
  while (true) {
    if (is_handling_) {
      // Answers to earlier requests must not wait for this one.
      if (!is_answered_) return send() ? Next::REPLY : unsent();
      finish();
      if ((loop_.out.tail || loop_.out.text.size() >= kFlushAt) && !send()) return unsent();
    }
    if (stream_) return tell();
    if (close_) return send() ? Next::CLOSE : unsent();
    switch (parser_.parse()) {
      case RequestParser::State::COMPLETE:
        handle();
        break;
      case RequestParser::State::REFUSED:
        refuse();
        break;
      case RequestParser::State::NEED_MORE: {
        if (parser_.wants_continue()) loop_.out.text += "HTTP/1.1 100 Continue\r\n\r\n";
        if (!send()) return unsent();
        const auto phase = parser_.phase();
        if (phase == RequestParser::Phase::IDLE && loop_.is_stopping()) return Next::CLOSE;
        begin(phase == RequestParser::Phase::IDLE   ? Doing::IDLING
              : phase == RequestParser::Phase::HEAD ? Doing::READING_HEAD
                                                    : Doing::READING_BODY);
        return Next::READ;
      }
    }
  }
}

void Server::Connection::handle() {
  Request request;
  parser_.fill(request, loop_.headers);
  started_ = loop_.now = Clock::now();
  doing_ = Doing::HANDLING;
  is_handling_ = true;
  is_answered_ = false;
  method_ = request.method;
  path_ = request.path;
  request_id_ = request.header("X-Request-Id");
  if (!is_sane_request_id(request_id_)) {
    own_id_ = loop_.ids.next();
    request_id_ = {own_id_.data(), own_id_.size()};
  }
  trace_.clear();
  if (const auto trace = request.header("traceparent"); !trace.empty()) {
    trace_ = continue_trace(trace, loop_.ids.next());
  }
  request.request_id = request_id_;
  request.traceparent = trace_;
  request.peer = peer_is_proxy_ ? loop_.shared.proxies.client(peer_, request.header("X-Forwarded-For"))
                                : std::string_view(peer_);
  const Router::Found found = loop_.shared.router.find(request);
  route_ = found.index;
  if (!found.route) {
    answer_ = problem(found.refusal);
    is_answered_ = true;
    return;
  }
  t_handling = this;
  try {
    found.route->handler(request, Reply(*this));
  } catch (const std::exception& error) {  // the Reply answered 500 when it was destroyed
    log(LogLevel::error, "a handler failed",
        {{"error.message", error.what()},
         {"http.request.id", request_id_},
         {"http.route", found.route->label}});
  } catch (...) {
    log(LogLevel::error, "a handler failed",
        {{"http.request.id", request_id_}, {"http.route", found.route->label}});
  }
  t_handling = nullptr;
}

void Server::Connection::take(Answer&& answer) noexcept {
  answer_ = std::move(answer);
  if (t_handling == this) is_answered_ = true;
  else loop_.mail(*this);
}

void Server::Connection::answer_arrived() {
  is_answered_ = true;
  if (waiting_for_reply_) std::exchange(waiting_for_reply_, nullptr).resume();
}

// Renders the answer to the request under way and goes on to the next.
void Server::Connection::finish() {
  loop_.now = Clock::now();
  if (answer_.stream &&
      loop_.shared.streams.load(std::memory_order_relaxed) >= loop_.shared.config.streams_max) {
    answer_ = problem({.code = Code::OVERLOADED, .message = "There are too many streams"});
  }
  loop_.metrics.count(route_, answer_.status, loop_.now - started_);
  if (answer_.status >= 500 || loop_.logs_requests) log_request(answer_.status, loop_.now - started_);
  close_ = !parser_.keep_alive() || loop_.is_stopping() || answer_.stream;
  render(std::move(answer_));
  parser_.next();
  is_handling_ = is_answered_ = false;
  if (answer_.stream && method_ != Method::HEAD) begin_stream();
  answer_.stream.reset();
}

// Answers bytes that are no request of ours. What follows them cannot be understood.
void Server::Connection::refuse() {
  loop_.now = Clock::now();
  Failure refusal = parser_.refusal();
  if (refusal.code == Code::METHOD_NOT_ALLOWED) {
    refusal.headers.emplace_back("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE");
  }
  close_ = has_refused_ = true;
  method_ = Method::GET;
  path_ = {};
  own_id_ = loop_.ids.next();
  request_id_ = {own_id_.data(), own_id_.size()};
  trace_.clear();
  Answer answer = problem(refusal);
  loop_.metrics.count(loop_.shared.router.routes().size(), answer.status, {});
  if (loop_.logs_requests) log_request(answer.status, {});
  render(std::move(answer));
}

void Server::Connection::render(Answer&& answer) {
  append_head(loop_.out.text, answer,
              {.date = loop_.date,
               .request_id = request_id_,
               .traceparent = trace_,
               .close = close_,
               .keep_alive = !close_ && parser_.is_http_1_0()});
  if (method_ == Method::HEAD || answer.stream) return;
  const std::string_view body = body_of(answer);
  if (body.size() <= kCopyMax) loop_.out.text += body;
  else if (answer.shared) loop_.out.tail = std::move(answer.shared);
  else loop_.out.tail = std::make_shared<const std::string>(std::move(answer.body));
}

// Sends what is rendered, or what is left of it. False when something is still left, or when the client is
// gone (then the socket is closed).
bool Server::Connection::send() {
  if (!unsent_ && loop_.out.size() == 0) return true;
  if (!tls_) {
    Output& output = unsent_ ? *unsent_ : loop_.out;
    while (true) {
      const auto buffers = output.unsent();
      ssize_t sent = 0;
      if (buffers[1].size() == 0) {
        sent = ::send(socket_.native_handle(), buffers[0].data(), buffers[0].size(),
                      MSG_NOSIGNAL | MSG_DONTWAIT);
      } else {
        iovec parts[2] = {{const_cast<void*>(buffers[0].data()), buffers[0].size()},
                          {const_cast<void*>(buffers[1].data()), buffers[1].size()}};
        msghdr message{};
        message.msg_iov = parts;
        message.msg_iovlen = 2;
        sent = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
      }
      if (sent >= 0) {
        output.sent += static_cast<std::size_t>(sent);
        if (output.sent < output.size()) continue;
        unsent_.reset();
        loop_.out.clear();
        return true;
      }
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) break;
      unsent_.reset();
      loop_.out.clear();
      cut_off();
      return false;
    }
  }
  if (!unsent_) unsent_ = std::make_unique<Output>(std::exchange(loop_.out, {}));
  return false;
}

// The rest of the connection's life is the stream's: what the request needed is given back.
void Server::Connection::begin_stream() {
  stream_ = std::move(answer_.stream);
  answer_ = {};
  parser_.release();
  path_ = request_id_ = {};
  trace_ = {};
  loop_.add_stream(*this);
  loop_.out.text += fmt::format("retry: {}\n\n", kRetryMin + loop_.streams_begun++ * 769 % kRetrySpread);
}

void Server::Connection::end_stream() {
  if (!stream_) return;
  stream_.reset();
  StreamHook::unlink();
  loop_.metrics.streams.fetch_sub(1, std::memory_order_relaxed);
  loop_.shared.streams.fetch_sub(1, std::memory_order_relaxed);
}

// Puts what the stream has to tell behind what is rendered. False when it is over.
bool Server::Connection::has_more() {
  if (loop_.is_stopping()) {
    loop_.out.text += kReconnect;
    return false;
  }
  try {
    if (!stream_->next(loop_.out.text, loop_.out.tail)) return false;
  } catch (const std::exception& error) {
    log(LogLevel::error, "an event stream failed", {{"error.message", error.what()}});
    return false;
  }
  if (loop_.out.size() == 0 && loop_.now - told_at_ >= loop_.shared.config.stream_heartbeat) {
    loop_.out.text += kHeartbeat;
  }
  return true;
}

// Sends what the stream has to tell until it has nothing; a reader who does not take it is not waited for
// here.
Server::Connection::Next Server::Connection::tell() {
  while (has_more()) {
    if (loop_.out.size() == 0) return Next::STREAM;
    told_at_ = loop_.now;
    if (send()) continue;
    if (unsent_) unsent_->text.shrink_to_fit();
    return socket_.is_open() ? Next::WRITE : Next::CLOSE;
  }
  end_stream();
  return send() || !socket_.is_open() ? Next::CLOSE : Next::WRITE;
}

void Server::Connection::ask_stream() {
  if (doing_ != Doing::STREAMING || tell() == Next::STREAM) return;
  begin(Doing::SENDING);
  error_code ignored;
  socket_.cancel(ignored);  // run() goes on
}

// A client has no more to say: waits for it to hang up, or for cancel().
template <class Handler>
void Server::Connection::start_listening(Handler handler) {
  if (tls_) tls_->async_read_some(asio::buffer(loop_.discarded), std::move(handler));
  else socket_.async_wait(Socket::wait_read, std::move(handler));
}

bool Server::Connection::has_hung_up(error_code error) {
  if (error) return error != asio::error::operation_aborted;
  if (tls_) return false;
  const ssize_t n =
      ::recv(socket_.native_handle(), loop_.discarded.data(), loop_.discarded.size(), MSG_DONTWAIT);
  return n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

// Says what the connection is doing from now on, and until when it may.
void Server::Connection::begin(Doing doing) {
  if (doing == doing_ && (doing == Doing::READING_HEAD || doing == Doing::READING_BODY))
    return;  // bytes win no time
  const ServerConfig& config = loop_.shared.config;
  doing_ = doing;
  switch (doing) {
    case Doing::IDLING:
      deadline_ = loop_.now + config.idle_timeout;
      break;
    case Doing::READING_HEAD:
      deadline_ = loop_.now + config.head_timeout;
      break;
    case Doing::READING_BODY:
      deadline_ = loop_.now + config.body_timeout;
      break;
    case Doing::HANDLING:
    case Doing::STREAMING:
      deadline_ = Clock::time_point::max();
      break;
    case Doing::SENDING:
      deadline_ = loop_.now + config.write_timeout;
      break;
    case Doing::LEAVING:
      deadline_ = loop_.now + kGoodbyeTimeout;
      break;
  }
}

// True when no request has begun, not even in the kernel's buffer.
bool Server::Connection::is_idle() {
  if (doing_ != Doing::IDLING || !socket_.is_open()) return false;
  char byte = 0;
  return ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}

void Server::Connection::cut_off() {
  error_code ignored;
  socket_.close(ignored);
  deadline_ = Clock::time_point::max();
}

void Server::Connection::log_request(int status, Clock::duration took) const {
  const auto& routes = loop_.shared.router.routes();
  const std::string nanoseconds = std::to_string(std::chrono::nanoseconds(took).count());
  const std::string_view trace = trace_.empty() ? std::string_view() : std::string_view(trace_).substr(3, 32);
  // Never the query: it may carry a token.
  log(status >= 500 ? LogLevel::info : LogLevel::debug, "request",
      {{"http.request.method", to_string(method_)},
       {"http.route",
        is_handling_ && route_ < routes.size() ? std::string_view(routes[route_]->label) : "none"},
       {"url.path", path_},
       {"http.response.status_code", std::to_string(status)},
       {"event.duration", nanoseconds},
       {"http.request.id", request_id_},
       {"trace.id", trace},
       {"client.ip", peer_}});
}

// --- Loop ---

Server::Loop::Loop(Shared& all, Metrics::Block& block)
    : shared(all),
      metrics(block),
      now(Clock::now()),
      context_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE),
      wake_(context_),
      wake_fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      sweeper_(context_),
      rounds_(context_) {
  if (wake_fd_ < 0) throw std::runtime_error("the process has no file descriptor left");
  wake_.assign(wake_fd_);
}

Server::Loop::~Loop() {
  for (const int fd : new_sockets_) ::close(fd);
}

void Server::Loop::listen(Acceptor acceptor, std::vector<Loop*> loops) {
  acceptor_.emplace(std::move(acceptor));
  loops_ = std::move(loops);
}

void Server::Loop::start() {
  thread_ = std::thread([this] { run(); });
}

void Server::Loop::join() {
  if (thread_.joinable()) thread_.join();
}

void Server::Loop::run() {
  sweep();
  wait_for_mail();
  if (acceptor_) wait_for_clients();
  context_.run();
}

void Server::Loop::mail(Connection& answered) noexcept {
  Connection* newest = mail_.load(std::memory_order_relaxed);
  do {
    answered.next_mail = newest;
  } while (
      !mail_.compare_exchange_weak(newest, &answered, std::memory_order_release, std::memory_order_relaxed));
  if (!newest) wake();  // else whoever put the first one in has woken the loop
}

bool Server::Loop::mail_socket(int fd) {
  {
    const std::lock_guard lock(mutex_);
    if (has_ended_) return false;
    new_sockets_.push_back(fd);
  }
  wake();
  return true;
}

void Server::Loop::stop(Clock::time_point deadline) {
  {
    const std::lock_guard lock(mutex_);
    stop_asked_ = deadline;
  }
  wake();
}

void Server::Loop::wake() noexcept {
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then the loop is awake.
  [[maybe_unused]] const ssize_t written = ::write(wake_fd_, &one, sizeof one);
}

void Server::Loop::wait_for_mail() {
  wake_.async_read_some(asio::buffer(wake_count_), [this](error_code error, std::size_t) {
    if (error) return;
    read_mail();
    wait_for_mail();
  });
}

void Server::Loop::read_mail() {
  std::vector<int> sockets;
  std::optional<Clock::time_point> stop_asked;
  {
    const std::lock_guard lock(mutex_);
    sockets.swap(new_sockets_);
    stop_asked = std::exchange(stop_asked_, std::nullopt);
  }
  for (const int fd : sockets) adopt(fd);
  if (stop_asked) begin_to_stop(*stop_asked);  // before the answers, so that they say so
  // Oldest first, so that nobody waits longer for having been answered earlier.
  Connection* in_order = nullptr;
  for (Connection* at = mail_.exchange(nullptr, std::memory_order_acquire); at;) {
    Connection* const older = at->next_mail;
    at->next_mail = in_order;
    in_order = at;
    at = older;
  }
  while (in_order) {
    Connection& answered = *in_order;
    in_order = answered.next_mail;
    answered.answer_arrived();
  }
}

void Server::Loop::wait_for_clients() {
  acceptor_->async_wait(Acceptor::wait_read, [this](error_code error) {
    if (error) return;
    accept_clients();
    wait_for_clients();
  });
}

void Server::Loop::accept_clients() {
  while (true) {
    const int fd = ::accept4(acceptor_->native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        log(LogLevel::warn, "no client can be accepted: out of file descriptors or memory");
      }
      return;  // what still waits is looked at again by the sweep
    }
    if (shared.connections.fetch_add(1, std::memory_order_relaxed) >= shared.config.connections_max) {
      shared.connections.fetch_sub(1, std::memory_order_relaxed);
      if (!shared.tls) turn_away(fd);
      ::close(fd);
      continue;
    }
    Loop* least = this;
    for (Loop* loop : loops_) {
      if (loop->load() < least->load()) least = loop;
    }
    if (least == this || !least->mail_socket(fd)) adopt(fd);
  }
}

void Server::Loop::turn_away(int fd) {
  const Answer answer = problem({.code = Code::OVERLOADED, .message = "There are too many connections"});
  std::string text;
  append_head(text, answer, {.date = date, .close = true});
  text += answer.body;
  // A new socket takes this at once or is broken.
  [[maybe_unused]] const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void Server::Loop::adopt(int fd) {
  metrics.connections.fetch_add(1, std::memory_order_relaxed);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  Socket socket(context_);
  error_code error;
  socket.assign(shared.is_v6 ? tcp::v6() : tcp::v4(), fd, error);
  if (!error) socket.native_non_blocking(true, error);
  auto connection = std::make_unique<Connection>(*this, std::move(socket));
  connections_.push_back(*connection);
  if (error) connection->cut_off();
  Connection::run(std::move(connection));
}

void Server::Loop::left(Connection& connection) {
  connections_.erase(connections_.iterator_to(connection));
  metrics.connections.fetch_sub(1, std::memory_order_relaxed);
  shared.connections.fetch_sub(1, std::memory_order_relaxed);
}

void Server::Loop::add_stream(Connection& connection) {
  streams_.push_back(connection);
  metrics.streams.fetch_add(1, std::memory_order_relaxed);
  shared.streams.fetch_add(1, std::memory_order_relaxed);
  if (std::exchange(is_in_rounds_, true)) return;
  round_began_ = now;
  begin_round();
}

// The next round begins `stream_interval` after the one before, or at once when that took longer.
void Server::Loop::begin_round() {
  rounds_.expires_at(round_began_ + shared.config.stream_interval);
  rounds_.async_wait([this](error_code error) {
    if (error) return;
    round_began_ = Clock::now();
    round_left_ = metrics.streams.load(std::memory_order_relaxed);
    ask_streams();
  });
}

// One slice of a round. A stream that was asked goes to the end of the list.
void Server::Loop::ask_streams() {
  const auto until = Clock::now() + kSlice;
  for (now = Clock::now(); now < until && round_left_ > 0; now = Clock::now()) {
    for (int i = 0; i < kSliceStep && round_left_ > 0; ++i, --round_left_) {
      if (streams_.empty()) round_left_ = 1;
      else {
        Connection& connection = streams_.front();
        streams_.splice(streams_.end(), streams_, streams_.begin());
        connection.ask_stream();
      }
    }
  }
  if (round_left_ > 0) {
    asio::post(context_, [this] { ask_streams(); });
  } else if (!streams_.empty()) {
    begin_round();
  } else {
    is_in_rounds_ = false;
  }
}

void Server::Loop::wait_for_sweep() {
  sweeper_.expires_after(is_stopping_ ? kStopSweep : std::chrono::milliseconds(shared.config.sweep_interval));
  sweeper_.async_wait([this](error_code error) {
    if (!error) sweep();
  });
}

void Server::Loop::sweep() {
  now = Clock::now();
  const std::int64_t second = ::time(nullptr);
  if (second != date_second_) {
    date_second_ = second;
    date = http_date(second);
  }
  logs_requests = spdlog::should_log(spdlog::level::debug);
  for (Connection& connection : connections_) {
    if (connection.is_late(now)) connection.cut_off();
  }
  if (acceptor_) accept_clients();
  if (is_stopping_ && end_if_done()) return;
  wait_for_sweep();
}

void Server::Loop::begin_to_stop(Clock::time_point deadline) {
  if (acceptor_) {
    accept_clients();  // who is in the kernel's queue has been told that they are connected
    acceptor_.reset();
  }
  is_stopping_ = true;
  stop_deadline_ = deadline;
  for (Connection& connection : connections_) {
    if (connection.is_idle()) connection.cut_off();
  }
  now = Clock::now();
  for (auto at = streams_.begin(); at != streams_.end();) (at++)->ask_stream();
  wait_for_sweep();
}

// Ends the loop when all connections have ended, or after the grace period when all that are left wait for a
// Reply.
bool Server::Loop::end_if_done() {
  bool done = connections_.empty();
  if (!done && now >= stop_deadline_) {
    done = true;
    for (Connection& connection : connections_) {
      connection.cut_off();
      done = done && connection.waits_for_reply();
    }
  }
  const std::lock_guard lock(mutex_);
  if (!done || !new_sockets_.empty()) return false;
  has_ended_ = true;
  context_.stop();
  return true;
}

bool Server::Loop::free_answered() {
  for (Connection* at = mail_.exchange(nullptr, std::memory_order_acquire); at;) {
    Connection* const older = at->next_mail;
    connections_.erase(connections_.iterator_to(*at));
    at->free_waiting();
    at = older;
  }
  return connections_.empty();
}

// --- Server ---

namespace {

asio::ssl::context make_tls(const ServerConfig& config) {
  asio::ssl::context tls(asio::ssl::context::tls_server);
  tls.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                  asio::ssl::context::no_tlsv1_1);
  error_code error;
  tls.use_certificate_chain_file(config.tls_certificate, error);
  if (error)
    throw std::runtime_error(
        fmt::format("{} is no certificate: {}", config.tls_certificate, error.message()));
  tls.use_private_key_file(config.tls_key, asio::ssl::context::pem, error);
  if (error)
    throw std::runtime_error(fmt::format("{} is not its private key: {}", config.tls_key, error.message()));
  return tls;
}

}  // namespace

Server::Server(ServerConfig config, const Router& router, std::shared_ptr<Metrics> metrics)
    : shared_(new Shared{.config = std::move(config), .router = router, .metrics = std::move(metrics)}) {
  if (shared_->config.threads == 0)
    shared_->config.threads = std::max(1u, std::thread::hardware_concurrency());
}

Server::~Server() {
  stop(Millis(0));
  for (auto& loop : loops_) {
    if (loop->free_answered()) continue;
    // Somebody still keeps a Reply, which points into this loop: better leaked than dangling.
    log(LogLevel::error, "the HTTP server ended before a request was answered");
    (void)loop.release();
    (void)shared_.release();
  }
}

void Server::start() {
  const ServerConfig& config = shared_->config;
  auto proxies = TrustedProxies::parse(config.trusted_proxies);
  if (!proxies)
    throw std::runtime_error("a trusted proxy must be an address or a network such as 10.0.0.0/8");
  shared_->proxies = std::move(*proxies);
  if (!config.tls_certificate.empty()) shared_->tls.emplace(make_tls(config));

  const auto blocks = shared_->metrics->open(shared_->router, config.threads);
  std::vector<Loop*> loops;
  for (Metrics::Block* block : blocks) loops.push_back(loops_.emplace_back(new Loop(*shared_, *block)).get());

  error_code error;
  const auto address = asio::ip::make_address(config.address, error);
  if (error) throw std::runtime_error(fmt::format("{} is no IP address", config.address));
  const tcp::endpoint endpoint(address, config.port);
  Acceptor acceptor(loops.front()->context());
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(Acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(kBacklog, error);
  if (!error) acceptor.native_non_blocking(true, error);
  if (!error) shared_->port = acceptor.local_endpoint(error).port();
  if (error) {
    throw std::runtime_error(
        fmt::format("cannot listen on {} port {}: {}", config.address, config.port, error.message()));
  }
  shared_->is_v6 = address.is_v6();
  loops.front()->listen(std::move(acceptor), loops);
  for (Loop* loop : loops) loop->start();
}

std::uint16_t Server::port() const { return shared_->port; }

void Server::stop(Millis grace) {
  const auto deadline = Clock::now() + grace;
  for (auto& loop : loops_) loop->stop(deadline);
  for (auto& loop : loops_) loop->join();
}

}  // namespace stagedoor::http
