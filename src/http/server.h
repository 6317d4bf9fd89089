// The HTTP/1.1 server: sockets, time-outs, TLS, keep-alive; finds the route, calls its handler, writes the
// answer. One I/O thread per core, each with connections of its own; a connection has one request under way
// at a time, pipelined ones wait their turn.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/time.h"
#include "http/metrics.h"
#include "http/router.h"

namespace stagedoor::http {

struct ServerConfig {
  std::string address = "127.0.0.1";     // IPv4 or IPv6
  std::uint16_t port = 0;                // 0: any free one
  unsigned threads = 0;                  // 0: one per core
  std::size_t connections_max = 15'000;  // more are answered 503 OVERLOADED and closed
  std::size_t head_max = 8 * 1024;
  std::size_t body_max = 64 * 1024;
  Millis idle_timeout{60'000};  // a connection without a request is closed
  Millis head_timeout{
      10'000};  // from a request's first byte to the end of its head, and for the TLS handshake
  Millis body_timeout{10'000};       // from there to the end of its body
  Millis write_timeout{10'000};      // the client must take some bytes of an answer within this
  Millis sweep_interval{250};        // how exact these time-outs are
  std::size_t streams_max = 12'000;  // more are answered 503 OVERLOADED, so that other calls find connections
  Millis stream_interval{50};        // how often a stream is asked for what is new
  Millis stream_heartbeat{10'000};   // a stream that has told nothing for so long sends a comment line
  std::string tls_certificate = {};  // PEM files; both or none
  std::string tls_key = {};
  std::vector<std::string> trusted_proxies = {};  // see proxies.h
};

class Server {
 public:
  // `router` and what its handlers use must outlive the server. Nothing is opened yet.
  Server(ServerConfig config, const Router& router, std::shared_ptr<Metrics> metrics);
  // Stops at once if stop() was not called. Replies that are still kept somewhere afterwards may be called or
  // destroyed without harm, but answer nobody.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Listens and starts the threads. Throws std::runtime_error that says what is wrong: the address in use, a
  // certificate that cannot be read, a proxy network that is none.
  void start();
  std::uint16_t port() const;

  // Takes no new connections, lets requests that have begun finish for up to `grace` (their answers say
  // `Connection: close`; event streams are told to reconnect and end at once), then cuts the rest off.
  // Returns when the threads have ended. Any thread but a handler's; once.
  void stop(Millis grace);

 private:
  class Connection;
  class Loop;
  struct Shared;

  std::unique_ptr<Shared> shared_;
  std::vector<std::unique_ptr<Loop>> loops_;
};

}  // namespace stagedoor::http
