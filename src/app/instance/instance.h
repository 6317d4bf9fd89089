// The parts of one serving instance, wired in the order of their dependencies: the catalogue's read model,
// the waiting rooms, the lane with its jobs and observers, the query pool, and the routes of the API.
// Independent of adapters, settings and sockets: its creator (the server, the tests' World, a simulator)
// chooses the store, the clock and the randomness.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/instance/housekeeping.h"
#include "engine/lane.h"
#include "engine/monotone_clock.h"
#include "engine/query_pool.h"
#include "engine/worker.h"
#include "http/router.h"
#include "modules/catalogue/http.h"
#include "modules/catalogue/http_seat_stream.h"
#include "modules/catalogue/page_worker.h"
#include "modules/catalogue/read_model.h"
#include "modules/compat/http.h"
#include "modules/identity/http.h"
#include "modules/identity/operator_keys.h"
#include "modules/operator/cancellation_job.h"
#include "modules/operator/http.h"
#include "modules/payment/http.h"
#include "modules/queue/http.h"
#include "modules/queue/http_public.h"
#include "modules/queue/http_stream.h"
#include "modules/queue/joins_elsewhere.h"
#include "modules/reservation/best_seats.h"
#include "modules/reservation/hold_expiry.h"
#include "modules/reservation/http.h"
#include "modules/ticket/http.h"
#include "modules/wallet/http.h"
#include "ports/outbox.h"
#include "ports/random.h"

namespace stagedoor {

// The store and the clock must outlive the instance.
struct InstanceParts {
  StorePorts store;
  // Opens one connection per thread of the query pool. Empty: no threads, so reads that need the store are
  // not served.
  std::function<std::unique_ptr<Queries>()> queries;
  EventRetention events = {};
  std::vector<std::string> sinks = {};                   // their names, for the calls of operators
  std::function<std::unique_ptr<Outbox>()> outbox = {};  // for the same calls
  std::function<std::optional<RoomRecord>(EventId)> read_room = {};  // see OperatorDeps
  const Clock& clock;
  ServiceTimeClock* service_clock = nullptr;  // the clock if an operator may accept a wall clock that was set
  RandomBytes random;
  std::vector<std::string> token_keys;  // newest first
  Millis token_lifetime;
  // Secrets of the keys of tickets, newest first; "store": the one that is made with the store.
  std::vector<std::string> ticket_keys = {"store"};
  std::vector<std::string> operator_keys;  // "name:role:secret"
  LaneLimits limits = {};
  Won balance_max;
  bool users_may_charge = true;
  EventId default_event = {};                   // 0 = none
  http::ClientLimits* client_limits = nullptr;  // null: no client is limited; must outlive the instance
  std::string auth_mode = "token";
  // What proves users in the modes jwt and gateway; null: mode token. Must outlive the instance.
  identity::Proofs* proofs = nullptr;
  Millis session_lifetime{86'400'000};
  std::optional<identity::OidcDto> oidc = {};
  const http::Metrics* http_metrics = nullptr;  // null: nothing is counted; must outlive the instance
  bool has_compat = false;                      // also the calls of modules/compat/http.h
  // How long a start waits for other instances to put back what the log of joins has lost.
  Millis line_patience{5000};
  // Large pages are made, and imports are read, on threads of their own; false: by whoever asks, for callers
  // without threads.
  bool has_workers = false;
};

class Instance {
 public:
  // Rebuilds the state in memory from the store. Nothing runs before lane().start() or lane().run_once().
  explicit Instance(const InstanceParts& parts);
  ~Instance();

  // Ends all threads that answer requests: the lane's and those of reads. Calls are refused from then on.
  void stop();

  // Replaces the keys that are given. Any thread.
  void replace_keys(const std::optional<std::vector<std::string>>& token_keys,
                    const std::optional<std::vector<std::string>>& operator_keys);

  // Follows the log that has the joins; waits up to `wait` for one. Only with StorePorts::log, and by whoever
  // has no workers; throws LogUnavailable.
  void read_line(Millis wait);

  // nullopt: the booking store has the line.
  std::optional<queue::LineNumbers> line_numbers() const {
    return joins_ ? std::optional(joins_->numbers()) : std::nullopt;
  }

