#include "app/instance/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <thread>
#include <tuple>
#include <utility>

#include "adapters/system/random.h"
#include "app/instance/docs_page.h"
#include "app/instance/line_metrics.h"
#include "app/instance/logging.h"
#include "app/instance/open_log.h"
#include "app/instance/pages_archive.h"
#include "app/instance/process_metrics.h"
#include "app/instance/staleness_guard.h"
#include "core/log.h"
#include "core/refusals.h"
#include "core/sha256.h"
#include "core/time_zone.h"
#include "http/openapi.h"
#include "http/render_refusal.h"

namespace stagedoor {
namespace {

// The address and port of "host:port" or "[v6]:port"; the settings have checked the form.
std::pair<std::string, std::uint16_t> parts_of(const std::string& listen) {
  const std::size_t colon = listen.rfind(':');
  std::string address = listen.substr(0, colon);
  if (address.starts_with('[')) address = address.substr(1, address.size() - 2);
  if (address == "localhost") address = "127.0.0.1";
  return {address, static_cast<std::uint16_t>(std::stoi(listen.substr(colon + 1)))};
}

// `listen` with the port in use.
std::string with_port(const std::string& listen, std::uint16_t port) {
  return fmt::format("{}:{}", listen.substr(0, listen.rfind(':')), port);
}

http::ServerConfig server_config(const Config& config) {
  const auto& from = config.http;
  http::ServerConfig server;
  std::tie(server.address, server.port) = parts_of(from.listen);
  if (!from.admin_listen.empty()) {
    std::tie(server.admin_address, server.admin_port) = parts_of(from.admin_listen);
    server.admin_paths = {"/admin", "/console", "/docs", "/metrics"};
  }
  server.threads = static_cast<unsigned>(from.threads);
  server.connections_max = std::size_t(from.max_connections);
  server.streams_max = std::size_t(from.max_streams);
  server.stream_heartbeat = from.stream_heartbeat;
  server.idle_timeout = from.idle_timeout;
  server.head_timeout = from.header_timeout;
  server.body_timeout = from.body_timeout;
  server.large_body_path = operators::kImportPath;
  server.tls_certificate = from.tls_certificate;
  server.tls_key = from.tls_key;
  server.trusted_proxies = from.trusted_proxies;
  return server;
}

prometheus::MetricFamily log_metric() {
  prometheus::ClientMetric dropped;
  dropped.counter.value = double(dropped_log_lines());
  return {"stagedoor_log_dropped_lines_total",
          "Log lines that were not written: nobody read standard error, or its disk was full",
          prometheus::MetricType::Counter,
          {dropped}};
}

prometheus::MetricFamily drop_metric(std::uint64_t events) {
  prometheus::ClientMetric dropped;
  dropped.counter.value = double(events);
  return {"stagedoor_events_dropped_total",
          "Events that this instance removed by events.drop_after before every sink had accepted them",
          prometheus::MetricType::Counter,
          {dropped}};
}

bool has_places(const StorePorts& store) {
  bool has_marks = false;  // of places in a log
  store.startup.read({.line_mark = [&](const LineMark&) { has_marks = true; }});
  if (has_marks) return true;
  const Catalogue catalogue = store.startup.catalogue();
  return std::ranges::any_of(catalogue.events,
                             [&](const auto& event) { return store.line.head(event.first) > 0; });
}

// `alarm`: what is wrong although calls are served; "": nothing.
Answer ready(const std::string& alarm) {
  if (alarm.empty()) return {.body = R"({"success":true,"data":{"ready":true}})"};
  return {.body = fmt::format(R"({{"success":true,"data":{{"ready":true,"clock":"{}"}}}})", alarm)};
}

std::unique_ptr<identity::GatewayProofs> gateway_of(const Config::Auth& auth) {
  if (auth.mode != "gateway") return nullptr;
  return std::make_unique<identity::GatewayProofs>(auth.gateway_header, auth.gateway_secret);
}

std::unique_ptr<IdentityProvider> provider_of(const Config::Auth& auth) {
  return auth.mode == "jwt" ? std::make_unique<IdentityProvider>(auth) : nullptr;
}

std::optional<identity::OidcDto> oidc_of(const Config::Auth& auth) {
  if (auth.oidc_issuer.empty()) return std::nullopt;
  return identity::OidcDto{auth.oidc_issuer, auth.oidc_client_id, auth.oidc_scope};
}

std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  std::memcpy(&seed, system::system_random(sizeof seed).data(), sizeof seed);
  return seed;
}

}  // namespace

