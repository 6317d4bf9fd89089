// The waiting room through the API of a whole instance, by a clock that the test turns: people who vanish and
// come back, draws, priority, emptying, and what a restart leaves of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>

#include "lane/scene.h"
#include "protocol/draw.h"

namespace stagedoor::test {
namespace {

using testing::HasSubstr;
using testing::Not;

std::int64_t position(const ApiReply& reply) { return number(reply.data(), "position"); }
std::string status(const ApiReply& reply) { return text(reply.data(), "status"); }

class WaitingRoom : public testing::Test {
 protected:
  // Event 1 with this queue policy; with `opens_in` the sale begins so much later, and people gather until
  // then.
  void open(const std::string& queue, std::optional<Millis> opens_in = std::nullopt) {
    scene.emplace(club_night(queue + ", poll_min: 0s", kPolicy));
    if (!opens_in) return;
    const auto changed =
        scene->world->call(admin("PATCH", "/admin/events/1",
                                 fmt::format(R"({{"on_sale":{{"from":"{}","until":"2096-01-01T00:00:00Z"}},
                              "queue":{{"gather_from":"2020-01-01T00:00:00Z"}}}})",
                                             to_rfc3339(scene->clock.now() + *opens_in))));
    ASSERT_EQ(changed.status, 200) << changed.body;
    scene->world->run();
  }
  World& world() { return *scene->world; }
  Visitor join(std::uint64_t n) {
    const std::string who = user(n);
    const ApiReply reply = world().call(test::join(who, 1));
    if (!reply.ok()) throw std::runtime_error(reply.body);
    return {who, text(reply.data(), "token")};
  }
  ApiReply ask(const Visitor& who) { return world().call(queue_status(who.token)); }
  void wait(Millis time) {
    scene->clock.advance(time);
    world().run();
  }
  // Time goes by, a second at a time, while these people poll.
  void wait_while_polling(Millis time, const std::vector<Visitor>& people) {
    for (Millis at{0}; at < time; at += Millis(1000)) {
      wait(Millis(1000));
      if (at.count() % 20'000 == 0)
        for (const auto& who : people) ask(who);
    }
  }

  std::optional<Scene> scene;
};