  Lane& lane() { return lane_; }
  queue::Rooms& rooms() { return rooms_; }
  const Housekeeping& housekeeping() const { return housekeeping_; }
  catalogue::ReadModel& read_model() { return read_model_; }
  // Has all routes of the API. The server adds its own routes before it serves.
  http::Router& router() { return router_; }
  const http::Router& router() const { return router_; }

 private:
  void restore(const InstanceParts& parts);
  void observe_lane();
  void add_routes();
  // What a route of the API is wrapped in.
  http::Handler decorated(const http::Route& route);

  // nullptr if there is no such date.
  std::shared_ptr<const catalogue::SeatMap> seat_map_of(DateId id) const;
  // Frees pages that nobody has asked for in a minute.
  void drop_unasked_pages();
  static catalogue::SubmitJob submit_to(catalogue::PageWorker* worker);

  MonotoneClock clock_;
  const std::unique_ptr<catalogue::PageWorker> page_worker_;  // null: see InstanceParts
  const std::unique_ptr<catalogue::PageWorker> import_worker_;
  catalogue::ReadModel read_model_{submit_to(page_worker_.get())};
  queue::Rooms::CatalogueNow catalogue_ = [this] { return read_model_.catalogue(); };
  queue::StockOf stock_ = [this](EventId event) { return read_model_.stock_update(event); };
  identity::TokenKeys token_keys_;
  identity::Revocations revocations_;
  identity::PlaceTokens tokens_;
  identity::Proofs* const proofs_;  // null: mode token
  const std::unique_ptr<const identity::Identity> identity_;
  identity::OperatorKeys operator_keys_;
  queue::Rooms rooms_;
  reservation::HoldExpiry hold_expiry_;
  reservation::BestSeats best_seats_{[this](DateId id) { return seat_map_of(id); }};
  operators::CancellationJob cancellations_;
  Housekeeping housekeeping_;
  Lane lane_;
  const std::unique_ptr<queue::JoinsElsewhere> joins_;  // null: the booking store has the line
  const std::unique_ptr<Worker> line_reader_;           // null: read_line() is called by others
  QueryPool query_pool_;
  queue::Turns turns_{rooms_};
  catalogue::SeatFeeds seat_feeds_;

  catalogue::CatalogueDeps catalogue_deps_{
      .read_model = read_model_, .tokens = tokens_, .turns = turns_, .clock = clock_};
  catalogue::SeatStreamDeps seat_stream_deps_{.read_model = read_model_,
                                              .feeds = seat_feeds_,
                                              .rooms = rooms_,
                                              .tokens = tokens_,
                                              .turns = turns_,
                                              .clock = clock_};
  queue::QueueDeps queue_deps_;
  queue::QueueStreamDeps queue_stream_deps_{
      .rooms = rooms_, .tokens = tokens_, .clock = clock_, .stock = stock_};
  queue::PublicDeps public_deps_{.rooms = rooms_, .clock = clock_, .catalogue = catalogue_, .stock = stock_};
  wallet::WalletDeps wallet_deps_;
  reservation::ReservationDeps reservation_deps_{.lane = lane_,
                                                 .query_pool = query_pool_,
                                                 .identity = *identity_,
                                                 .tokens = tokens_,
                                                 .rooms = rooms_,
                                                 .turns = turns_,
                                                 .clock = clock_,
                                                 .catalogue = catalogue_,
                                                 .best_seats = best_seats_};
  payment::PaymentDeps payment_deps_;
  const ticket::TicketKeys ticket_keys_;
  ticket::TicketDeps ticket_deps_{.lane = lane_,
                                  .query_pool = query_pool_,
                                  .identity = *identity_,
                                  .keys = operator_keys_,
                                  .ticket_keys = ticket_keys_,
                                  .clock = clock_,
                                  .catalogue = catalogue_};
  operators::OperatorDeps operator_deps_;
  identity::IdentityDeps identity_deps_;
  const bool has_compat_;
  compat::CompatDeps compat_deps_;
  http::Router router_;
};

}  // namespace stagedoor