void check_certificate(const Config& config) { http::Server::check_certificate(server_config(config)); }

LaneLimits lane_limits(const Config& config) {
  const auto& lane = config.lane;
  LaneLimits limits;
  limits.batch_max = std::size_t(lane.batch_max);
  limits.batch_time = lane.batch_time;
  limits.view_rows_max = std::size_t(lane.view_rows_max);
  limits.queue_max = {std::size_t(lane.pay_queue), std::size_t(lane.hold_queue),
                      std::size_t(lane.wallet_queue), std::size_t(lane.join_queue),
                      std::size_t(lane.operator_queue)};
  return limits;
}

void warn_of_other_keys(const std::vector<std::string>& keys,
                        const decltype(OpenStore::exchange_mark)& exchange_mark) {
  const auto fingerprint = [](const std::string& key) {
    const Sha256 hash = sha256("stagedoor auth.keys " + key);
    std::int64_t number = 0;
    std::memcpy(&number, hash.data(), sizeof number);
    return number;
  };
  const auto before = exchange_mark("auth_key", fingerprint(keys.front()));
  if (!before || std::ranges::find(keys, *before, fingerprint) != keys.end()) return;
  log(LogLevel::warn,
      "auth.keys lacks the key that the instance that started before this one signs with; this instance "
      "refuses "
      "the tokens of that one. All instances of a store need the same keys; when they are changed, keep the "
      "old "
      "one at the end of the list");
}

// The settings have checked the texts.
http::ClientLimitSettings client_limits(const Config& config) {
  const auto& from = config.limits;
  const auto rate = [](const std::vector<std::string>& texts, std::size_t index) {
    return index < texts.size() ? parse_rate(texts[index]).value_or(Rate{}) : Rate{};
  };
  return {.join_address = rate(from.join, 0),
          .join_user = rate(from.join, 1),
          .places_per_hour = rate(from.join, 2).burst,
          .poll_address = rate(from.poll, 0),
          .read_address = rate(from.read, 0),
          .map_token = rate(from.read, 1),
          .write_address = rate(from.write, 0),
          .write_token = rate(from.write, 1),
          .keys_address = rate(from.keys, 0),
          .streams_address = open_limit(from.streams, 0),
          .streams_token = open_limit(from.streams, 1),
          .connections_address = connections_per_address(from.connections, config.http.max_connections),
          .exempt = from.exempt};
}

Service::Service(const Config& config, OpenStore store)
    : config_(config),
      operator_secrets_(operator_secrets(config)),
      open_store_(std::move(store)),
      line_log_(open_log(config, LogUse::serve)),
      line_claim_(line_source(config), open_store_.ports, open_store_.clock->now(),
                  open_store_.has_other_lines),
      event_relays_(config, open_store_.outbox, *open_store_.clock),
      client_limits_(client_limits(config), random_seed()),
      gateway_(gateway_of(config.auth)),
      identity_provider_(provider_of(config.auth)),
      instance_(parts()),
      clock_watch_(*open_store_.clock, [this] { return instance_.read_model().catalogue(); }),
      sale_metrics_(instance_.lane(), instance_.rooms(), instance_.read_model()),
      metrics_text_([this] { return metrics(); }, [this] { return sale_metrics_.collect_live(); }),
      server_(server_config(config), instance_.router(), http_metrics_, &client_limits_) {
  instance_.lane().add_observer(line_claim_);
  line_claim_.settle(instance_.lane());
  instance_.lane().add_observer(sale_metrics_);
  instance_.lane().add_observer(event_relays_);
  if (identity_provider_) instance_.lane().add_observer(identity_provider_->proofs());
  add_routes();
}

