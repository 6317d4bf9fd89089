// The coroutine Connection::run only waits. Everything else is plain functions: advance() parses, calls
// handlers and writes until it must wait for something.
//
// An answer may come from any thread: it is put into its connection, and the connection into the loop's
// mailbox.
//
// A connection that carries an event stream waits for the client to hang up. The rounds of its loop send new
// events directly into the socket. If bytes stay unsent, or the stream ends, that wait is cancelled, and the
// coroutine continues as after any other answer.
#include "http/connection.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <exception>
#include <optional>
#include <vector>

#include "core/log.h"
#include "core/refusals.h"
#include "http/render_refusal.h"
#include "http/response.h"

namespace stagedoor::http {
namespace {

constexpr std::size_t kCopyMax = 4 * 1024;   // larger bodies are sent without a copy
constexpr std::size_t kFlushAt = 64 * 1024;  // answers to pipelined requests are sent together up to this
// Bytes read and discarded after a refusal, so that the client receives the answer.
constexpr std::size_t kDiscardMax = 512 * 1024;
// Bytes that the client of an event stream may send. It has nothing to say, and reading it costs time.
constexpr std::size_t kIgnoredMax = 1024;
// A connection with pipelined requests lets the others run after this many, or after this time.
constexpr int kTurnRequests = 64;
constexpr std::chrono::milliseconds kTurnTime{1};
// When the loop has been late by kCrowded, connections are paced for kPacedFor: each may begin one request in
// kPace.
constexpr std::chrono::milliseconds kCrowded{2};
constexpr std::chrono::seconds kPacedFor{30};
constexpr std::chrono::milliseconds kPace{100};

// Answers that are many when they come: a line a second for all of them, instead of one each (R-A9). Returns
// false if the answer is none of these.
bool log_shed_load(std::optional<Code> refusal) {
  if (refusal == Code::OVERLOADED) log(LogLevel::warn, "requests are refused: OVERLOADED");
  else if (refusal == Code::STORE_UNAVAILABLE) log(LogLevel::warn, "requests are refused: STORE_UNAVAILABLE");
  else return false;
  return true;
}

// Of an answer with a stream.
StreamForm form_of(const Answer& answer, bool is_http_1_0) {
  if (!is_file_in_pieces(answer)) return StreamForm::events;
  return is_http_1_0 ? StreamForm::bytes : StreamForm::chunks;
}

}  // namespace

Connection::Connection(LoopState& loop, Socket socket, bool is_admin)
    : loop_(loop),
      socket_(std::move(socket)),
      parser_({.head_max = loop.server.config.head_max,
               .body_max = loop.server.config.body_max,
               .large_body_path = loop.server.config.large_body_path,
               .large_body_max = loop.server.config.large_body_max}),
      is_admin_(is_admin),
      started_(loop.now) {
  loop_.metrics.connections.fetch_add(1, std::memory_order_relaxed);
  error_code error;
  const auto endpoint = socket_.remote_endpoint(error);
  if (!error) peer_ = without_mapping(endpoint.address());
  peer_is_proxy_ = loop.server.proxies.trusts(peer_);
  if (loop.server.limits) {
    peer_is_exempt_ = loop.server.limits->is_exempt(peer_);
    peer_key_ = address_key(peer_);
  }
  if (!loop.server.has_tls) return;
  const auto context = *loop.server.tls.lock();
  tls_ = std::make_unique<asio::ssl::stream<Socket&>>(socket_, *context);
}

Connection::~Connection() {
  loop_.metrics.connections.fetch_sub(1, std::memory_order_relaxed);
  loop_.server.connections.fetch_sub(1, std::memory_order_relaxed);
}

// A trusted proxy has the connections of many clients.
std::optional<Refusal> Connection::count() {
  if (peer_is_exempt_ || peer_is_proxy_) return std::nullopt;
  auto counted = loop_.server.limits->count_connection(peer_key_);
  if (!counted) return counted.error();
  counted_.emplace(std::move(*counted));
  return std::nullopt;
}

Task Connection::run(std::unique_ptr<Connection> self) {
  Connection& c = *self;
  if (c.tls_) {
    c.set_activity(Activity::reading_head);
    Await handshake(
        [&](auto done) { c.tls_->async_handshake(asio::ssl::stream_base::server, std::move(done)); });
    co_await handshake;
    if (handshake.error) c.cut_off();
  }
  while (c.socket_.is_open()) {
    const Wait wait = c.advance();
    if (wait == Wait::input) {
      const std::span<char> space = c.parser_.space();
      Await read([&](auto done) { c.start_read(asio::buffer(space.data(), space.size()), std::move(done)); });
      co_await read;
      if (read.error) break;
      c.parser_.commit(read.bytes);
    } else if (wait == Wait::output) {
      c.set_activity(Activity::sending);
      Await write([&](auto done) { c.start_write(std::move(done)); });
      co_await write;
      if (write.error) break;
      c.written_ += write.bytes;
      if (c.tls_ && (c.unsent_->sent += write.bytes) == c.unsent_->size()) c.unsent_.reset();
    } else if (wait == Wait::hang_up) {
      c.set_activity(Activity::streaming);
      Await sign([&](auto done) { c.start_waiting_for_hang_up(std::move(done)); });
      co_await sign;
      if (c.has_hung_up(sign.error, sign.bytes)) break;
    } else if (wait == Wait::reply) {
      c.set_activity(Activity::handling);
      AwaitReply reply{c};
      co_await reply;
    } else if (wait == Wait::turn) {
      c.set_activity(Activity::handling);
      Await turn([&](auto done) {
        asio::post(c.socket_.get_executor(), [done = std::move(done)]() mutable { done(error_code()); });
      });
      co_await turn;
    } else if (wait == Wait::pause) {
      c.set_activity(Activity::idle);
      const auto timer = std::make_unique<Timer>(c.socket_.get_executor(), c.started_ + kPace);
      Await pause([&](auto done) { timer->async_wait(std::move(done)); });
      co_await pause;
    } else {
      break;
    }
  }
  c.end_stream();
  // The client has disconnected or timed out, but the Reply still points to this connection.
  while (c.is_handling_ && !c.is_answered_) {
    c.cut_off();
    AwaitReply reply{c};
    co_await reply;
  }
  if (c.tls_ && c.socket_.is_open()) {
    c.set_activity(Activity::closing);
    Await goodbye([&](auto done) { c.tls_->async_shutdown(std::move(done)); });
    co_await goodbye;
  }
  // Closing a socket with unread input makes the kernel reset it, and the client might never see the refusal.
  if (c.has_refused_ && c.socket_.is_open()) {
    c.set_activity(Activity::closing);
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
}

template <class Handler>
void Connection::start_read(asio::mutable_buffer space, Handler handler) {
  if (tls_) tls_->async_read_some(space, std::move(handler));
  else socket_.async_read_some(space, std::move(handler));
}

template <class Handler>
void Connection::start_write(Handler handler) {
  if (tls_) tls_->async_write_some(unsent_->unsent(), std::move(handler));
  else socket_.async_wait(Socket::wait_write, std::move(handler));
}

// The client of a stream should send nothing more: waits until it disconnects or sends, or for cancel().
template <class Handler>
void Connection::start_waiting_for_hang_up(Handler handler) {
  if (tls_) tls_->async_read_some(asio::buffer(loop_.discarded), std::move(handler));
  else socket_.async_wait(Socket::wait_read, std::move(handler));
}

bool Connection::has_hung_up(error_code error, std::size_t bytes) {
  if (error) return error != asio::error::operation_aborted;
  if (!tls_) {
    const ssize_t n =
        ::recv(socket_.native_handle(), loop_.discarded.data(), loop_.discarded.size(), MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) return true;
    bytes = n < 0 ? 0 : static_cast<std::size_t>(n);
  }
  ignored_ += bytes;
  return ignored_ > kIgnoredMax;
}

// Does all work that is possible now, and returns the operation to wait for.
Connection::Wait Connection::advance() {
  if (unsent_ && !flush()) return wait_for_output();
  int handled = 0;
  SteadyClock::time_point began;
  while (true) {
    if (is_handling_) {
      // Answers to earlier requests must not wait for this one.
      if (!is_answered_) return flush() ? Wait::reply : wait_for_output();
      finish();
      if ((loop_.out.tail || loop_.out.text.size() >= kFlushAt) && !flush()) return wait_for_output();
    }
    if (stream_) return advance_stream();
    if (close_) return flush() ? Wait::none : wait_for_output();
    if (handled >= kTurnRequests || (handled > 0 && loop_.now - began >= kTurnTime))
      return flush() ? Wait::turn : wait_for_output();
    if (pace()) return flush() ? Wait::pause : wait_for_output();
    switch (parser_.parse()) {
      case RequestParser::State::complete:
        handle();
        if (handled++ == 0) began = started_;
        break;
      case RequestParser::State::refused:
        refuse();
        break;
      case RequestParser::State::need_more:
        return wait_for_request();
    }
  }
}

// While the loop is late, a client that sends its next request as soon as it is answered waits, so that its
// requests cost no more than those of others (R-A4). So does one that connects anew. An exempt address or a
// proxy has many clients.
bool Connection::pace() {
  if (peer_is_exempt_ || peer_is_proxy_ || is_admin_) return false;
  if (loop_.lateness.late() >= kCrowded) loop_.paced_until = loop_.now + kPacedFor;
  return loop_.now < std::min(loop_.paced_until, started_ + kPace) && !loop_.is_stopping;
}

Connection::Wait Connection::wait_for_request() {
  if (parser_.phase() == RequestParser::Phase::body && !admit_head())
    return flush() ? Wait::none : wait_for_output();
  if (parser_.wants_continue()) loop_.out.text += "HTTP/1.1 100 Continue\r\n\r\n";
  if (!flush()) return wait_for_output();
  switch (parser_.phase()) {
    case RequestParser::Phase::idle:
      if (loop_.is_stopping) return Wait::none;
      set_activity(Activity::idle);
      break;
    case RequestParser::Phase::head:
      set_activity(Activity::reading_head);
      break;
    case RequestParser::Phase::body:
      set_activity(Activity::reading_body);
      break;
  }
  return Wait::input;
}

// Reads the head: whose request it is, and for which route.
Router::Found Connection::read_head(Request& request) {
  parser_.fill(request, loop_.headers);
  started_ = loop_.now = SteadyClock::now();
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
  find_client(request);
  request.client = limited_client(request);
  const Router& router = loop_.server.router;
  Router::Found found = may_see(path_) ? router.find(request) : router.nothing();
  route_ = found.index;
  return found;
}

// A forwarded header of a peer that is not trusted may come from a proxy that serves everybody.
LimitedClient Connection::limited_client(const Request& request) const {
  const ClientLimits* limits = loop_.server.limits;
  if (!limits) return {};
  if (peer_is_proxy_)
    return {
        .address = address_key(request.peer), .is_exempt = limits->is_exempt(request.peer), .at = started_};
  return {
      .address = peer_key_, .is_exempt = peer_is_exempt_ && !request.has_untrusted_forward, .at = started_};
}

// The refusal of a request that exceeds a limit of its address (R-A2), or that comes while the loop is late
// (R-A4). Before its body is read.
std::optional<Refusal> Connection::limit(const Request& request) {
  if (std::exchange(is_admitted_, true)) return std::nullopt;
  if (!loop_.lateness.admits(request.limit_class)) return overloaded();
  if (request.limit_class == LimitClass::map && !loop_.large_bodies.admits(started_)) return overloaded();
  return loop_.server.limits ? loop_.server.limits->check_address(request.limit_class, request.client)
                             : std::nullopt;
}

void Connection::handle() {
  Request request;
  const Router::Found found = read_head(request);
  activity_ = Activity::handling;
  is_handling_ = true;
  is_answered_ = false;
  const auto limited = limit(request);
  if (found.route && !limited) return call_handler(*found.route, request);
  answer_ = render_refusal(limited ? *limited : found.refusal);
  is_answered_ = true;
}

bool Connection::may_see(std::string_view path) const {
  const ServerConfig& config = loop_.server.config;
  if (is_admin_ || config.admin_address.empty()) return true;
  return std::ranges::none_of(config.admin_paths, [&](std::string_view hidden) {
    return path.starts_with(hidden) && (path.size() == hidden.size() || path[hidden.size()] == '/');
  });
}

void Connection::find_client(Request& request) {
  client_ = peer_is_proxy_ ? loop_.server.proxies.client(peer_, request.headers) : peer_;
  request.peer = client_;
  request.is_from_proxy = peer_is_proxy_;
  request.has_untrusted_forward = !peer_is_proxy_ && is_forwarded(request.headers);
  if (!request.has_untrusted_forward) return;
  loop_.metrics.count_untrusted_forward();
  if (loop_.server.has_warned_of_forward.load(std::memory_order_relaxed)) return;
  if (loop_.server.has_warned_of_forward.exchange(true)) return;
  log(LogLevel::warn,
      "a client that http.trusted_proxies does not name sends X-Forwarded-For; the header is ignored",
      {{"client.ip", peer_.to_string()}});
}

// The head of a request whose body has not arrived. Returns false if it was refused; then the connection
// ends, because its next bytes are the body.
bool Connection::admit_head() {
  if (is_admitted_) return true;
  Request request;
  read_head(request);
  const auto limited = limit(request);
  if (!limited) return true;
  close_ = has_refused_ = true;
  Answer answer = render_refusal(*limited);
  loop_.metrics.count(route_, answer.status, {});
  render(std::move(answer));
  return false;
}

void Connection::call_handler(const Route& route, const Request& request) {
  handler_or_answer_done_.store(false, std::memory_order_relaxed);
  try {
    route.handler(request, Reply(*this));
  } catch (const std::exception& error) {  // the destroyed Reply has answered 500
    log(LogLevel::error, "handler failed",
        {{"error.message", error.what()}, {"http.request.id", request_id_}, {"http.route", route.label}});
  } catch (...) {
    log(LogLevel::error, "handler failed", {{"http.request.id", request_id_}, {"http.route", route.label}});
  }
  is_answered_ = handler_or_answer_done_.exchange(true);
}

void Connection::take(Answer&& answer) noexcept {
  answer_ = std::move(answer);
  if (handler_or_answer_done_.exchange(true)) loop_.mailbox.post(*this);
}

void Connection::resume_answered() {
  is_answered_ = true;
  if (waiting_for_reply_) std::exchange(waiting_for_reply_, nullptr).resume();
}

// Renders the answer to the current request. The connection is then ready for the next request.
void Connection::finish() {
  loop_.now = SteadyClock::now();
  // Who watches a sale is let in however many fans listen; an operator key has few streams.
  const auto& routes = loop_.server.router.routes();
  const bool is_operators = route_ < routes.size() && routes[route_]->limit_class == LimitClass::operation;
  if (answer_.stream && !is_operators &&
      loop_.server.streams.load(std::memory_order_relaxed) >= loop_.server.config.streams_max) {
    answer_ = render_refusal({.code = Code::OVERLOADED, .message = "There are too many streams"});
  }
  loop_.metrics.count(route_, answer_.status, loop_.now - started_);
  if (answer_.refusal) loop_.metrics.count_refusal(*answer_.refusal);
  const bool is_shed = log_shed_load(answer_.refusal);
  if ((answer_.status >= 500 && !is_shed) || loop_.logs_requests)
    log_request(answer_.status, loop_.now - started_);
  close_ = !parser_.keep_alive() || loop_.is_stopping || answer_.stream;
  render(std::move(answer_));
  const StreamForm form = form_of(answer_, parser_.is_http_1_0());
  parser_.next();
  is_handling_ = is_answered_ = is_admitted_ = false;
  if (answer_.stream && method_ != Method::HEAD) begin_stream(form);
  answer_.stream.reset();
}

// Answers a malformed request. The bytes after it cannot be parsed.
void Connection::refuse() {
  loop_.now = SteadyClock::now();
  Refusal refusal = parser_.refusal();
  if (refusal.code == Code::METHOD_NOT_ALLOWED) {
    refusal.headers.emplace_back("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE");
  }
  close_ = has_refused_ = true;
  method_ = Method::GET;
  route_ = loop_.server.router.routes().size();
  client_ = peer_;
  path_ = {};
  own_id_ = loop_.ids.next();
  request_id_ = {own_id_.data(), own_id_.size()};
  trace_.clear();
  Answer answer = render_refusal(refusal);
  loop_.metrics.count(route_, answer.status, {});
  loop_.metrics.count_refusal(refusal.code);
  if (loop_.logs_requests) log_request(answer.status, {});
  render(std::move(answer));
}

void Connection::render(Answer&& answer) {
  const auto& routes = loop_.server.router.routes();
  append_head(loop_.out.text, answer,
              {.date = loop_.date,
               .request_id = request_id_,
               .traceparent = trace_,
               .close = close_,
               .keep_alive = !close_ && parser_.is_http_1_0(),
               .is_http_1_0 = parser_.is_http_1_0(),
               .no_store = route_ < routes.size() && routes[route_]->is_personal(),
               .is_tls = tls_ != nullptr});
  if (method_ == Method::HEAD || answer.stream) return;
  const std::string_view body = body_of(answer);
  loop_.large_bodies.count(loop_.now, body.size());
  if (body.size() <= kCopyMax) loop_.out.text += body;
  else if (answer.shared) loop_.out.tail = std::move(answer.shared);
  else loop_.out.tail = std::make_shared<const std::string>(std::move(answer.body));
}

// Sends the rendered bytes, or the rest of them. Returns false if bytes are left, or if the client has
// disconnected (then the socket is closed).
bool Connection::flush() {
  if (!unsent_ && loop_.out.empty()) return true;
  if (!tls_) {
    Output& output = unsent_ ? *unsent_ : loop_.out;
    const std::size_t before = output.sent;
    const Sent sent = send(socket_.native_handle(), output);
    written_ += output.sent - before;
    if (sent != Sent::some) {
      unsent_.reset();
      loop_.out.clear();
      if (sent == Sent::failed) cut_off();
      return sent == Sent::all;
    }
  }
  if (!unsent_) unsent_ = std::make_unique<Output>(std::exchange(loop_.out, {}));
  return false;
}

// The stream uses the connection until its end, so this frees the memory of the request.
void Connection::begin_stream(StreamForm form) {
  stream_.emplace(std::move(answer_.stream), form, loop_.server.config.stream_heartbeat);
  answer_ = {};
  parser_.release();
  path_ = request_id_ = {};
  trace_ = {};
  loop_.rounds.add(*this);
  loop_.metrics.streams.fetch_add(1, std::memory_order_relaxed);
  loop_.server.streams.fetch_add(1, std::memory_order_relaxed);
  stream_->append_retry(loop_.out, loop_.streams_begun++);
}

void Connection::end_stream() {
  if (!stream_) return;
  stream_.reset();
  loop_.rounds.remove(*this);
  loop_.metrics.streams.fetch_sub(1, std::memory_order_relaxed);
  loop_.server.streams.fetch_sub(1, std::memory_order_relaxed);
}

// Returns false if the stream has ended.
bool Connection::append_news() {
  if (!loop_.is_stopping) return stream_->append_news(loop_.out, loop_.now);
  stream_->append_reconnect(loop_.out);
  return false;
}

// Sends until there are no new events. Does not wait for a slow client.
Connection::Wait Connection::advance_stream() {
  while (append_news()) {
    if (loop_.out.empty()) return Wait::hang_up;
    if (flush()) continue;
    if (unsent_) unsent_->text.shrink_to_fit();
    return wait_for_output();
  }
  end_stream();
  return flush() ? Wait::none : wait_for_output();
}

void Connection::send_news(SteadyClock::time_point now) {
  loop_.now = now;
  if (activity_ != Activity::streaming || advance_stream() == Wait::hang_up) return;
  set_activity(Activity::sending);
  error_code ignored;
  socket_.cancel(ignored);  // resumes run()
}

void Connection::set_activity(Activity activity) {
  // Further bytes of the same head, body or answer do not extend the deadline.
  const bool is_whole = activity == Activity::reading_head || activity == Activity::reading_body ||
                        activity == Activity::sending;
  if (is_whole && activity == activity_) return;
  activity_ = activity;
  if (activity == Activity::sending) taken_ = bytes_taken();
  deadline_ = deadline(activity, loop_.now, loop_.server.config);
}

// Without what waits in the kernel's buffer, which may be megabytes.
std::uint64_t Connection::bytes_taken() const {
  int waiting = 0;
  const bool is_known = ::ioctl(const_cast<Socket&>(socket_).native_handle(), SIOCOUTQ, &waiting) == 0;
  return written_ - std::min(written_, static_cast<std::uint64_t>(is_known ? waiting : 0));
}

bool Connection::is_late(SteadyClock::time_point now) {
  if (now < deadline_) return false;
  if (activity_ != Activity::sending) return true;
  const ServerConfig& config = loop_.server.config;
  const auto least = config.read_rate_min * static_cast<std::size_t>(config.write_timeout.count()) / 1000;
  const std::uint64_t taken = bytes_taken();
  if (taken < taken_ + least) return true;
  taken_ = taken;
  deadline_ = deadline(activity_, now, config);
  return false;
}

bool Connection::is_idle() {
  if (activity_ != Activity::idle || !socket_.is_open()) return false;
  char byte = 0;
  return ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}

void Connection::cut_off() {
  error_code ignored;
  socket_.close(ignored);
  deadline_ = kNoDeadline;
}

void Connection::log_request(int status, SteadyClock::duration took) const {
  const auto& routes = loop_.server.router.routes();
  const LogLevel level = status >= 500 ? LogLevel::info : LogLevel::debug;
  if (!is_logged(level)) return;
  const bool has_route = is_handling_ && route_ < routes.size();
  const std::string path = path_for_log(path_, has_route);
  const std::string client = client_.to_string();
  std::vector<LogField> fields = {
      {kRecordField, "stagedoor.request"},
      {"http.request.method", to_string(method_)},
      {"http.route", has_route ? std::string_view(routes[route_]->label) : "none"},
      {"url.path", path},
      {"http.response.status_code", status},
      {"event.duration", std::chrono::nanoseconds(took).count()},
      {"http.request.id", request_id_},
      {"client.ip", client}};
  if (!trace_.empty()) fields.emplace_back("trace.id", std::string_view(trace_).substr(3, 32));
  log(level, "request", fields);
}

}  // namespace stagedoor::http
