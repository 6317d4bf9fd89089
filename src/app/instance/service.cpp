#include "app/instance/service.h"

#include <fmt/format.h>
#include <prometheus/text_serializer.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "app/instance/docs_page.h"
#include "app/instance/staleness_guard.h"
#include "core/refusals.h"
#include "http/openapi.h"
#include "http/problem.h"
#include "modules/catalog/change.h"

namespace stagedoor {
namespace {

constexpr std::size_t kReaderThreads = 2;

// "host:port" or "[v6]:port", as the settings were checked to be.
http::ServerConfig server_config(const Config& config) {
  const auto& from = config.http;
  http::ServerConfig server;
  const std::size_t colon = from.listen.rfind(':');
  server.address = from.listen.substr(0, colon);
  if (server.address.starts_with('[')) server.address = server.address.substr(1, server.address.size() - 2);
  if (server.address == "localhost") server.address = "127.0.0.1";
  server.port = static_cast<std::uint16_t>(std::stoi(from.listen.substr(colon + 1)));
  server.threads = static_cast<unsigned>(from.threads);
  server.connections_max = std::size_t(from.max_connections);
  server.streams_max = std::size_t(from.max_streams);
  server.stream_heartbeat = from.stream_heartbeat;
  server.idle_timeout = from.idle_timeout;
  server.head_timeout = from.header_timeout;
  server.body_timeout = from.body_timeout;
  server.tls_certificate = from.tls_certificate;
  server.tls_key = from.tls_key;
  server.trusted_proxies = from.trusted_proxies;
  return server;
}

}  // namespace

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

Service::Service(const Config& config)
    : config_(config),
      operator_secrets_(operator_secrets(config)),
      operator_keys_(operator_secrets_.keys),
      open_store_(open_store(config)),
      token_keys_(signing_keys(config)),
      tokens_(token_keys_, clock_, config.auth.token_lifetime),
      lane_(open_store_.ports, clock_, catalogue_, &http::problem, lane_limits(config)),
      readers_(kReaderThreads, open_store_.queries),
      catalog_deps_{.shelf = shelf_, .tokens = tokens_, .turns = turns_, .clock = clock_},
      queue_deps_{.lane = lane_,
                  .rooms = rooms_,
                  .identity = identity_,
                  .tokens = tokens_,
                  .clock = clock_,
                  .catalogue = catalogue_,
                  .default_event = EventId{config.queue.default_event},
                  .stock = stock_},
      public_deps_{.rooms = rooms_, .clock = clock_, .catalogue = catalogue_, .stock = stock_},
      wallet_deps_{.lane = lane_,
                   .readers = readers_,
                   .identity = identity_,
                   .balance_max = config.wallet.balance_max,
                   .users_may_charge = config.wallet.charge_by == "user"},
      reservation_deps_{.lane = lane_,
                        .readers = readers_,
                        .identity = identity_,
                        .tokens = tokens_,
                        .rooms = rooms_,
                        .turns = turns_,
                        .clock = clock_,
                        .catalogue = catalogue_},
      payment_deps_{.lane = lane_,
                    .readers = readers_,
                    .identity = identity_,
                    .turns = turns_,
                    .clock = clock_,
                    .catalogue = catalogue_,
                    .balance_max = config.wallet.balance_max},
      operator_deps_{.lane = lane_,
                     .readers = readers_,
                     .shelf = shelf_,
                     .rooms = rooms_,
                     .keys = operator_keys_,
                     .clock = clock_,
                     .balance_max = config.wallet.balance_max},
      server_(server_config(config), router_, http_metrics_) {
  if (lane_.has_others()) rooms_.tell_seen();
  shelf_.load(open_store_.ports.startup);
  rooms_.restore(open_store_.ports.startup);
  lapse_holds_.restore(open_store_.ports.startup);
  lane_.add_listener(shelf_);
  lane_.add_listener(rooms_);
  lane_.add_listener(lapse_holds_);
  lane_.add_listener(sale_metrics_);
  lane_.add_job(rooms_);
  lane_.add_job(lapse_holds_);
  lane_.add_job(housekeeping_);
  add_routes();
}

Result<catalog::ImportSummary> Service::import_file(const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  if (!file) return refuse(Code::INVALID_REQUEST, name + ": cannot be read");
  const catalog::CatalogueText text(std::string(std::istreambuf_iterator<char>(file), {}));
  auto imported = text.document() ? catalog::import_catalogue(lane_, *text.document(), name)
                                  : Result<catalog::ImportSummary>(text.document().error());
  if (imported) return imported;
  Failure failure = imported.error();
  failure.message = text.explain(name, failure);
  return failure;
}

void Service::start() {
  lane_.start();
  ready_ = true;
  server_.start();
}

void Service::stop() {
  ready_ = false;
  std::this_thread::sleep_for(config_.http.stop_delay);
  server_.stop(config_.http.stop_grace);
  lane_.stop();
}

std::string Service::address() const {
  const std::string& listen = config_.http.listen;
  return fmt::format("{}:{}", listen.substr(0, listen.rfind(':')), server_.port());
}

void Service::add_routes() {
  if (lane_.has_others()) {
    router_.decorate([this](const http::Route& route) { return with_staleness_guard(route, lane_); });
  }
  catalog::add_catalog_routes(router_, catalog_deps_);
  catalog::add_seat_stream_route(router_, seat_stream_deps_);
  add_queue_routes(router_, queue_deps_);
  add_queue_stream_route(router_, queue_stream_deps_);
  add_public_routes(router_, public_deps_);
  add_reservation_routes(router_, reservation_deps_);
  add_wallet_routes(router_, wallet_deps_);
  add_payment_routes(router_, payment_deps_);
  operators::add_operator_routes(router_, operator_deps_);
  router_.decorate({});

  router_.add({.method = http::Method::GET,
               .path = "/healthz",
               .handler = [](const http::Request&, http::Reply reply) {
                 reply({.body = R"({"success":true,"data":{"alive":true}})"});
               }});
  router_.add({.method = http::Method::GET,
               .path = "/readyz",
               .handler = [this](const http::Request&, http::Reply reply) {
                 if (ready_ && lane_.is_fresh(kStaleMax))
                   return reply({.body = R"({"success":true,"data":{"ready":true}})"});
                 reply(http::problem(
                     refuse(Code::STORE_UNAVAILABLE, ready_ ? "This instance does not reach the store."
                                                            : "This instance is stopping.")));
               }});
  router_.add({.method = http::Method::GET,
               .path = "/metrics",
               .handler = [this](const http::Request&, http::Reply reply) {
                 auto families = sale_metrics_.Collect();
                 for (auto& family : http_metrics_->Collect()) families.push_back(std::move(family));
                 reply({.body = prometheus::TextSerializer().Serialize(families),
                        .headers = "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"});
               }});

  const auto document = std::make_shared<const std::string>(http::openapi(router_, STAGEDOOR_VERSION));
  router_.add({.method = http::Method::GET,
               .path = "/openapi.json",
               .handler = [document](const http::Request& request, http::Reply reply) {
                 reply(http::with_etag(request, {.body = {}, .headers = {}, .shared = document},
                                       http::content_tag(*document)));
               }});
  add_docs_page(router_, config_.http.static_dir.empty() ? default_static_dir()
                                                         : std::filesystem::path(config_.http.static_dir));
}

}  // namespace stagedoor