// The threads that answer requests end before the server, whose loops they wake.
Service::~Service() {
  if (identity_provider_) identity_provider_->stop();
  instance_.stop();
}

identity::Proofs* Service::proofs() {
  if (identity_provider_) return &identity_provider_->proofs();
  return gateway_.get();
}

EventRetention Service::event_retention() const {
  EventRetention retention{
      .sinks = event_relays_.names(), .keep = config_.events.keep, .drop_after = config_.events.drop_after};
  if (!config_.events.sinks.empty()) retention.delivery = [this] { return event_relays_.delivery(); };
  return retention;
}

InstanceParts Service::parts() {
  auto keys = signing_keys(config_, [this] { return has_places(open_store_.ports); });
  warn_of_other_keys(keys, open_store_.exchange_mark);
  StorePorts ports = open_store_.ports;
  ports.log = line_log_.get();
  return {.store = ports,
          .queries = open_store_.queries,
          .events = event_retention(),
          .sinks = event_relays_.names(),
          .outbox = open_store_.outbox,
          .read_room = [this](EventId event) { return store_reports(config_).read_room(event); },
          .clock = *open_store_.clock,
          .service_clock = open_store_.clock.get(),
          .random = &system::system_random,
          .token_keys = std::move(keys),
          .token_lifetime = config_.auth.token_lifetime,
          .ticket_keys = config_.tickets.keys,
          .operator_keys = operator_secrets_.keys,
          .limits = lane_limits(config_),
          .balance_max = config_.wallet.balance_max,
          .users_may_charge = config_.wallet.charge_by == "user",
          .default_event = EventId{config_.queue.default_event},
          .client_limits = &client_limits_,
          .auth_mode = config_.auth.mode,
          .proofs = proofs(),
          .session_lifetime = config_.auth.session_lifetime,
          .oidc = oidc_of(config_.auth),
          .http_metrics = http_metrics_.get(),
          .has_compat = config_.http.compat,
          .has_workers = true};
}

Result<catalogue::ImportOutcome> Service::import_file(const CatalogueFile& file,
                                                      catalogue::ImportOptions options) {
  options.operator_name = file.name();
  options.digest = file.digest();
  options.has_joined = [&](EventId event) { return instance_.rooms().last_place(event) > 0; };
  auto imported = catalogue::import_catalogue(instance_.lane(), *file.text().document(), options);
  if (!imported) return file.explained(imported.error());
  return imported;
}

bool Service::has_default_event() {
  const EventId id{config_.queue.default_event};
  return !id || instance_.read_model().catalogue()->event(id);
}

void Service::start() {
  instance_.lane().add_observer(action_log_);  // not earlier: `stagedoor import` says itself what it did
  instance_.lane().start();
  clock_watch_.start();
  if (identity_provider_) identity_provider_->start();
  ready_ = true;
  server_.start();
  log(LogLevel::info, "server started",
      {{"server.address", address()}, {"service.version", STAGEDOOR_VERSION}});
}

void Service::reload(const std::function<LoadedConfig()>& read_settings) {
  const auto read_again = [](const std::string& what, const auto& read) {
    try {
      read();
      log(LogLevel::info, what + ": read again");
    } catch (const std::runtime_error& error) {
      log(LogLevel::error, what + ": not read again; the old ones stay in use",
          {{"error.message", error.what()}});
    }
  };
  if (!config_.http.tls_certificate.empty())
    read_again("TLS certificate and key", [&] { server_.reload_tls(); });
  read_again("keys of tokens and operators", [&] {
    const LoadedConfig now = read_settings();
    if (!now.errors.empty()) throw std::runtime_error(describe_errors(now.errors));
    Config config = config_;
    config.auth.keys = now.config.auth.keys;
    config.admin.keys = now.config.admin.keys;
    const StoredKeys keys = reread_keys(config);
    instance_.replace_keys(keys.signing, keys.operators);
  });
}