// R-Q12: "a phone that sleeps for ten minutes".
TEST_F(WaitingRoom, skips_absent_users_and_admits_them_next_when_they_return) {
  open("admission: capacity, capacity: 1, active_ttl: 30m, presence_timeout: 60s, return_share: 0.5");
  const Visitor inside = join(1), sleeper = join(2), third = join(3), fourth = join(4);
  world().run();
  EXPECT_EQ(position(ask(fourth)), 2);
  wait_while_polling(Millis(600'000), {third, fourth});
  EXPECT_EQ(position(ask(third)), 0) << "who vanished is not counted";
  EXPECT_EQ(position(ask(fourth)), 1);

  world().call(leave(inside.token));
  world().run();
  EXPECT_EQ(status(ask(third)), "ACTIVATED")
      << "the slot is given on at once, and not to the one who is away";
  EXPECT_EQ(status(ask(sleeper)), "CREATED") << "the place is kept";
  EXPECT_EQ(position(ask(sleeper)), 0);
  EXPECT_EQ(position(ask(fourth)), 0) << "nobody's number grows";

  world().call(leave(third.token));
  world().run();
  EXPECT_EQ(status(ask(sleeper)), "ACTIVATED");
  EXPECT_EQ(status(ask(fourth)), "CREATED");
}

// R-Q12: while the server was away nobody grows absent; who had vanished before stays uncounted.
TEST_F(WaitingRoom, finds_everybody_present_after_it_was_down_and_the_numbers_as_they_were) {
  open("admission: capacity, capacity: 1, active_ttl: 60m, visit_max: 60m, presence_timeout: 60s");
  join(1);
  const Visitor second = join(2), gone = join(3), fourth = join(4);
  wait_while_polling(Millis(120'000), {second, fourth});
  EXPECT_EQ(position(ask(fourth)), 1);
  scene->start();
  scene->clock.advance(Millis(120'000));  // nobody could poll
  scene->start();
  world().run();
  EXPECT_EQ(position(ask(fourth)), 1);
  EXPECT_EQ(position(ask(second)), 0);
  EXPECT_EQ(world().rooms().numbers({1}).present, 3u);
  EXPECT_EQ(position(ask(gone)), 1) << "keeps the place: only the second is ahead";
}

// R-A7: signs of life are compared with times of the same clock, also if the last batch is ahead of it.
TEST_F(WaitingRoom, a_batch_with_a_moment_ahead_makes_nobody_absent) {
  open("admission: capacity, capacity: 1, active_ttl: 60m, visit_max: 60m, presence_timeout: 60s");
  const Visitor inside = join(1), second = join(2), third = join(3);
  world().run();
  scene->clock.advance(Millis(1'800'000));
  world().call(leave(join(4).token));
  scene->clock.advance(Millis(-1'800'000));
  for (const auto& who : {second, third}) ask(who);
  world().run();
  EXPECT_EQ(world().rooms().numbers({1}).present, 2u);
  world().call(leave(inside.token));
  world().run();
  EXPECT_EQ(status(ask(second)), "ACTIVATED");
}

// R-Q12: "Half of the room vanishes: active slots stay full from then on."
TEST_F(WaitingRoom, stays_full_when_half_of_the_people_have_vanished) {
  open("admission: capacity, capacity: 10, active_ttl: 7s, visit_max: 7s, presence_timeout: 60s");
  std::vector<Visitor> people, there;
  for (std::uint64_t n = 1; n <= 600; ++n) {
    people.push_back(join(n));
    if (n % 2 == 0) there.push_back(people.back());
  }
  wait_while_polling(Millis(61'000), there);
  for (int second = 0; second < 100; ++second) {
    ASSERT_EQ(world().rooms().numbers({1}).active, 10u) << "second " << second;
    wait_while_polling(Millis(1000), there);
  }
}

// R-Q5, R-Q13
TEST_F(WaitingRoom, draws_the_order_of_gathered_users_as_committed) {
  open("admission: capacity, capacity: 1, active_ttl: 5m, order: draw", Millis(60'000));
  const Call look{"GET", "/queue/draw/1"};
  const ApiReply before = world().call(look);
  ASSERT_EQ(before.status, 200) << before.body;
  EXPECT_THAT(before.body, Not(HasSubstr("seed")));
  const std::string commitment = text(before.data(), "commitment");

  std::vector<Visitor> people;
  for (std::uint64_t n = 1; n <= 40; ++n) {
    scene->clock.advance(Millis(1000));
    people.push_back(join(n));
    EXPECT_TRUE(ask(people.back()).data().at("position").is_null());
  }
  scene->clock.set(kOpen + Millis(59'999));
  world().run();
  EXPECT_TRUE(ask(people[0]).data().at("position").is_null());
  scene->clock.set(kOpen + Millis(60'000));
  const Visitor late = join(41);
  world().run();

  const ApiReply drawn = world().call(look);
  EXPECT_EQ(text(drawn.data(), "commitment"), commitment);
  EXPECT_EQ(number(drawn.data(), "people"), 40);
  const Draw draw = *world().rooms().draw({1});
  EXPECT_EQ(draw.opens_at, kOpen + Millis(60'000));
  protocol::JoinsDigest digest;
  for (const LinePlace& place : scene->memory.read(EventId{1}, 0, 40))
    digest.add(place.place, place.user, place.joined_at);
  EXPECT_EQ(draw.digest, digest.finish());
  const protocol::DrawnOrder order = protocol::draw_order(protocol::draw_key(draw.seed, draw.digest, ""), 40);
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < people.size(); ++i) {
      const ApiReply told = ask(people[i]);
      const Place rank = order.rank_of[i];
      EXPECT_EQ(status(told), rank == 1 ? "ACTIVATED" : "CREATED");
      EXPECT_EQ(position(told), rank == 1 ? 0 : rank - 2);
    }
    EXPECT_EQ(position(ask(late)), 39);
    scene->start();  // read back, everything is as before
    world().run();
  }
}

TEST_F(WaitingRoom, commits_to_the_same_seed_again_when_the_opening_is_moved) {
  open("admission: capacity, capacity: 1, order: draw", Millis(60'000));
  join(1);
  const Draw first = *world().rooms().draw({1});
  world().call(admin("PATCH", "/admin/events/1",
                     fmt::format(R"({{"on_sale":{{"from":"{}","until":"2096-01-01T00:00:00Z"}}}})",
                                 to_rfc3339(kOpen + Millis(90'000)))));
  world().run();
  const Draw second = *world().rooms().draw({1});
  EXPECT_EQ(second.seed, first.seed);
  EXPECT_EQ(second.opens_at, kOpen + Millis(90'000));
  scene->clock.set(kOpen + Millis(60'000));
  world().run();
  EXPECT_FALSE(world().rooms().draw({1})->drawn_at);
  scene->clock.set(kOpen + Millis(90'000));
  world().run();
  EXPECT_TRUE(world().rooms().draw({1})->drawn_at);
}

// R-Q13: with a beacon nothing is drawn until its value is known, and that is taken only after the opening.
TEST_F(WaitingRoom, waits_for_the_value_of_the_beacon_that_was_named) {
  open("admission: capacity, capacity: 1, order: draw, beacon: \"lottery of the day\"", Millis(60'000));
  const Visitor fan = join(1);
  const auto name = [&] {
    return world().call(admin("POST", "/admin/events/1/queue/draw", R"({"beacon":"4 8 15"})"));
  };
  EXPECT_EQ(name().code(), "EVENT_NOT_ON_SALE");
  scene->clock.set(kOpen + Millis(61'000));
  world().run();
  EXPECT_TRUE(ask(fan).data().at("position").is_null());
  world().call(admin("PATCH", "/admin/events/1/queue", R"({"beacon":""})"));
  world().run();
  EXPECT_FALSE(world().rooms().draw({1})->drawn_at) << "what was committed cannot be taken back";
  EXPECT_EQ(name().status, 200);
  world().run();
  EXPECT_EQ(status(ask(fan)), "ACTIVATED");
  EXPECT_EQ(name().code(), "EVENT_NOT_ON_SALE") << "once";
  EXPECT_EQ(text(world().call({"GET", "/queue/draw/1"}).data(), "beaconSource"), "lottery of the day");
}

// Long lists are closed and drawn beside the lane.
TEST_F(WaitingRoom, draws_many_people_without_keeping_the_lane) {
  open("admission: interval, people: 100, every: 1s, presence_timeout: 1h, poll_max: 30s, order: draw",
       Millis(60'000));
  constexpr Place kPeople = 12'000;
  for (Place n = 1; n <= kPeople; ++n) world().send(test::join(user(n), 1));
  world().run();
  ASSERT_EQ(world().rooms().last_place({1}), kPeople);
  scene->clock.set(kOpen + Millis(60'000));
  while (!world().rooms().draw({1})->drawn_at) {
    world().run();
    std::this_thread::yield();
    scene->clock.advance(Millis(1));
  }
  world().run();
  const queue::RoomNumbers numbers = world().rooms().numbers({1});
  EXPECT_EQ(numbers.active, 100u);
  EXPECT_EQ(numbers.waiting, kPeople - 100);
  EXPECT_EQ(numbers.frontier, 100u);
}

// The opening is moved while the list of the first one is being worked on.
TEST_F(WaitingRoom, cancels_a_running_draw_when_the_opening_is_moved) {
  open("admission: interval, people: 100, every: 1s, presence_timeout: 1h, poll_max: 30s, order: draw",
       Millis(60'000));
  constexpr Place kPeople = 12'000;
  for (Place n = 1; n <= kPeople; ++n) world().send(test::join(user(n), 1));
  world().run();
  scene->clock.set(kOpen + Millis(60'000));
  world().lane().run_once();
  world().call(admin("PATCH", "/admin/events/1",
                     fmt::format(R"({{"on_sale":{{"from":"{}","until":"2096-01-01T00:00:00Z"}}}})",
                                 to_rfc3339(kOpen + Millis(90'000)))));
  world().run();
  EXPECT_EQ(world().rooms().draw({1})->opens_at, kOpen + Millis(90'000));
  EXPECT_FALSE(world().rooms().draw({1})->drawn_at);
}

// R-Q17
TEST_F(WaitingRoom, gives_listed_users_a_line_of_their_own_also_after_a_restart) {
  open("admission: capacity, capacity: 1, active_ttl: 60m, visit_max: 60m, priority_share: 0.5");
  const Visitor inside = join(1);
  std::vector<Visitor> people;
  for (std::uint64_t n = 2; n <= 9; ++n) people.push_back(join(n));
  const auto granted = world().call(admin("POST", "/admin/events/1/queue/priority",
                                          fmt::format(R"({{"userIds":["{}","{}"]}})", user(9), user(20))));
  ASSERT_EQ(granted.status, 200) << granted.body;
  const Visitor later = join(20);
  EXPECT_EQ(position(ask(people[7])), 0);
  EXPECT_EQ(position(ask(later)), 1);
  EXPECT_EQ(position(ask(people[6])), 6) << "the seven of the line; priority is not counted";
  scene->start();
  world().run();
  EXPECT_EQ(position(ask(later)), 1);
  world().call(leave(inside.token));
  world().run();
  EXPECT_EQ(status(ask(people[7])), "ACTIVATED") << "every second one, by a share of a half";
  world().call(leave(people[7].token));
  world().run();
  EXPECT_EQ(status(ask(people[0])), "ACTIVATED");
  EXPECT_EQ(position(ask(later)), 0);
}

// R-Q11, R-Q17
TEST_F(WaitingRoom, is_emptied_by_an_operator_with_the_holds_of_those_inside) {
  open("admission: capacity, capacity: 2, active_ttl: 5m");
  const Visitor holder = join(1);
  for (std::uint64_t n = 2; n <= 1200; ++n) join(n);
  world().run();
  const std::int64_t reservation = scene->hold_seat(holder, 7);
  const auto paused = world().call(admin("POST", "/admin/events/1/queue/pause"));
  ASSERT_EQ(paused.status, 200);
  const auto emptied = world().call(admin("POST", "/admin/events/1/queue/empty"));
  ASSERT_EQ(emptied.status, 200) << emptied.body;
  EXPECT_EQ(number(emptied.data(), "people"), 1200);
  const queue::RoomNumbers numbers = world().rooms().numbers({1});
  EXPECT_EQ(numbers.waiting, 0u);
  EXPECT_EQ(numbers.active, 0u);
  EXPECT_EQ(status(ask(holder)), "EXPIRED");
  const Reservation& row = scene->memory.tables().reservations.at({reservation});
  EXPECT_EQ(row.status, ReservationStatus::CANCELLED);
  EXPECT_EQ(row.reason, CancelReason::OPERATOR);
  EXPECT_EQ(scene->memory.tables().log.rbegin()->second.action, "queue.empty");
}

// R-Q16
TEST_F(WaitingRoom, shows_waiting_users_the_stock_and_that_everything_is_sold) {
  open("admission: capacity, capacity: 1, active_ttl: 5m");
  const Visitor buyer = join(1), waiting = join(2);
  world().run();
  world().call(charge(buyer, 10'000'000));
  EXPECT_THAT(ask(waiting).body,
              HasSubstr(R"("soldOut":false,"stock":{"seatsLeft":50,"categories":[{"name":"Standard")"));
  for (int number = 5; number <= 50; ++number)
    world().call(
        admin("POST", "/admin/dates/1/seats/block", fmt::format(R"({{"seatNumbers":[{}]}})", number)));
  std::vector<std::int64_t> holds;
  for (int number = 1; number <= 4; ++number) holds.push_back(scene->hold_seat(buyer, number));
  EXPECT_THAT(ask(waiting).body, HasSubstr(R"("soldOut":false)")) << "the holds could lapse";
  ASSERT_EQ(world().call(pay_all(buyer, holds)).status, 200);
  EXPECT_EQ(status(ask(waiting)), "CREATED");
  EXPECT_THAT(ask(waiting).body, HasSubstr(R"("soldOut":true)"));
}

TEST_F(WaitingRoom, shows_its_public_numbers_to_caches) {
  open("admission: capacity, capacity: 1, active_ttl: 5m");
  join(1);
  join(2);
  world().run();
  const ApiReply first = world().call({"GET", "/queue/public/1"});
  EXPECT_EQ(number(first.data(), "waiting"), 1);
  EXPECT_EQ(number(first.data(), "active"), 1);
  EXPECT_EQ(number(first.data(), "frontier"), 1);
  EXPECT_THAT(first.header("Cache-Control"), HasSubstr("public, max-age=1"));
  const Call again = Call{"GET", "/queue/public/1"}.with_header("If-None-Match", first.header("ETag"));
  EXPECT_EQ(world().call(again).status, 304);
  join(3);
  wait(Millis(1000));
  EXPECT_EQ(number(world().call(again).data(), "waiting"), 2);
  EXPECT_EQ(world().call({"GET", "/queue/public/9"}).code(), "EVENT_NOT_FOUND");
  EXPECT_EQ(world().call({"GET", "/queue/draw/1"}).code(), "NOT_FOUND");
}

}  // namespace
}  // namespace stagedoor::test
