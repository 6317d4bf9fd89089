// One client: its socket, the request under way, the answer to it. A state machine, driven by one coroutine.
// For the thread of its loop only, except for take().
#pragma once

#include <atomic>
#include <boost/asio/ssl/stream.hpp>
#include <boost/intrusive/list.hpp>
#include <coroutine>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "http/await.h"
#include "http/deadline.h"
#include "http/parser.h"
#include "http/shared_state.h"
#include "http/stream_writer.h"

namespace stagedoor::http {

// Unlinks itself from the list of all connections of a loop.
using ConnectionHook =
    boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

class Connection final : public Reply::Sink,
                         public Mailbox::Item,
                         public StreamRounds::Listener,
                         public ConnectionHook {
 public:
  Connection(LoopState& loop, Socket socket, bool is_admin);
  ~Connection();

  // Counts it for its address. Returns the refusal of an address that has too many. Call once.
  std::optional<Refusal> count();

  // The life of a connection. Owns it.
  static Task run(std::unique_ptr<Connection> self);

  // From any thread: the answer to the request under way.
  void take(Answer&& answer) noexcept override;

  // The answer was taken from the mailbox.
  void resume_answered();
  bool waits_for_reply() const { return static_cast<bool>(waiting_for_reply_); }
  // Ends a connection that waits for a Reply, after its loop has ended.
  void destroy() { std::exchange(waiting_for_reply_, nullptr).destroy(); }

  // Sets the next deadline of a client that reads slowly, but not too slowly.
  bool is_late(SteadyClock::time_point now);
  // True if no byte of a request has arrived, not even in the kernel's buffer.
  bool is_idle();
  void cut_off();
  // Sends the pending events of its stream, and a last event if the loop is stopping.
  void send_news(SteadyClock::time_point now) override;

 private:
  // The operation that run() waits for.
  enum class Wait { input, output, reply, hang_up, turn, pause, none };

  struct AwaitReply {
    Connection& connection;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiting) noexcept { connection.waiting_for_reply_ = waiting; }
    void await_resume() const noexcept {}
  };

  Wait advance();
  Wait wait_for_request();
  // Notes that the loop is late. Returns true if the next request has to wait.
  bool pace();
  Wait advance_stream();
  void handle();
  Router::Found read_head(Request& request);
  LimitedClient limited_client(const Request& request) const;
  std::optional<Refusal> limit(const Request& request);
  bool admit_head();
  bool may_see(std::string_view path) const;
  void find_client(Request& request);
  void call_handler(const Route& route, const Request& request);
  void finish();
  void refuse();
  void render(Answer&& answer);
  bool flush();
  Wait wait_for_output() const { return socket_.is_open() ? Wait::output : Wait::none; }
  void begin_stream(StreamForm form);
  bool append_news();
  void end_stream();
  bool has_hung_up(error_code error, std::size_t bytes);
  std::uint64_t bytes_taken() const;
  void set_activity(Activity activity);
  void log_request(int status, SteadyClock::duration took) const;

  template <class Handler>
  void start_read(asio::mutable_buffer space, Handler handler);
  template <class Handler>
  void start_write(Handler handler);
  template <class Handler>
  void start_waiting_for_hang_up(Handler handler);

  LoopState& loop_;
  Socket socket_;
  std::unique_ptr<asio::ssl::stream<Socket&>> tls_;
  RequestParser parser_;
  IpAddress peer_;
  bool peer_is_proxy_ = false;
  bool is_admin_;  // connected to the address for operators
  bool peer_is_exempt_ = true;
  std::uint64_t peer_key_ = 0;  // see address_key()
  std::optional<ClientLimits::CountedConnection> counted_;

  Activity activity_ = Activity::idle;
  SteadyClock::time_point deadline_;
  std::uint64_t written_ = 0;       // bytes of answers given to the kernel
  std::uint64_t taken_ = 0;         // bytes_taken() when the deadline for sending was set
  bool close_ = false;              // after the current output
  bool has_refused_ = false;        // the client may still send bytes that will not be read
  std::unique_ptr<Output> unsent_;  // bytes that the socket has not taken; with TLS all output

  // Of the current request.
  bool is_handling_ = false;
  bool is_answered_ = false;
  bool is_admitted_ = false;  // its head has passed the limits
  Method method_ = Method::GET;
  std::size_t route_ = 0;
  SteadyClock::time_point started_;
  IpAddress client_;
  std::string_view path_;
  std::string_view request_id_;
  IdSource::Text own_id_{};
  std::string trace_;
  Answer answer_;
  // Set when the handler has returned or the answer was given, whichever comes first. The second of the two
  // resumes the connection.
  std::atomic<bool> handler_or_answer_done_{false};
  std::coroutine_handle<> waiting_for_reply_;

  std::optional<StreamWriter> stream_;  // the rest of the answer
  std::size_t ignored_ = 0;             // bytes that the client has sent since the stream began
};

}  // namespace stagedoor::http
