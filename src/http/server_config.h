// The settings of the HTTP server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/time.h"

namespace stagedoor::http {

struct ServerConfig {
  std::string address = "127.0.0.1";  // IPv4 or IPv6
  std::uint16_t port = 0;             // 0: any free port
  // A second address, which serves everything; empty: none. If there is one, the first address answers 404 to
  // `admin_paths` and to what is below them.
  std::string admin_address = {};
  std::uint16_t admin_port = 0;
  std::vector<std::string> admin_paths = {};
  unsigned threads = 0;  // 0: one per core
  // Clients above this number get 503 OVERLOADED and are closed.
  std::size_t connections_max = 15'000;
  std::size_t head_max = 8 * 1024;
  std::size_t body_max = 64 * 1024;
  std::string large_body_path = {};  // the one path whose bodies may be larger; "": none
  std::size_t large_body_max = 1024 * 1024;

  Millis idle_timeout{60'000};  // for a connection without a request
  Millis head_timeout{10'000};  // from the first byte of a request to the end of its head; also for TLS
  Millis body_timeout{10'000};  // from the end of the head to the end of the body
  // A client that takes less of its answers in this time than read_rate_min (bytes a second) is closed.
  Millis write_timeout{10'000};
  std::size_t read_rate_min = 8 * 1024;
  Millis sweep_interval{250};  // the precision of these timeouts

  // Streams above this number get 503 OVERLOADED, which keeps connections free for other calls.
  std::size_t streams_max = 12'000;
  Millis stream_interval{50};       // between two polls of a stream
  Millis stream_heartbeat{10'000};  // a stream without events for this time sends a comment line

  std::string tls_certificate = {};  // PEM files; both or none
  std::string tls_key = {};
  std::vector<std::string> trusted_proxies = {};  // see proxies.h
};

}  // namespace stagedoor::http
