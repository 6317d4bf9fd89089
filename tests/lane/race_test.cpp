// Many at once on the same thing, decided in one lane by a manual clock: every order of arrival can be had at
// will. The same with real connections: tests/api, tests/crash.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "lane/scene.h"
#include "support/tables_check.h"

namespace stagedoor::test {
namespace {

using testing::IsEmpty;

constexpr std::string_view kWholeCrowd =
    "admission: capacity, capacity: 1000000, active_ttl: 5m, poll_min: 0s";

// One event of one date with so many seats.
std::string hall(int seats, std::string_view queue = kWholeCrowd, std::string_view policy = kPolicy) {
  std::string yaml = club_night(queue, policy);
  yaml.replace(yaml.find("seats: 50"), 9, fmt::format("seats: {}", seats));
  return yaml;
}

struct Crowd : Scene {
  std::vector<Visitor> fans;

  using Scene::Scene;
  // So many fans join; those who may are inside afterwards.
  void come(std::size_t count) {
    std::vector<PendingPtr> joins;
    for (std::size_t i = 0; i < count; ++i) joins.push_back(world->send(join(user(fans.size() + i + 1), 1)));
    world->run();
    for (const auto& one : joins) fans.push_back({user(fans.size() + 1), text(one->reply().data(), "token")});
  }
  std::vector<PendingPtr> send(const std::vector<Call>& calls) {
    std::vector<PendingPtr> pending;
    for (const Call& call : calls) pending.push_back(world->send(call));
    world->run();
    return pending;
  }
  std::map<std::string, int> outcomes(const std::vector<Call>& calls) {
    std::map<std::string, int> counts;
    for (const auto& one : send(calls)) {
      const ApiReply& reply = one->reply();
      ++counts[reply.ok() ? std::to_string(reply.status) : reply.code()];
    }
    return counts;
  }
  void expect_sound() const { EXPECT_THAT(broken_invariants(memory.tables()), IsEmpty()); }
};

using Counts = std::map<std::string, int>;

// R-S5
TEST(Race, ten_thousand_on_one_seat_give_one_hold) {
  Crowd crowd(hall(50));
  crowd.come(10'000);
  std::vector<Call> calls;
  for (const Visitor& fan : crowd.fans) calls.push_back(hold(fan, crowd.seat(25)));
  EXPECT_EQ(crowd.outcomes(calls), (Counts{{"201", 1}, {"SEAT_OCCUPIED", 9999}}));
  crowd.expect_sound();
}

// R-S6
TEST(Race, fifty_on_fifty_seats_all_succeed) {
  Crowd crowd(hall(50));
  crowd.come(50);
  std::vector<Call> calls;
  for (int n = 1; n <= 50; ++n) calls.push_back(hold(crowd.fans[std::size_t(n - 1)], crowd.seat(n)));
  EXPECT_EQ(crowd.outcomes(calls), (Counts{{"201", 50}}));
  EXPECT_EQ(crowd.world->read_model().left({1}), 0);
  crowd.expect_sound();
}

// R-S5, R-C7
TEST(Race, a_crowd_on_the_best_seats_takes_none_twice_and_the_count_is_exact) {
  constexpr int kRaceSeats = 15'000;
  Crowd crowd(hall(kRaceSeats));
  crowd.come(1000);
  std::mt19937 random(1);
  std::vector<Call> calls;
  for (int round = 0; round < 4; ++round) {
    for (const Visitor& fan : crowd.fans) {
      const int among = random() % 10 < 8 ? kRaceSeats / 5 : kRaceSeats;
      calls.push_back(hold(fan, crowd.seat(1 + int(random() % unsigned(among)))));
    }
  }
  const Counts counts = crowd.outcomes(calls);
  EXPECT_EQ(crowd.world->read_model().left({1}), kRaceSeats - counts.at("201"));
  EXPECT_EQ(std::size_t(counts.at("201")), crowd.memory.tables().taking.size());
  crowd.expect_sound();
}

// R-S10: overlapping orders of several seats: nobody has a part of one.
TEST(Race, overlapping_orders_are_done_entirely_or_not_at_all) {
  Crowd crowd(hall(50));
  crowd.come(500);
  std::mt19937 random(2);
  std::vector<Call> calls;
  for (const Visitor& fan : crowd.fans) {
    const int first = 1 + int(random() % 47);
    calls.push_back(hold_all(fan, {crowd.seat(first), crowd.seat(first + 2), crowd.seat(first + 3)}));
  }
  const Counts counts = crowd.outcomes(calls);
  EXPECT_EQ(crowd.memory.tables().taking.size(), std::size_t(3 * counts.at("201")));
  crowd.expect_sound();
}

// R-W6
TEST(Race, charges_and_uses_of_one_wallet_come_out_to_the_won) {
  constexpr int kMany = 3000;
  Crowd crowd(hall(kMany, kWholeCrowd, "seats_per_user: 100000, hold_ttl: 5m"));
  crowd.options.balance_max = Won{1'000'000'000};
  crowd.start();
  crowd.come(1);
  const Visitor& fan = crowd.fans.front();
  std::vector<std::int64_t> holds;
  for (int n = 1; n <= kMany; ++n) holds.push_back(crowd.hold_seat(fan, n));
  crowd.world->call(charge(fan, 110'000));  // or the first payments would be refused
  std::vector<Call> calls;
  for (int i = 0; i < kMany; ++i) {
    calls.push_back(charge(fan, 110'001));
    if (i > 0) calls.push_back(pay(fan, holds[std::size_t(i)]));
  }
  std::shuffle(calls.begin(), calls.end(), std::mt19937(3));
  Counts counts = crowd.outcomes(calls);
  EXPECT_EQ(counts["200"] + counts["NOT_ENOUGH_BALANCE"], 2 * kMany - 1);
  const std::int64_t paid = counts["200"] - kMany;
  EXPECT_EQ(crowd.memory.tables().wallets.begin()->second.balance.amount,
            110'000 + kMany * 110'001LL - paid * 110'000LL);
  crowd.expect_sound();
}

// R-P5
TEST(Race, a_hundred_payments_of_one_hold_deduct_once) {
  Crowd crowd(hall(50));
  crowd.come(1);
  const Visitor& fan = crowd.fans.front();
  crowd.world->call(charge(fan, 50'000'000));
  const std::int64_t id = crowd.hold_seat(fan, 1);
  EXPECT_EQ(crowd.outcomes(std::vector<Call>(100, pay(fan, id))),
            (Counts{{"200", 1}, {"RESERVATION_ALREADY_PAID", 99}}));
  EXPECT_EQ(crowd.memory.tables().wallets.begin()->second.balance.amount, 50'000'000 - 110'000);
  crowd.expect_sound();
}

// R-P5, R-S4: a payment, a rival who wants the seat, and the sweep, all in the millisecond of the hold's end
// or beside it, in every order and in one batch or two: exactly one of paid and released.
TEST(Race, payment_and_expiry_of_one_hold_exclude_each_other) {
  int paid = 0, released = 0;
  std::mt19937 random(4);
  for (int scene = 0; scene < 20; ++scene) {
    Crowd crowd(hall(50));
    for (int round = 0; round < 50; ++round) {
      const Visitor owner = crowd.fan(std::uint64_t(2 * round + 1), 110'000);
      const ApiReply held = crowd.world->call(hold(owner, crowd.seat(round + 1)));
      ASSERT_EQ(held.status, 201) << held.body;
      const int offset = int(random() % 3) - 1;
      crowd.clock.set(*parse_rfc3339(text(held.data(), "expiresAt")) + Millis(offset) - Millis(2));
      const Visitor rival = crowd.fan(std::uint64_t(2 * round + 2));
      crowd.clock.advance(Millis(2));
      std::vector<Call> calls{pay(owner, number(held.data(), "id")), hold(rival, crowd.seat(round + 1))};
      const std::size_t payment = random() % 2;
      if (payment == 1) std::swap(calls[0], calls[1]);
      std::vector<PendingPtr> pending;
      for (const Call& call : calls) {
        pending.push_back(crowd.world->send(call));
        if (random() % 2) crowd.world->run();
      }
      crowd.world->run();
      const ApiReply& pays = pending[payment]->reply();
      const ApiReply& holds = pending[1 - payment]->reply();
      ASSERT_EQ(pays.ok(), offset < 0) << pays.body;
      ASSERT_EQ(holds.ok(), offset >= 0) << holds.body;
      EXPECT_EQ((pays.ok() ? holds : pays).code(), pays.ok() ? "SEAT_OCCUPIED" : "RESERVATION_EXPIRED");
      ++(pays.ok() ? paid : released);
    }
    crowd.expect_sound();
  }
  EXPECT_GT(paid, 200);
  EXPECT_GT(released, 200);
}

// R-Q7
TEST(Race, one_user_joining_a_hundred_times_has_one_place) {
  Crowd crowd(hall(50));
  EXPECT_EQ(crowd.outcomes(std::vector<Call>(100, join(user(1), 1))), (Counts{{"200", 99}, {"201", 1}}));
  EXPECT_EQ(crowd.memory.tables().line.size(), 1u);
}

// R-Q9
TEST(Race, ten_thousand_joins_have_places_in_the_order_of_their_acceptance) {
  Crowd crowd(hall(50, "admission: capacity, capacity: 1, active_ttl: 5m, poll_min: 0s"));
  crowd.come(10'000);
  Place last = 0;
  for (const auto& [key, place] : crowd.memory.tables().line) {
    EXPECT_EQ(place.place, ++last);
    EXPECT_EQ(to_string(place.user), user(last));
  }
  EXPECT_EQ(last, 10'000u);
  crowd.expect_sound();
}

// R-Q10, R-Q11: through restarts, by the stored stamps; and nobody is kept waiting without need.
TEST(Admission, keeps_its_limits_through_restarts_and_gives_every_slot_on) {
  struct Row {
    const char* queue;
    std::size_t waiting;
    Millis done_within;
  };
  const Row rows[] = {
      {"admission: capacity, capacity: 50, active_ttl: 2s, visit_max: 2s, poll_min: 0s", 1000,
       Millis(41'000)},
      {"admission: interval, people: 100, every: 1s, active_ttl: 2s, poll_min: 0s", 1000, Millis(11'000)},
      {"admission: both, people: 20, every: 300ms, capacity: 30, active_ttl: 700ms, poll_min: 0s", 1000,
       Millis(26'000)},
      {"admission: interval, people: 100, every: 1s, active_ttl: 2s, spread: true, poll_min: 0s", 500,
       Millis(6000)},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.queue);
    Crowd crowd(hall(50, row.queue));
    std::mt19937 random(5);
    std::size_t ticks = 0;
    for (; crowd.memory.tables().visits.size() < row.waiting && ticks < 10'000; ++ticks) {
      if (crowd.fans.size() < row.waiting) crowd.come(100);
      crowd.clock.advance(Millis(1 + random() % 30));
      crowd.world->run();
      if (ticks % 300 == 100) crowd.start();
    }
    EXPECT_LE(crowd.clock.now() - kOpen, row.done_within);
    EXPECT_EQ(crowd.memory.tables().visits.size(), row.waiting);
    crowd.expect_sound();
  }
}

// R-Q11: leaving and paying free a slot at once, not at the visit's planned end.
TEST(Admission, gives_a_slot_on_as_soon_as_its_fan_leaves_or_has_paid) {
  Crowd crowd(hall(50, "admission: capacity, capacity: 1, active_ttl: 5m, poll_min: 0s"));
  crowd.come(3);
  const auto status = [&](std::size_t i) {
    return text(crowd.world->call(queue_status(crowd.fans[i].token)).data(), "status");
  };
  EXPECT_EQ(status(0), "ACTIVATED");
  EXPECT_EQ(status(1), "CREATED");
  EXPECT_EQ(crowd.world->call(leave(crowd.fans[0].token)).status, 200);
  crowd.world->run();
  EXPECT_EQ(status(1), "ACTIVATED");
  crowd.world->call(charge(crowd.fans[1], 110'000));
  crowd.world->call(pay(crowd.fans[1], crowd.hold_seat(crowd.fans[1], 1)));
  crowd.world->run();
  EXPECT_EQ(status(2), "ACTIVATED");
  crowd.expect_sound();
}

}  // namespace
}  // namespace stagedoor::test
