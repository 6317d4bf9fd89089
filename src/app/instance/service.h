// The server: an Instance (instance.h) made by the settings, on the store that they name and the system's
// clock and randomness, and what serves it over HTTP: sockets, metrics, health, documentation.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "adapters/system/clock.h"
#include "app/config/config.h"
#include "app/config/secrets.h"
#include "app/instance/event_relays.h"
#include "app/instance/instance.h"
#include "app/instance/open_store.h"
#include "app/instance/sale_metrics.h"
#include "http/server.h"
#include "modules/catalogue/change.h"

namespace stagedoor {

LaneLimits lane_limits(const Config& config);

class Service {
 public:
  // Opens the store and rebuilds what is kept in memory. Throws std::runtime_error that says what is wrong.
  explicit Service(const Config& config);

  // Imports a catalogue file, before start(). INVALID_REQUEST or SEAT_OCCUPIED with a message for the
  // operator that names every fault with its line; then nothing has changed.
  Result<catalogue::ImportSummary> import_file(const std::string& name);
  // Serves from when it returns.
  void start();
  // Delivers events to the sinks from now on. Separate from start(), since a sink may write to standard
  // output, whose first line says that the server listens.
  void start_relays() { event_relays_.start(); }
  // Unready for http.stop_delay, then finishes what has begun, refuses the rest, and ends.
  void stop();

  std::string address() const;  // "127.0.0.1:8080", with the port in use
  const http::Router& router() const { return instance_.router(); }
  // The operator key if it was made just now; to be shown once.
  const std::optional<std::string>& new_operator_key() const { return operator_secrets_.made; }

 private:
  InstanceParts parts();
  void add_routes();

  Config config_;
  OperatorSecrets operator_secrets_;
  OpenStore open_store_;
  system::SystemClock clock_{open_store_.clock_offset};
  EventRelays event_relays_;
  Instance instance_;
  SaleMetrics sale_metrics_;
  std::shared_ptr<http::Metrics> http_metrics_ = std::make_shared<http::Metrics>();
  std::atomic<bool> ready_{false};
  http::Server server_;
};

}  // namespace stagedoor
