// One serving instance: everything it is made of, wired together in the order in which it depends on each
// other.
#pragma once

#include <atomic>
#include <memory>
#include <random>
#include <string>

#include "adapters/system/clock.h"
#include "adapters/system/random.h"
#include "app/config/config.h"
#include "app/config/secrets.h"
#include "app/instance/housekeeping.h"
#include "app/instance/open_store.h"
#include "app/instance/sale_metrics.h"
#include "engine/lane.h"
#include "engine/readers.h"
#include "http/router.h"
#include "http/server.h"
#include "modules/catalog/http.h"
#include "modules/catalog/http_seat_stream.h"
#include "modules/catalog/model.h"
#include "modules/catalog/shelf.h"
#include "modules/operator/http.h"
#include "modules/payment/http.h"
#include "modules/queue/http.h"
#include "modules/queue/http_public.h"
#include "modules/queue/http_stream.h"
#include "modules/reservation/http.h"
#include "modules/reservation/lapse.h"
#include "modules/wallet/http.h"

namespace stagedoor {

LaneLimits lane_limits(const Config& config);

class Service {
 public:
  // Opens the store and rebuilds what is kept in memory. Throws std::runtime_error that says what is wrong.
  explicit Service(const Config& config);

  // Imports a catalogue file, before start(). INVALID_REQUEST or SEAT_OCCUPIED with a message for the
  // operator that names every fault with its line; then nothing has changed.
  Result<catalog::ImportSummary> import_file(const std::string& name);
  // Serves from when it returns.
  void start();
  // Unready for http.stop_delay, then finishes what has begun, refuses the rest, and ends.
  void stop();

  std::string address() const;  // "127.0.0.1:8080", with the port in use
  const http::Router& router() const { return router_; }
  // The operator key if it was made just now; to be shown once.
  const std::optional<std::string>& new_operator_key() const { return operator_secrets_.made; }

 private:
  void add_routes();

  Config config_;
  OperatorSecrets operator_secrets_;
  OperatorKeys operator_keys_;
  OpenStore open_store_;
  SystemClock clock_{open_store_.clock_offset};
  catalog::Shelf shelf_;
  std::function<std::shared_ptr<const Catalogue>()> catalogue_ = [this] { return shelf_.catalogue(); };
  TokenKeys token_keys_;
  PlaceTokens tokens_;
  TokenIdentity identity_{tokens_};
  StockOf stock_ = [this](EventId event) { return shelf_.stock_news(event); };
  Rooms rooms_{clock_, catalogue_, &system_random};
  LapseHolds lapse_holds_;
  Housekeeping housekeeping_{open_store_.ports.retention};
  Lane lane_;
  Readers readers_;
  Turns turns_{rooms_};
  SaleMetrics sale_metrics_{lane_, rooms_, catalogue_};
  std::shared_ptr<http::Metrics> http_metrics_ = std::make_shared<http::Metrics>();

  catalog::SeatFeeds seat_feeds_{shelf_, clock_,
                                 (std::uint64_t{std::random_device()()} << 32) | std::random_device()()};

  catalog::CatalogDeps catalog_deps_;
  catalog::SeatStreamDeps seat_stream_deps_{.shelf = shelf_,
                                            .feeds = seat_feeds_,
                                            .rooms = rooms_,
                                            .tokens = tokens_,
                                            .turns = turns_,
                                            .clock = clock_};
  QueueDeps queue_deps_;
  QueueStreamDeps queue_stream_deps_{.rooms = rooms_, .tokens = tokens_, .clock = clock_, .stock = stock_};
  PublicDeps public_deps_;
  WalletDeps wallet_deps_;
  ReservationDeps reservation_deps_;
  PaymentDeps payment_deps_;
  operators::OperatorDeps operator_deps_;
  std::atomic<bool> ready_{false};
  http::Router router_;
  http::Server server_;
};

}  // namespace stagedoor
