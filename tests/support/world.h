// A whole instance without its outside: every module's routes on one lane over a given store, by a clock
// whose hands the test turns, without sockets or threads. The lane runs when it is told to, so a test decides
// which commands share a batch.
//
//   MemoryStore store;
//   ManualClock clock(kNow);
//   World world(store.ports(), clock);
//   world.import(club_night());
//   const Visitor fan = world.enter(1);
//   EXPECT_EQ(world.call(hold(fan, seat_id)).status, 201);
//
// A restart is another World on the same store.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/lane.h"
#include "engine/readers.h"
#include "modules/catalog/http.h"
#include "modules/catalog/shelf.h"
#include "modules/operator/http.h"
#include "modules/payment/http.h"
#include "modules/queue/http.h"
#include "modules/queue/http_public.h"
#include "modules/reservation/http.h"
#include "modules/reservation/lapse.h"
#include "modules/wallet/http.h"
#include "support/calls.h"
#include "support/manual_clock.h"
#include "support/seeds.h"
#include "support/server_process.h"

namespace stagedoor::test {

// A call under way. Answered at once, or by the lane.
class Pending final : public http::Reply::Sink {
 public:
  explicit Pending(std::vector<std::string>* journal) : journal_(journal) {}
  void take(Answer&& answer) noexcept override;
  bool is_answered() const { return answers_ > 0; }
  int answers() const { return answers_; }
  const ApiReply& reply() const { return *reply_; }  // requires is_answered()

 private:
  std::vector<std::string>* journal_;
  std::optional<ApiReply> reply_;
  int answers_ = 0;
};
using PendingPtr = std::shared_ptr<Pending>;

// Vera and Otto with the secrets "viewer-secret" and "operator-secret", and Olga, the owner, as whom admin()
// calls.
inline const std::vector<std::string> kOperatorKeys = {
    "vera:viewer:viewer-secret", "otto:operator:operator-secret", "olga:owner:" + std::string(kOwnerKey)};

struct WorldOptions {
  LaneLimits limits = {};
  Won balance_max{100'000'000};
  std::vector<std::string>* journal = nullptr;  // gets "answer" for each
};

class World {
 public:
  World(const StorePorts& store, const Clock& clock, WorldOptions options = {});

  // Imports the catalogue; throws when it is refused.
  void import(std::string_view yaml);

  // Hands the call to its route. Reads that need the store are not served here: they are answered with 500.
  PendingPtr send(const Call& call);
  // Sends it and runs the lane until it is answered.
  ApiReply call(const Call& call);
  // Runs the lane until nothing is left to do now.
  void run();
  // Joins event 1 as test user `n`, and runs the lane, which lets them in if it may.
  Visitor enter(std::uint64_t n, std::int64_t event = 1);

  Lane& lane() { return lane_; }
  Rooms& rooms() { return rooms_; }
  catalog::Shelf& shelf() { return shelf_; }

 private:
  const Clock& clock_;
  std::vector<std::string>* journal_;
  catalog::Shelf shelf_;
  std::function<std::shared_ptr<const Catalogue>()> catalogue_ = [this] { return shelf_.catalogue(); };
  TokenKeys keys_{{std::string(32, 'k')}};
  PlaceTokens tokens_{keys_, clock_, Millis(30LL * 86'400'000)};
  TokenIdentity identity_{tokens_};
  StockOf stock_ = [this](EventId event) { return shelf_.stock_news(event); };
  Rooms rooms_{clock_, catalogue_, &seeds};
  LapseHolds lapse_holds_;
  std::vector<PendingPtr> pending_;  // outlive the lane, which answers them to its end
  Lane lane_;
  Readers readers_{0, {}};
  Turns turns_{rooms_};
  OperatorKeys operator_keys_{kOperatorKeys};
  catalog::CatalogDeps catalog_deps_;
  QueueDeps queue_deps_;
  PublicDeps public_deps_;
  WalletDeps wallet_deps_;
  ReservationDeps reservation_deps_;
  PaymentDeps payment_deps_;
  operators::OperatorDeps operator_deps_;
  http::Router router_;
};

}  // namespace stagedoor::test
