// Every kind of command, with the 1st, 2nd, 3rd… call to the store failing until the command passes: done
// entirely or not at all, no success before its commit, and the same request succeeds when the store is back.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "lane/scene.h"
#include "support/tables_check.h"

namespace stagedoor::test {
namespace {

using testing::IsEmpty;

struct TriedCall {
  const char* name;
  // Sets the scene and says which call is tried, and what it is answered when nothing fails.
  std::function<Call(Scene&)> arrange;
  int status = 200;
};

const TriedCall kTriedCalls[] = {
    {"join", [](Scene&) { return join(user(9), 1); }, 201},
    {"leave while waiting",
     [](Scene& scene) {
       scene.world->import(
           club_night("admission: capacity, capacity: 1, active_ttl: 5m, poll_min: 0s", kPolicy));
       scene.world->enter(8);
       const Visitor who = scene.world->enter(9);
       return leave(who.token).with_key("k");
     }},
    {"leave with holds",
     [](Scene& scene) {
       const Visitor who = scene.fan(9);
       scene.hold_seat(who, 1);
       scene.hold_seat(who, 2);
       return leave(who.token).with_key("k");
     }},
    {"hold", [](Scene& scene) { return hold(scene.fan(9), scene.seat(1)).with_key("k"); }, 201},
    {"hold a lapsed seat",
     [](Scene& scene) {
       scene.hold_seat(scene.fan(8), 1);
       scene.clock.advance(
           Millis(300'000));  // the sweep comes with the next run of the lane, before the hold
       const Visitor who = scene.fan(9);
       return hold(who, scene.seat(1)).with_key("k");
     },
     201},
    {"hold several",
     [](Scene& scene) {
       return hold_all(scene.fan(9), {scene.seat(1), scene.seat(2), scene.seat(3)}).with_key("k");
     },
     201},
    {"cancel",
     [](Scene& scene) {
       const Visitor who = scene.fan(9);
       return cancel(who, scene.hold_seat(who, 1)).with_key("k");
     }},
    {"first charge", [](Scene& scene) { return charge(scene.fan(9), 500).with_key("k"); }},
    {"charge", [](Scene& scene) { return charge(scene.fan(9, 500), 500).with_key("k"); }},
    {"pay",
     [](Scene& scene) {
       const Visitor who = scene.fan(9, 200'000);
       return pay(who, scene.hold_seat(who, 1)).with_key("k");
     }},
    {"pay for several",
     [](Scene& scene) {
       const Visitor who = scene.fan(9, 500'000);
       return pay_all(who, {scene.hold_seat(who, 1), scene.hold_seat(who, 2)}).with_key("k");
     }},
    {"pay without enough",
     [](Scene& scene) {
       const Visitor who = scene.fan(9, 100);
       return pay(who, scene.hold_seat(who, 1)).with_key("k");
     },
     402},
    {"refund",
     [](Scene& scene) {
       const Visitor who = scene.fan(9, 200'000);
       const std::int64_t id = scene.hold_seat(who, 1);
       scene.world->call(pay(who, id));
       return refund(who, id).with_key("k");
     }},
    {"operator refund",
     [](Scene& scene) {
       const Visitor who = scene.fan(9, 200'000);
       const std::int64_t id = scene.hold_seat(who, 1);
       scene.world->call(pay(who, id));
       return admin("POST", fmt::format("/admin/reservations/{}/refund", id)).with_key("k");
     }},
    {"operator charge",
     [](Scene&) {
       return admin("POST", "/admin/users/" + user(9) + "/balance/charge", R"({"amount":700})").with_key("k");
     }},
    {"block seats",
     [](Scene&) {
       return admin("POST", "/admin/dates/1/seats/block", R"({"seatNumbers":[1,2,3]})").with_key("k");
     }},
    {"unblock seats",
     [](Scene& scene) {
       scene.world->call(admin("POST", "/admin/dates/1/seats/block", R"({"seatNumbers":[1,2,3]})"));
       return admin("POST", "/admin/dates/1/seats/unblock", R"({"seatNumbers":[1,3]})").with_key("k");
     }},
    {"add a date",
     [](Scene&) {
       return admin("POST", "/admin/events/1/dates",
                    R"({"starts_at":"2096-03-01T19:00:00Z","layout":"club","prices":{"Standard":5}})")
           .with_key("k");
     },
     201},
    {"change a policy",
     [](Scene&) { return admin("PATCH", "/admin/events/1/queue", R"({"capacity":7})").with_key("k"); }},
    {"pause", [](Scene&) { return admin("POST", "/admin/events/1/queue/pause").with_key("k"); }},
};

class NthFailure : public testing::TestWithParam<std::tuple<TriedCall, StoreFault, bool>> {};

// R-P2, R-S10, R-X5, I-18, I-19; with a view that is kept, and with one that is loaded anew.
TEST_P(NthFailure, leaves_all_or_nothing) {
  const auto& [one, how, restarts] = GetParam();
  for (int nth = 1;; ++nth) {
    SCOPED_TRACE(nth);
    Scene scene;
    const Call call = one.arrange(scene);
    scene.world->run();
    if (restarts) scene.start();
    const std::string before = dump(scene.memory.tables());

    scene.store.calls = 0;
    scene.store.journal.clear();
    scene.store.fail_at(nth, how);
    const PendingPtr pending = scene.world->send(call);
    scene.world->run();
    ASSERT_EQ(pending->answers(), 1);
    const ApiReply reply = pending->reply();
    const bool has_failed = scene.store.calls >= nth;
    scene.store.fail_at(0, how);

    const std::string after = dump(scene.memory.tables());
    EXPECT_THAT(broken_invariants(scene.memory.tables()), IsEmpty());
    if (reply.status >= 500) {
      EXPECT_TRUE(has_failed);
      EXPECT_EQ(reply.code(), how == StoreFault::unavailable ? "STORE_UNAVAILABLE" : "INTERNAL");
      EXPECT_EQ(after, before);
    } else {
      EXPECT_EQ(reply.status, one.status) << reply.body;
      EXPECT_NE(after, before);
      const auto& journal = scene.store.journal;
      const auto answer = std::find(journal.begin(), journal.end(), "answer");
      EXPECT_NE(std::find(journal.begin(), answer, "commit"), answer) << "answered before the commit";
    }

    // The store is back: the same request is done once, or its first answer given again.
    if (!call.idempotency_key.empty() || reply.status >= 500) {
      const ApiReply again = scene.world->call(call);
      EXPECT_EQ(again.status, one.status) << again.body;
      if (reply.status == one.status && one.status < 300) {
        EXPECT_EQ(again.body, reply.body);
        EXPECT_EQ(again.header("Idempotency-Hit"), "true");
        EXPECT_EQ(dump(scene.memory.tables()), after);
      }
    }
    EXPECT_THAT(broken_invariants(scene.memory.tables()), IsEmpty());
    if (!has_failed) break;
  }
}

INSTANTIATE_TEST_SUITE_P(Commands, NthFailure,
                         testing::Combine(testing::ValuesIn(kTriedCalls),
                                          testing::Values(StoreFault::unavailable, StoreFault::refused),
                                          testing::Bool()),
                         [](const auto& param) {
                           std::string name = std::get<0>(param.param).name;
                           std::replace(name.begin(), name.end(), ' ', '_');
                           return name +
                                  (std::get<1>(param.param) == StoreFault::unavailable ? "_unavailable"
                                                                                       : "_refused") +
                                  (std::get<2>(param.param) ? "_cold" : "");
                         });

// R-S4: the sweep's own commands: what lapsed while the store was away is swept when it is back.
TEST(Sweep, makes_up_for_what_an_outage_kept_it_from) {
  for (const StoreFault how : {StoreFault::unavailable, StoreFault::refused}) {
    Scene scene;
    scene.hold_seat(scene.fan(1), 1);
    scene.hold_seat(scene.fan(2), 2);
    scene.clock.advance(Millis(300'000));
    scene.store.fail_at(1, how);
    scene.world->run();
    for (int i = 0; i < 20; ++i) {
      scene.clock.advance(Millis(100));
      scene.world->run();
    }
    EXPECT_THAT(scene.memory.tables().taking, IsEmpty());
    EXPECT_THAT(broken_invariants(scene.memory.tables()), IsEmpty());
  }
}

// R-S4: nor does one bad row keep the others from being swept.
TEST(Sweep, passes_by_a_hold_that_the_store_refuses) {
  Scene scene;
  std::vector<std::int64_t> holds;
  for (int n = 1; n <= 20; ++n) holds.push_back(scene.hold_seat(scene.fan(std::uint64_t(n)), n));
  scene.store.refuses = [bad = ReservationId{holds[7]}](const Batch& batch) {
    return std::any_of(batch.reservations.rows().begin(), batch.reservations.rows().end(),
                       [&](const auto& write) { return write.row.id == bad; });
  };
  scene.clock.advance(Millis(300'000));
  scene.world->run();
  scene.clock.advance(Millis(1000));
  scene.world->run();
  EXPECT_THAT(scene.memory.tables().taking, testing::SizeIs(1));
  scene.store.refuses = nullptr;
  scene.clock.advance(Millis(60'000));
  scene.world->run();
  EXPECT_THAT(scene.memory.tables().taking, IsEmpty());
}

// R-Q10: so it is with admissions.
TEST(Admission, makes_up_for_what_an_outage_kept_it_from) {
  for (const StoreFault how : {StoreFault::unavailable, StoreFault::refused}) {
    Scene scene;
    const ApiReply joined = scene.world->call(join(user(1), 1));
    scene.store.fail_at(1, how);
    scene.world->run();
    for (int i = 0; i < 5; ++i) {
      scene.clock.advance(Millis(100));
      scene.world->run();
    }
    EXPECT_EQ(scene.memory.tables().visits.size(), 1u);
  }
}

// "A batch with one command that the store refuses", with real neighbours: 1,000 fans charge, one charge is
// poisoned. Admissions go on, and the refused command costs two transactions for each time that the batch is
// halved.
TEST(PoisonedCommand, fails_alone) {
  Scene scene;
  scene.options.limits.batch_time = Millis(60'000);  // how fast this machine is must not split the batch
  scene.start();
  scene.world->import(
      club_night("admission: capacity, capacity: 100000, active_ttl: 5m, poll_min: 0s", kPolicy));
  std::vector<Visitor> fans;
  for (std::uint64_t n = 1; n <= 1000; ++n)
    fans.push_back({user(n), text(scene.world->call(join(user(n), 1)).data(), "token")});
  scene.world->run();
  const UserId poisoned = *parse_uuid(user(500));
  scene.store.refuses = [&](const Batch& batch) {
    return std::any_of(batch.wallets.rows().begin(), batch.wallets.rows().end(),
                       [&](const auto& write) { return write.row.user == poisoned; });
  };
  std::vector<PendingPtr> pending;
  for (const Visitor& fan : fans) pending.push_back(scene.world->send(charge(fan, 1000)));
  const PendingPtr newcomer = scene.world->send(join(user(2000), 1));
  const std::size_t visits = scene.memory.tables().visits.size();
  scene.store.journal.clear();
  scene.world->run();  // the clock stands still: a job that rests does nothing more
  EXPECT_EQ(newcomer->reply().status, 201);
  EXPECT_EQ(scene.memory.tables().visits.size(), visits + 1) << "the newcomer is let in";
  EXPECT_LE(std::ranges::count(scene.store.journal, "begin"), 2 * 10 + 4);
  std::map<int, int> statuses;
  for (const auto& one : pending) ++statuses[one->reply().status];
  EXPECT_EQ(statuses, (std::map<int, int>{{200, 999}, {500, 1}}));
  EXPECT_EQ(pending[499]->reply().code(), "INTERNAL");
  EXPECT_THAT(broken_invariants(scene.memory.tables()), IsEmpty());
}

// A fan who sends such charges all the time delays nobody, and soon they do not reach the lane any more.
TEST(PoisonedCommand, delays_no_admission_however_often_it_comes) {
  Scene scene;
  const Visitor villain = scene.fan(500);
  const UserId poisoned = *parse_uuid(villain.user);
  scene.store.refuses = [&](const Batch& batch) {
    return std::any_of(batch.wallets.rows().begin(), batch.wallets.rows().end(),
                       [&](const auto& write) { return write.row.user == poisoned; });
  };
  std::map<std::string, int> codes;
  for (std::uint64_t n = 1; n <= 20; ++n) {
    scene.clock.advance(Millis(10));
    const PendingPtr charged = scene.world->send(charge(villain, 1000).with_key("k" + std::to_string(n)));
    const PendingPtr joined = scene.world->send(join(user(n), 1));
    scene.world->run();
    ++codes[charged->reply().code()];
    EXPECT_EQ(joined->reply().status, 201);
    EXPECT_EQ(scene.memory.tables().visits.size(), n + 1) << "the newcomer is let in at once";
  }
  EXPECT_EQ(codes, (std::map<std::string, int>{{"INTERNAL", 3}, {"RATE_LIMITED", 17}}));
  scene.store.refuses = nullptr;
  scene.clock.advance(Millis(60'000));
  EXPECT_EQ(scene.world->call(charge(villain, 1000)).status, 200);
}

}  // namespace
}  // namespace stagedoor::test
