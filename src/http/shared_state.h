// The state that connections share: with the whole server, and with their loop.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/guarded.h"
#include "http/asio_types.h"
#include "http/client_limits.h"
#include "http/large_bodies.h"
#include "http/lateness.h"
#include "http/mailbox.h"
#include "http/metrics.h"
#include "http/output.h"
#include "http/proxies.h"
#include "http/router.h"
#include "http/server_config.h"
#include "http/stream_rounds.h"
#include "http/trace.h"

namespace stagedoor::http {

// Of the whole server. Constant while loops run, except for the atomic and guarded members.
struct ServerState {
  ServerConfig config;
  const Router& router;
  std::shared_ptr<Metrics> metrics;
  ClientLimits* limits = nullptr;  // null: no client is limited
  TrustedProxies proxies{};
  bool has_tls = false;
  Guarded<std::shared_ptr<asio::ssl::context>> tls{};  // for new connections
  std::uint16_t port = 0;
  std::uint16_t admin_port = 0;
  std::atomic<std::size_t> connections{0};  // includes accepted sockets that have no Connection yet
  std::atomic<std::size_t> streams{0};
  std::atomic<bool> has_warned_of_forward{false};
};

// Of one loop. For its thread only, except for the functions of Mailbox that say otherwise.
struct LoopState {
  LoopState(ServerState& all, Metrics::Block& block, asio::io_context& context)
      : server(all), metrics(block), mailbox(context), rounds(context, all.config.stream_interval) {}

  ServerState& server;
  Metrics::Block& metrics;
  Mailbox mailbox;
  StreamRounds rounds;
  SteadyClock::time_point now = SteadyClock::now();  // as of the last request, round or sweep
  std::string date;                                  // for answers
  Lateness lateness;
  LargeBodies large_bodies;
  SteadyClock::time_point paced_until;  // see Connection::pace()
  bool logs_requests = false;           // the log level is debug
  bool is_stopping = false;
  Output out;                   // rendered but unsent; empty whenever a connection waits
  std::vector<Header> headers;  // of the request being handled
  IdSource ids;
  std::uint32_t streams_begun = 0;
  std::array<char, 16 * 1024> discarded;  // for bytes that are discarded
};

}  // namespace stagedoor::http