void Service::stop() {
  ready_ = false;
  log(LogLevel::info, "server stopping");
  std::this_thread::sleep_for(config_.http.stop_delay);
  server_.stop(config_.http.stop_grace);
  if (identity_provider_) identity_provider_->stop();
  instance_.stop();
  clock_watch_.stop();
  event_relays_.stop();
  log(LogLevel::info, "server stopped");
}

std::string Service::address() const { return with_port(config_.http.listen, server_.port()); }

std::optional<std::string> Service::admin_address() const {
  if (config_.http.admin_listen.empty()) return std::nullopt;
  return with_port(config_.http.admin_listen, server_.admin_port());
}

std::vector<prometheus::MetricFamily> Service::metrics() const {
  auto families = sale_metrics_.collect();
  for (auto& family : http_metrics_->collect()) families.push_back(std::move(family));
  for (auto& family : client_limits_.collect()) families.push_back(std::move(family));
  const auto& events = config_.events;
  for (auto& family : event_relays_.metrics(open_store_.clock->now(), events.keep))
    families.push_back(std::move(family));
  if (!events.sinks.empty()) families.push_back(drop_metric(instance_.housekeeping().dropped_events()));
  if (const auto line = instance_.line_numbers())
    for (auto& family : line_metrics(*line, open_store_.clock->now())) families.push_back(std::move(family));
  if (identity_provider_)
    for (auto& family : identity_provider_->metrics()) families.push_back(std::move(family));
  families.push_back(clock_watch_.metric());
  families.push_back(log_metric());
  for (auto& family : process_metrics()) families.push_back(std::move(family));
  return families;
}

std::optional<PublicState> Service::public_state(EventId id) {
  const auto catalogue = instance_.read_model().catalogue();
  const Event* event = catalogue->event(id);
  if (!event) return std::nullopt;
  const absl::TimeZone zone = find_time_zone(event->time_zone).value_or(absl::UTCTimeZone());
  return PublicState{
      .event = event->performer.empty() ? event->name : event->name + " · " + event->performer,
      .opens = absl::FormatTime("%Y-%m-%d %H:%M %Z", absl::FromUnixMillis(to_ms(event->on_sale.from)), zone),
      .waiting = instance_.rooms().numbers(id).waiting};
}

void Service::add_routes() {
  http::Router& router = instance_.router();
  router.add({.method = http::Method::GET,
              .path = "/healthz",
              .handler = [](const http::Request&, http::Reply reply) {
                reply({.body = R"({"success":true,"data":{"alive":true}})"});
              }});
  router.add({.method = http::Method::GET,
              .path = "/readyz",
              .handler = [this](const http::Request&, http::Reply reply) {
                if (ready_ && instance_.lane().is_fresh(kStaleMax)) return reply(ready(clock_watch_.alarm()));
                reply(http::render_refusal(
                    refuse(Code::STORE_UNAVAILABLE,
                           ready_ ? "This instance cannot reach the store." : "This instance is stopping.")));
              }});
  router.add({.method = http::Method::GET,
              .path = "/metrics",
              .handler = [this](const http::Request&, http::Reply reply) {
                reply({.body = metrics_text_.get(),
                       .headers = "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"});
              }});

  const auto document = std::make_shared<const std::string>(http::openapi(router, STAGEDOOR_VERSION));
  router.add({.method = http::Method::GET,
              .path = "/openapi.json",
              .handler = [document](const http::Request& request, http::Reply reply) {
                reply(http::with_etag(request, {.body = {}, .headers = {}, .shared = document},
                                      http::content_tag(*document)));
              }});
  add_pages(router, {.archive = embedded_pages(),
                     .sign_in_origin = config_.auth.mode == "jwt" ? origin_of(config_.auth.oidc_issuer) : "",
                     .state_of = [this](EventId id) { return public_state(id); }});
  add_docs_page(router, config_.http.static_dir.empty() ? default_static_dir()
                                                        : std::filesystem::path(config_.http.static_dir));
}

}  // namespace stagedoor
