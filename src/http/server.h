// The HTTP/1.1 server: sockets, timeouts, TLS, keep-alive; finds the route, calls its handler, writes the
// answer. One I/O thread per core, each with its own connections. A connection handles one request at a time;
// pipelined requests wait for their turn.
//
// Parts, from the outside in: Server starts and stops Loops; a Loop (one thread) accepts clients and closes
// late ones; a Connection reads requests and writes answers; StreamRounds and StreamWriter serve event
// streams.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "http/metrics.h"
#include "http/router.h"
#include "http/server_config.h"

namespace stagedoor::http {

class ClientLimits;
class Loop;
struct ServerState;

class Server {
 public:
  // `router` and what its handlers use must outlive the server, and so must `limits`; null: no client is
  // limited. Opens nothing yet.
  Server(ServerConfig config, const Router& router, std::shared_ptr<Metrics> metrics,
         ClientLimits* limits = nullptr);
  // Stops at once if stop() was not called. A Reply that still exists may be called or destroyed afterwards,
  // without effect.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Throws std::runtime_error that names the cause if the certificate or its key cannot be used.
  static void check_certificate(const ServerConfig& config);

  // Listens and starts the threads. Throws std::runtime_error that names the cause: the address is in use, a
  // certificate cannot be loaded, a proxy network is invalid.
  void start();
  // Reads the certificate and the key again, for new connections. If that fails, throws as start() does and
  // keeps the old ones. Does nothing without TLS. Any thread, after start().
  void reload_tls();

  std::uint16_t port() const;
  std::uint16_t admin_port() const;

  // Accepts no new connections, gives running requests up to `grace` to finish (their answers say
  // `Connection: close`; event streams ask the client to reconnect and end immediately), then closes the
  // rest. Returns when the threads have ended. Call it once, from any thread but a handler's.
  void stop(Millis grace);

 private:
  std::unique_ptr<ServerState> state_;
  std::vector<std::unique_ptr<Loop>> loops_;
};

}  // namespace stagedoor::http
