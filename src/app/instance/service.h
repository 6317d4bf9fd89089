// The server: an Instance (instance.h) built from the settings, with their store and the system's clock and
// randomness; and its HTTP side: sockets, metrics, health, documentation.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "app/config/config.h"
#include "app/config/secrets.h"
#include "app/instance/action_log.h"
#include "app/instance/catalogue_file.h"
#include "app/instance/clock_watch.h"
#include "app/instance/event_relays.h"
#include "app/instance/identity_provider.h"
#include "app/instance/instance.h"
#include "app/instance/line_claim.h"
#include "app/instance/metrics_text.h"
#include "app/instance/open_store.h"
#include "app/instance/pages.h"
#include "app/instance/sale_metrics.h"
#include "http/client_limits.h"
#include "http/server.h"
#include "modules/catalogue/change.h"
#include "modules/identity/gateway_proofs.h"

namespace stagedoor {

// Throws std::runtime_error that names the cause if the TLS certificate or its key cannot be used.
void check_certificate(const Config& config);

LaneLimits lane_limits(const Config& config);
http::ClientLimitSettings client_limits(const Config& config);

// Instances of a store need each other's keys. Keeps a fingerprint of the key that this one signs with in the
// store, and logs a warning if the key of the instance that started before is none of these.
void warn_of_other_keys(const std::vector<std::string>& keys,
                        const decltype(OpenStore::exchange_mark)& exchange_mark);

class Service {
 public:
  // Opens the store, or takes `store`, and rebuilds the state in memory. Throws std::runtime_error with the
  // cause.
  explicit Service(const Config& config) : Service(config, open_store(config)) {}
  Service(const Config& config, OpenStore store);
  ~Service();  // ends the lane, whose observers go before it, and the reads

  // Imports a catalogue file, before start(). `options`: the operator and the digest are those of the file.
  // Refuses with INVALID_REQUEST or SEAT_OCCUPIED, and with a message for the operator that names all errors
  // with their lines; then nothing is changed.
  Result<catalogue::ImportOutcome> import_file(const CatalogueFile& file, catalogue::ImportOptions options);
  // The server accepts requests when it returns.
  void start();
  // Starts the delivery of events to the sinks. Separate from start(), because a sink may write to standard
  // output, whose first line must report that the server listens.
  void start_relays() { event_relays_.start(); }
  // Reads the TLS certificate and its key again, and the keys of tokens and operators: auth.keys and
  // admin.keys of `read_settings()`, or the files beside the store. Logs the outcome; what cannot be read
  // stays as it is.
  void reload(const std::function<LoadedConfig()>& read_settings);
  // Reports not ready for http.stop_delay, then finishes running requests, refuses new ones, and ends.
  void stop();

  std::string address() const;  // "127.0.0.1:8080", with the port in use
  // The same for http.admin_listen; nullopt if that is not set.
  std::optional<std::string> admin_address() const;
  const http::Router& router() const { return instance_.router(); }
  // The event of queue.default_event is in the store, or there is no such setting.
  bool has_default_event();
  // The operator key if it is new; show it once.
  const std::optional<std::string>& new_operator_key() const { return operator_secrets_.made; }

 private:
  EventRetention event_retention() const;
  InstanceParts parts();
  identity::Proofs* proofs();  // null: auth.mode = token
  void add_routes();
  std::optional<PublicState> public_state(EventId id);
  std::vector<prometheus::MetricFamily> metrics() const;

  Config config_;
  OperatorSecrets operator_secrets_;
  OpenStore open_store_;
  const std::unique_ptr<LineLog> line_log_;  // null: the store has the line
  LineClaim line_claim_;
  EventRelays event_relays_;
  http::ClientLimits client_limits_;
  const std::unique_ptr<identity::GatewayProofs> gateway_;     // null: auth.mode is not gateway
  const std::unique_ptr<IdentityProvider> identity_provider_;  // null: auth.mode is not jwt
  const std::shared_ptr<http::Metrics> http_metrics_ = std::make_shared<http::Metrics>();
  Instance instance_;
  ClockWatch clock_watch_;
  SaleMetrics sale_metrics_;
  ActionLog action_log_;
  MetricsText metrics_text_;
  std::atomic<bool> ready_{false};
  http::Server server_;
};

}  // namespace stagedoor
