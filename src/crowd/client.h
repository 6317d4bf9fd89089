// Many keep-alive connections to one server, driven by one thread with epoll. Cheap: raw sockets, no copy of
// the request, no allocation per request. One request at a time per connection; requests beyond that wait in
// a queue.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <string_view>
#include <vector>

#include "crowd/endpoint.h"
#include "crowd/response.h"

namespace stagedoor::crowd {

using Clock = std::chrono::steady_clock;

class Client {
 public:
  using Tag = std::uint64_t;
  // May call send(). `response` is valid during the call. Status 0: no answer (refused, reset, malformed,
  // timed out); the server may or may not have processed the request.
  using OnAnswer = std::function<void(Tag, const Response& response)>;

  struct Options {
    std::size_t connections = 1;
    // After this time the connection is closed and the answer is an error.
    std::chrono::milliseconds answer_within{30'000};
    // The connections come from so many addresses of this machine, 127.1.0.1 and on; 0: from the usual one.
    std::uint32_t sources = 0;
  };

  Client(Endpoint to, Options options, OnAnswer on_answer);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Sends now if a connection is free (opens it if needed), else as soon as one is. `bytes` must live until
  // the answer. Each send gets exactly one answer, from within poll(). HEAD expects no answer body.
  void send(std::string_view bytes, Tag tag);

  // Handles received bytes; waits up to `wait` for the first. Returns early on a signal.
  void poll(std::chrono::nanoseconds wait);

  // Requests sent or waiting that have no answer yet.
  std::size_t unanswered() const { return unanswered_; }
  // Time spent waiting for answers. Close to zero means that this thread, not the server, is the limit, and
  // that the measured latencies are mostly its own.
  std::chrono::nanoseconds waited() const { return waited_; }
  const Endpoint& endpoint() const { return to_; }

 private:
  enum class State : std::uint8_t { closed, idle, connecting, busy };
  struct Connection {
    int fd = -1;
    State state = State::closed;
    std::string_view unsent;
    Tag tag = 0;
    Clock::time_point since;
    ResponseReader reader;
  };
  struct Waiting {
    std::string_view bytes;
    Tag tag;
  };

  void start_waiting();
  void start(std::size_t index, std::string_view bytes, Tag tag);
  bool open(Connection& connection, std::size_t index);  // false: errno says why
  void write(std::size_t index);
  void read(std::size_t index, bool ended);  // ended: the peer has closed its side
  void finish(std::size_t index, const Response& response, bool keep);
  void fail(std::size_t index, std::string_view error);
  void close(Connection& connection);
  void fail_late_answers();

  Endpoint to_;
  Options options_;
  OnAnswer on_answer_;
  int epoll_;
  std::vector<Connection> connections_;
  std::deque<std::size_t> free_;  // connections without a request, least recently used first
  std::deque<Waiting> waiting_;
  std::vector<std::pair<Tag, std::string_view>> failed_at_once_;  // answered by the next poll()
  std::size_t unanswered_ = 0;
  Clock::time_point now_;  // of the latest poll() or send()
  Clock::time_point next_late_check_;
  std::chrono::nanoseconds waited_{0};
};

}  // namespace stagedoor::crowd
