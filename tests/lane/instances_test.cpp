// Several instances over one store (R-M1): each lane hears the others' batches before it decides its own, so
// every rule of one instance holds across them, however far behind an idle one is. Deterministic: which
// instance works when is part of the trace. With real servers and a real PostgreSQL: tests/cluster.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <boost/json/parse.hpp>
#include <chrono>
#include <cstdlib>
#include <map>
#include <random>
#include <thread>

#include "lane/scene.h"
#include "support/bits_listener.h"
#include "support/long_run.h"
#include "support/shared_store.h"
#include "support/tables_check.h"
#include "support/test_seed.h"

namespace stagedoor::test {
namespace {

using testing::IsEmpty;

const int kSharedCases = setenv("RC_PARAMS", is_long() ? "max_success=2000" : "max_success=300", 0);

constexpr std::size_t kInstances = 3;
constexpr std::string_view kRoomy = "admission: capacity, capacity: 100, active_ttl: 5m, poll_min: 0s";
constexpr std::string_view kTight =
    "admission: both, people: 2, every: 700ms, capacity: 3, active_ttl: 4s, visit_max: 9s, poll_min: 0s, "
    "presence_timeout: 2s";
constexpr std::string_view kShort =
    "seats_per_user: 2, hold_ttl: 3s, rehold_cooldown: 1s, refund_until: 2030-01-01T00:01:00Z";

struct Instance {
  SharedStore store;
  FaultyStore faulty{store.ports()};
  World world;
  Instance(SharedRows& rows, int number, const Clock& clock)
      : store(rows, number), world(faulty.ports(), clock, {.balance_max = Won{500'000}}) {
    world.rooms().share_presence();
  }
};

struct Stage {
  SharedRows rows;
  ManualClock clock{kOpen};
  std::array<std::unique_ptr<Instance>, kInstances> instances;

  explicit Stage(std::string_view queue = kRoomy, std::string_view policy = kPolicy) {
    for (std::size_t i = 0; i < kInstances; ++i) start(i);
    at(0).import(club_night(queue, policy));
  }
  void start(std::size_t i) {
    instances[i].reset();
    instances[i] = std::make_unique<Instance>(rows, int(i), clock);
  }
  World& at(std::size_t i) { return instances[i]->world; }
  void run_all() {
    for (std::size_t round = 0; round < 2; ++round)
      for (auto& instance : instances) instance->world.run();
    for (auto& instance : instances) instance->store.poll();
  }
  const memory::Tables& tables() const { return rows.memory.tables(); }
  std::int64_t seat(int number) { return tables().catalogue.date({1})->first_seat.value + number - 1; }
};

TEST(Instances, what_one_commits_all_show) {
  Stage stage;
  const Visitor fan = stage.at(0).enter(1);
  stage.run_all();
  EXPECT_EQ(text(stage.at(2).call(queue_status(fan.token)).data(), "status"), "ACTIVATED");
  EXPECT_EQ(stage.at(1).call(hold(fan, stage.seat(3))).status, 201);
  stage.run_all();
  for (std::size_t i = 0; i < kInstances; ++i) {  // shown within 100 ms of the system's clock
    const auto left = [&] {
      return number(boost::json::parse(*stage.at(i).read_model().stock_update({1})->stock.text), "seatsLeft");
    };
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    while (left() != 49 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    EXPECT_EQ(left(), 49) << i;
  }
}

// R-Q7: wherever the same person asks again.
TEST(Instances, a_user_has_one_place_and_ids_rise_in_the_order_of_commits) {
  Stage stage;
  const std::string first = text(stage.at(0).call(join(user(1), 1)).data(), "token");
  EXPECT_EQ(stage.at(1).call(join(user(1), 1)).status, 200);
  EXPECT_EQ(text(stage.at(2).call(join(user(1), 1)).data(), "token"), first);
  std::int64_t last = 0;
  for (std::uint64_t n = 0; n < 9; ++n) {
    const Visitor fan = stage.at(n % kInstances).enter(10 + n);
    const auto id =
        number(stage.at((n + 1) % kInstances).call(hold(fan, stage.seat(int(n) + 1))).data(), "id");
    EXPECT_GT(id, last);
    last = id;
  }
  EXPECT_THAT(broken_invariants(stage.tables()), IsEmpty());
}

// R-X5: the first answer is given again by an instance that has not seen the request.
TEST(Instances, an_idempotency_key_counts_on_all) {
  Stage stage;
  const Visitor fan = stage.at(0).enter(1);
  const Call once = charge(fan, 1000).with_key("k");
  const ApiReply first = stage.at(0).call(once);
  for (std::size_t i = 0; i < kInstances; ++i) EXPECT_EQ(stage.at(i).call(once).body, first.body) << i;
  EXPECT_EQ(stage.tables().wallets.begin()->second.balance, Won{1000});
}

// R-P4: whichever lane comes second knows that the other hold is paid.
TEST(Instances, two_lanes_that_pay_the_last_two_holds_end_the_visit) {
  for (std::uint64_t round = 0; round < 1000; ++round) {
    static Stage stage(kRoomy, kPolicy);
    const std::size_t a = round % kInstances, b = (round + 1 + round / 3 % 2) % kInstances;
    const Visitor fan = stage.at(a).enter(100 + round);
    stage.at(b).call(charge(fan, 220'000));
    const int seats = int(round * 2 % 40) + 1;
    const auto one = number(stage.at(a).call(hold(fan, stage.seat(seats))).data(), "id");
    const auto two = number(stage.at(b).call(hold(fan, stage.seat(seats + 1))).data(), "id");
    const PendingPtr first = stage.at(a).send(pay(fan, one));
    const PendingPtr second = stage.at(b).send(pay(fan, two));
    stage.run_all();
    ASSERT_EQ(first->reply().status, 200) << first->reply().body;
    ASSERT_EQ(second->reply().status, 200) << second->reply().body;
    for (std::size_t i = 0; i < kInstances; ++i)
      ASSERT_EQ(stage.at(i).call(hold(fan, stage.seat(45))).code(), "TOKEN_EXPIRED") << round << " at " << i;
    stage.at(a).call(refund(fan, one));
    stage.at(a).call(refund(fan, two));
  }
}

// R-O1: whichever comes first does the next piece, and one that has gone is not missed.
TEST(Instances, share_the_pieces_of_a_cancelled_date) {
  Stage stage;
  stage.at(0).import(
      "layouts: {arena: {seats: 1000, category: Standard}}\n"
      "events: [{id: 1, name: Winter Club Night, on_sale: {from: 2020-01-01T00:00:00Z, until: "
      "2096-01-01T00:00:00Z}, dates: [{id: 2, starts_at: 2096-02-02T19:00:00Z, layout: arena, prices: "
      "{Standard: 1000}}]}]");
  stage.run_all();
  const std::int64_t first = stage.tables().catalogue.date({2})->first_seat.value;
  for (std::uint64_t n = 0; n < 10; ++n) {
    const Visitor fan = stage.at(n % kInstances).enter(n + 1);
    stage.at(n % kInstances).call(charge(fan, 1000));
    const ApiReply held = stage.at(n % kInstances).call(hold(fan, first + std::int64_t(n) * 100));
    ASSERT_EQ(stage.at(n % kInstances).call(pay(fan, number(held.data(), "id"))).status, 200);
  }
  stage.run_all();
  const auto row = [&] { return *stage.tables().catalogue.cancellation({2}); };
  ASSERT_EQ(stage.at(1).call(admin("POST", "/admin/dates/2/cancel", R"({"reason":"ill"})")).status, 201);
  for (std::size_t turn = 0; turn < 20 && !row().finished_at; ++turn) {
    if (turn == 2) stage.start(1);
    stage.clock.advance(Millis(20));
    const std::int64_t done = row().seats_done;
    stage.at(turn % kInstances).run();
    EXPECT_LE(row().seats_done, done + 200);
    EXPECT_THAT(broken_invariants(stage.tables()), IsEmpty());
  }
  EXPECT_TRUE(row().finished_at);
  EXPECT_EQ(row().refunded, 10);
  EXPECT_EQ(row().refunded_amount, Won{10'000});
  for (const auto& [user, wallet] : stage.tables().wallets) EXPECT_EQ(wallet.balance, Won{1000});
  stage.run_all();
  for (std::size_t i = 0; i < kInstances; ++i)
    EXPECT_TRUE(stage.at(i).read_model().catalogue()->cancellation({2})->finished_at) << i;
}

// R-Q1, R-Q13, R-Q17, R-M1
TEST(Instances, show_the_text_of_a_pause_the_reason_of_an_end_and_a_moved_opening_everywhere) {
  Stage stage("admission: capacity, capacity: 1, active_ttl: 5m, poll_min: 0s, order: draw, beacon: lottery");
  const auto open_at = [&](std::int64_t ms) {
    return fmt::format(R"({{"on_sale":{{"from":"{}","until":"2096-01-01T00:00:00Z"}},
                           "queue":{{"gather_from":"2020-01-01T00:00:00Z"}}}})",
                       to_rfc3339(kOpen + Millis(ms)));
  };
  stage.at(0).call(admin("PATCH", "/admin/events/1", open_at(60'000)));
  stage.run_all();
  const std::string leaver = text(stage.at(0).call(join(user(1), 1)).data(), "token");
  const std::string stayer = text(stage.at(0).call(join(user(2), 1)).data(), "token");
  stage.run_all();
  ASSERT_EQ(stage.at(1).call(admin("PATCH", "/admin/events/1", open_at(30'000))).status, 200);
  ASSERT_EQ(stage.at(1).call(admin("POST", "/admin/events/1/queue/pause", R"({"text":"Later."})")).status,
            200);
  stage.at(1).call(leave(leaver));
  stage.run_all();
  const std::string draw = stage.at(1).call({"GET", "/queue/draw/1"}).body;
  EXPECT_THAT(draw, testing::HasSubstr(R"("moves":[{"at":)"));
  for (std::size_t i = 0; i < kInstances; ++i) {
    const ApiReply fan = stage.at(i).call(queue_status(stayer));
    EXPECT_THAT(fan.body, testing::HasSubstr(R"("text":"Later.")")) << i;
    EXPECT_EQ(text(stage.at(i).call(queue_status(leaver)).data(), "reason"), "LEFT") << i;
    EXPECT_EQ(stage.at(i).call({"GET", "/queue/draw/1"}).body, draw) << i;
  }
}

// R-Q12: a sign of life given elsewhere counts; who gives none anywhere is passed over everywhere.
TEST(Instances, who_polls_another_instance_is_present_on_all) {
  Stage stage("admission: interval, people: 1, every: 1h, poll_min: 0s, presence_timeout: 2s", kPolicy);
  stage.at(0).enter(1);
  const Visitor gone = stage.at(0).enter(2);
  const Visitor here = stage.at(0).enter(3);
  stage.run_all();
  for (int i = 0; i < 80; ++i) {
    stage.clock.advance(Millis(100));
    if (i % 5 == 0) stage.at(2).call(queue_status(here.token));
    stage.run_all();
  }
  for (std::size_t i = 0; i < kInstances; ++i) {
    EXPECT_EQ(stage.at(i).rooms().numbers({1}).present, 1U) << i;
    EXPECT_EQ(number(stage.at(i).call(queue_status(here.token)).data(), "position"), 0) << i;
  }
  EXPECT_EQ(stage.rows.memory.tables().absences.size(), 1U);
}

// R-C5, R-C9, R-M1: a client that comes back to another instance, which merges changes in other steps and may
// be behind, still ends with the seats that the store has.
TEST(Instances, a_stream_of_bits_may_go_on_at_any_of_them_R_C9) {
  constexpr std::size_t kManySeats = 1000;
  constexpr std::size_t kChanges = 10'000;
  Stage stage;
  stage.at(0).import(R"(layouts:
  grid: {sections: [{name: A, rows: 20, seats_per_row: 50, category: Standard}]}
events:
  - id: 2
    name: Grid
    on_sale: {from: 2020-01-01T00:00:00Z, until: 2096-01-01T00:00:00Z}
    queue: {admission: capacity, capacity: 1000, active_ttl: 12h, visit_max: 24h, poll_min: 0s}
    policy: {seats_per_user: 1000, hold_ttl: 12h}
    dates: [{id: 2, starts_at: 2096-02-01T19:00:00Z, layout: grid, prices: {Standard: 1}}]
)");
  const std::int64_t first_seat = stage.tables().catalogue.date({2})->first_seat.value;
  std::vector<Visitor> fans;
  for (std::uint64_t n = 1; n <= 20; ++n) fans.push_back(stage.at(0).enter(n, 2));
  stage.run_all();
  std::vector<std::unique_ptr<catalogue::SeatFeeds>> feeds;
  for (std::size_t i = 0; i < kInstances; ++i)
    feeds.push_back(std::make_unique<catalogue::SeatFeeds>(stage.at(i).read_model(), stage.clock, i));
  const auto feed = [&](std::size_t i) { return feeds[i]->feed({2}, catalogue::SeatForm::bits); };
  std::vector<BitsListener> listeners;
  for (std::size_t i = 0; i < 6; ++i) listeners.emplace_back(feed(i % kInstances));

  std::mt19937 random(test_seed(9));
  const auto below = [&](std::size_t n) { return std::size_t(random() % n); };
  std::map<std::int64_t, std::int64_t> holds;  // by seat
  std::size_t resumed = 0, begun_again = 0;
  for (std::size_t changes = 0; changes < kChanges; ++changes) {
    const std::int64_t seat = first_seat + std::int64_t(below(kManySeats));
    const Visitor& fan = fans[std::size_t(seat) % fans.size()];
    World& world = stage.at(below(kInstances));
    if (const auto held = holds.find(seat); held != holds.end()) {
      ASSERT_EQ(world.call(cancel(fan, held->second)).status, 200);
      holds.erase(held);
    } else {
      const ApiReply reply = world.call(hold(fan, seat));
      ASSERT_EQ(reply.status, 201) << reply.body;
      holds[seat] = number(reply.data(), "id");
    }
    if (below(4) == 0) stage.instances[below(kInstances)]->store.poll();
    stage.clock.advance(Millis(below(60)));
    for (BitsListener& listener : listeners) {
      if (below(3) == 0) listener.hear();
      if (below(50) == 0) ++(listener.move_to(feed(below(kInstances))) ? resumed : begun_again);
    }
  }
  stage.run_all();
  stage.clock.advance(Millis(100));
  std::vector<bool> free(kManySeats, true);
  for (const auto& [id, row] : stage.tables().reservations)
    if (row.takes_seat()) free[std::size_t(row.seat.value - first_seat)] = false;
  EXPECT_EQ(std::size_t(std::ranges::count(free, false)), holds.size());
  for (BitsListener& listener : listeners) {
    listener.hear();
    EXPECT_EQ(listener.free(), free);
  }
  EXPECT_GT(resumed, 50U);
  EXPECT_GT(begun_again, 50U);
}

enum class SharedKind {
  join,
  leave,
  hold,
  cancel,
  pay,
  charge,
  refund,
  poll,
  wait,
  run,
  run_all,
  restart,
  fail
};
struct SharedStep {
  SharedKind kind{};
  std::size_t fan = 0, instance = 0;
  int seat = 1, pick = 0, wait = 0;
};
std::ostream& operator<<(std::ostream& out, const SharedStep& step) {
  return out << "kind " << int(step.kind) << " fan " << step.fan << " instance " << step.instance << " seat "
             << step.seat << " pick " << step.pick << " wait " << step.wait;
}

rc::Gen<std::vector<SharedStep>> any_shared_steps() {
  const auto kind = rc::gen::weightedElement<SharedKind>({{4, SharedKind::join},
                                                          {1, SharedKind::leave},
                                                          {8, SharedKind::hold},
                                                          {2, SharedKind::cancel},
                                                          {8, SharedKind::pay},
                                                          {5, SharedKind::charge},
                                                          {2, SharedKind::refund},
                                                          {4, SharedKind::poll},
                                                          {5, SharedKind::wait},
                                                          {12, SharedKind::run},
                                                          {3, SharedKind::run_all},
                                                          {1, SharedKind::restart},
                                                          {1, SharedKind::fail}});
  const auto step = rc::gen::build<SharedStep>(
      rc::gen::set(&SharedStep::kind, kind),
      rc::gen::set(&SharedStep::fan, rc::gen::inRange<std::size_t>(0, 4)),
      rc::gen::set(&SharedStep::instance, rc::gen::inRange<std::size_t>(0, kInstances)),
      rc::gen::set(&SharedStep::seat, rc::gen::inRange(1, 5)),
      rc::gen::set(&SharedStep::pick, rc::gen::inRange(0, 6)),
      rc::gen::set(&SharedStep::wait, rc::gen::element(1, 10, 150, 699, 701, 1000, 3000)));
  return rc::gen::scale(3.0, rc::gen::container<std::vector<SharedStep>>(step));
}

// R-W6, R-S5, R-Q7, R-Q10, R-M1: every rule over random traces, whichever instance does what, and however
// late the others hear of it; once they have, they say the same.
RC_GTEST_PROP(Instances, keep_every_invariant, ()) {
  const auto steps = *any_shared_steps();
  Stage stage(kTight, kShort);
  std::array<Visitor, 4> fans;
  for (std::size_t i = 0; i < fans.size(); ++i) fans[i].user = user(i + 1);
  std::vector<std::pair<SharedStep, PendingPtr>> pending;
  std::map<Place, std::uint32_t> positions;

  const auto call_of = [&](const SharedStep& step) -> std::optional<Call> {
    const Visitor& who = fans[step.fan];
    if (step.kind == SharedKind::join) return join(who.user, 1);
    if (who.token.empty()) return std::nullopt;
    switch (step.kind) {
      case SharedKind::leave:
        return leave(who.token);
      case SharedKind::poll:
        return queue_status(who.token);
      case SharedKind::hold:
        return hold(who, stage.seat(step.seat));
      case SharedKind::charge:
        return charge(who, 110'000 * (1 + step.pick % 3));
      default:
        break;
    }
    std::vector<std::int64_t> own;
    for (const auto& [id, row] : stage.tables().reservations)
      if (to_string(row.user) == who.user) own.insert(own.begin(), id.value);
    if (own.empty()) return std::nullopt;
    const std::int64_t id = own[std::min(std::size_t(step.pick / 2), own.size() - 1)];
    if (step.kind == SharedKind::pay) return pay(who, id);
    return step.kind == SharedKind::cancel ? cancel(who, id) : refund(who, id);
  };
  const auto collect = [&] {
    std::erase_if(pending, [&](const auto& one) {
      if (!one.second->is_answered()) return false;
      RC_ASSERT(one.second->answers() == 1);
      if (one.first.kind == SharedKind::join && one.second->reply().ok())
        fans[one.first.fan].token = text(one.second->reply().data(), "token");
      return true;
    });
  };
  const auto settle = [&] {
    stage.run_all();
    collect();
    RC_ASSERT(pending.empty());
    const auto broken = broken_invariants(stage.tables());
    if (!broken.empty()) RC_FAIL(broken.front());
    for (const auto& [key, place] : stage.tables().line) {
      for (std::size_t i = 0; i < kInstances; ++i) {
        const auto fan = stage.at(i).rooms().look({place.event, place.place, place.user});
        const auto [last, is_first] = positions.try_emplace(place.place, *fan->standing.position);
        RC_ASSERT(*fan->standing.position <= last->second);
        if (i > 0) RC_ASSERT(*fan->standing.position == last->second);
        last->second = *fan->standing.position;
      }
    }
  };
  for (const SharedStep& step : steps) {
    switch (step.kind) {
      case SharedKind::run:
        stage.at(step.instance).run();
        collect();
        break;
      case SharedKind::run_all:
        settle();
        break;
      case SharedKind::wait:
        stage.clock.advance(Millis(step.wait));
        break;
      case SharedKind::restart:
        stage.at(step.instance).run();
        collect();
        stage.start(step.instance);
        break;
      case SharedKind::fail:
        stage.instances[step.instance]->faulty.fail_at(
            1 + step.pick, step.wait % 2 ? StoreFault::refused : StoreFault::unavailable);
        break;
      default:
        if (const auto call = call_of(step)) pending.emplace_back(step, stage.at(step.instance).send(*call));
    }
  }
  settle();
}

}  // namespace
}  // namespace stagedoor::test
