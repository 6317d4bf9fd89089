// An Instance without its outside: over a given store, by a clock whose hands the test turns, without sockets
// or threads. The lane runs when it is told to, so a test decides which commands share a batch.
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

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/instance/instance.h"
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

// Gina at the gate, Vera and Otto with the secrets "gate-secret", "viewer-secret" and "operator-secret", and
// Olga, the owner, as whom admin() calls.
inline const std::vector<std::string> kOperatorKeys = {"gina:gate:gate-secret", "vera:viewer:viewer-secret",
                                                       "otto:operator:operator-secret",
                                                       "olga:owner:" + std::string(kOwnerKey)};

struct WorldOptions {
  LaneLimits limits = {.wait_max = {}};  // nobody is refused because the test is slow
  Won balance_max{100'000'000};
  std::vector<std::string>* journal = nullptr;  // gets "answer" for each
  ServiceTimeClock* service_clock = nullptr;
  RandomBytes random = &seeds;
  std::vector<std::string> sinks = {};  // their names, for the calls of operators
  std::function<std::unique_ptr<Outbox>()> outbox = {};
};

class World {
 public:
  World(const StorePorts& store, const Clock& clock, WorldOptions options = {});

  // Imports the catalogue; throws when it is refused.
  void import(std::string_view yaml);

  // Hands the call to its route. Reads that need the store are not served here: they are answered with 500.
  PendingPtr send(const Call& call);
  // Sends it and runs the lane until it is answered, and the reader of the line's log if there is one.
  ApiReply call(const Call& call);
  // Runs the lane until nothing is left to do now.
  void run();
  // Joins event 1 as test user `n`, and runs the lane, which lets them in if it may.
  Visitor enter(std::uint64_t n, std::int64_t event = 1);

  void read_line() { instance_.read_line(Millis(0)); }
  Lane& lane() { return instance_.lane(); }
  queue::Rooms& rooms() { return instance_.rooms(); }
  catalogue::ReadModel& read_model() { return instance_.read_model(); }
  const http::Router& router() const { return instance_.router(); }

 private:
  std::vector<std::string>* journal_;
  const bool has_log_;
  std::vector<PendingPtr> pending_;  // outlive the lane, which answers them to its end
  Instance instance_;
};

}  // namespace stagedoor::test
