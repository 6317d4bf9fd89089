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

class WaitingRoom : public testing::TestWithParam<LineIn> {
 protected:
  // Event 1 with this queue policy; with `opens_in` the sale begins so much later, and people gather until
  // then.
  void open(const std::string& queue, std::optional<Millis> opens_in = std::nullopt) {
    scene.emplace(club_night(queue + ", poll_min: 0s", kPolicy), GetParam());
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
  ApiReply move_opening(Millis to) {
    return world().call(admin("PATCH", "/admin/events/1",
                              fmt::format(R"({{"on_sale":{{"from":"{}","until":"2096-01-01T00:00:00Z"}}}})",
                                          to_rfc3339(kOpen + to))));
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

// R-Q18: what a fan sees is the same wherever the joins are.
INSTANTIATE_TEST_SUITE_P(Line, WaitingRoom, testing::Values(LineIn::store, LineIn::log),
                         [](const auto& where) {
                           return where.param == LineIn::log ? "in_a_log" : "in_the_store";
                         });

// R-Q12: "a phone that sleeps for ten minutes".
TEST_P(WaitingRoom, skips_absent_users_and_admits_them_next_when_they_return) {
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
TEST_P(WaitingRoom, finds_everybody_present_after_it_was_down_and_the_numbers_as_they_were) {
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

// R-Q12: the lane did not run for a minute and a half, because the process was stopped or its machine moved.
TEST_P(WaitingRoom, finds_everybody_present_after_the_server_stood_still) {
  open("admission: capacity, capacity: 1, active_ttl: 60m, visit_max: 60m, presence_timeout: 60s");
  const Visitor inside = join(1), second = join(2), third = join(3), fourth = join(4);
  wait_while_polling(Millis(30'000), {second, third, fourth});
  wait(Millis(90'000));
  wait_while_polling(Millis(5000), {});
  EXPECT_EQ(world().rooms().numbers({1}).present, 3u);
  EXPECT_EQ(position(ask(fourth)), 2);
  world().call(leave(inside.token));
  world().run();
  EXPECT_EQ(status(ask(second)), "ACTIVATED") << "in the order of the line";
}

// R-Q12: the way to the server was broken, so nobody could poll.
TEST_P(WaitingRoom, finds_nobody_absent_while_nobody_can_poll) {
  open("admission: capacity, capacity: 1, active_ttl: 60m, visit_max: 60m, presence_timeout: 60s");
  const Visitor inside = join(1), second = join(2), third = join(3), fourth = join(4);
  for (const Millis broken : {Millis(35'000), Millis(90'000), Millis(600'000)}) {
    wait_while_polling(Millis(30'000), {second, third, fourth});
    wait_while_polling(broken, {});
    EXPECT_EQ(position(ask(fourth)), 2);
    wait_while_polling(Millis(20'000), {});
    EXPECT_EQ(world().rooms().numbers({1}).present, 3u) << broken.count();
    EXPECT_GT(ask(fourth).data().at("estimatedWaitSeconds").to_number<std::int64_t>(), 0);
  }
  world().call(leave(inside.token));
  world().run();
  EXPECT_EQ(status(ask(second)), "ACTIVATED");
}

// R-Q12: half of the ways to the server broke: more people at once than leave by themselves. Once.
TEST_P(WaitingRoom, forgives_a_burst_of_absences_once) {
  open("admission: capacity, capacity: 1, active_ttl: 60m, visit_max: 60m, presence_timeout: 60s");
  std::vector<Visitor> people;
  for (std::uint64_t n = 1; n <= 11; ++n) people.push_back(join(n));
  const std::vector<Visitor> there(people.begin() + 1, people.begin() + 5);  // four of ten
  wait_while_polling(Millis(100'000), there);
  EXPECT_EQ(world().rooms().numbers({1}).present, 10u);
  wait_while_polling(Millis(100'000), there);
  EXPECT_EQ(world().rooms().numbers({1}).present, 4u) << "they had a whole presence_timeout more";
}

// R-Q14, R-Q15: people who were absent once are counted for nobody, but they do stand in the line.
TEST_P(WaitingRoom, estimates_the_wait_behind_people_who_came_back) {
  open("admission: interval, people: 1, every: 10s, presence_timeout: 60s");
  std::vector<Visitor> people;
  for (std::uint64_t n = 1; n <= 61; ++n) people.push_back(join(n));
  world().call(admin("POST", "/admin/events/1/queue/pause"));
  const std::vector<Visitor> there(people.begin() + 1, people.begin() + 21);
  wait_while_polling(Millis(400'000), there);
  EXPECT_EQ(world().rooms().numbers({1}).present, 20u);
  for (const auto& who : people) ask(who);
  world().call(admin("POST", "/admin/events/1/queue/resume"));
  const ApiReply told = ask(people.back());
  EXPECT_GE(position(told), 19);
  EXPECT_LE(position(told), 20) << "its number never grows";
  EXPECT_GT(number(told.data(), "estimatedWaitSeconds"), 550) << "sixty are admitted before";
  EXPECT_GE(number(told.data(), "pollAfterMs"), 10'000);
}

// R-A7: signs of life are compared with times of the same clock, also if the last batch is ahead of it.
TEST_P(WaitingRoom, a_batch_with_a_moment_ahead_makes_nobody_absent) {
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
TEST_P(WaitingRoom, stays_full_when_half_of_the_people_have_vanished) {
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
TEST_P(WaitingRoom, draws_the_order_of_gathered_users_as_committed) {
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
  for (const LinePlace& place : scene->places({1}, 40)) digest.add(place.place, place.user, place.joined_at);
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

TEST_P(WaitingRoom, commits_to_the_same_seed_again_when_the_opening_is_moved) {
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
TEST_P(WaitingRoom, waits_for_the_value_of_the_beacon_that_was_named) {
  open("admission: capacity, capacity: 1, order: draw, beacon: \"lottery of the day\"", Millis(60'000));
  const Visitor fan = join(1);
  const auto name = [&] {
    return world().call(admin("POST", "/admin/events/1/queue/draw", R"({"beacon":"4 8 15"})"));
  };
  EXPECT_EQ(name().code(), "EVENT_NOT_ON_SALE");
  scene->clock.set(kOpen + Millis(61'000));
  world().run();
  EXPECT_TRUE(ask(fan).data().at("position").is_null());
  EXPECT_EQ(world().call(admin("PATCH", "/admin/events/1/queue", R"({"beacon":""})")).code(), "DRAW_FIXED");
  world().run();
  EXPECT_FALSE(world().rooms().draw({1})->drawn_at) << "what was committed cannot be taken back";
  EXPECT_EQ(name().status, 200);
  world().run();
  EXPECT_EQ(status(ask(fan)), "ACTIVATED");
  EXPECT_EQ(name().code(), "EVENT_NOT_ON_SALE") << "once";
  EXPECT_EQ(text(world().call({"GET", "/queue/draw/1"}).data(), "beaconSource"), "lottery of the day");
}

// Long lists are closed and drawn beside the lane.
TEST_P(WaitingRoom, draws_many_people_without_keeping_the_lane) {
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

// An operator who knows the digest of the closed list could otherwise try another list. The order waits for a
// beacon, so that it is not drawn before the operator asks.
TEST_P(WaitingRoom, refuses_to_move_an_opening_that_has_passed_before_the_order_is_drawn) {
  open("admission: interval, people: 100, every: 1s, order: draw, beacon: lottery", Millis(60'000));
  for (Place n = 1; n <= 10; ++n) world().send(test::join(user(n), 1));
  world().run();
  scene->clock.set(kOpen + Millis(60'000));
  world().run();
  EXPECT_EQ(move_opening(Millis(150'000)).code(), "DRAW_FIXED");
  world().run();
  EXPECT_EQ(world().rooms().draw({1})->opens_at, kOpen + Millis(60'000));
}

// R-Q13
TEST_P(WaitingRoom, opens_a_drawn_sale_that_is_opened_early_with_notice) {
  open("admission: capacity, capacity: 1, order: draw", Millis(3'600'000));
  const Visitor first = join(1), second = join(2);
  const std::string commitment = text(world().call({"GET", "/queue/draw/1"}).data(), "commitment");
  scene->clock.advance(Millis(1000));
  const ApiReply too_soon = move_opening(Millis(60'999));
  EXPECT_EQ(too_soon.status, 409);
  EXPECT_EQ(too_soon.code(), "DRAW_FIXED");
  EXPECT_THAT(too_soon.body,
              HasSubstr(R"("path":"on_sale.from","message":"must be 2030-01-01T00:01:01.000Z)"));
  EXPECT_EQ(move_opening(Millis(-1)).code(), "DRAW_FIXED") << "now is without notice, too";
  const ApiReply moved = move_opening(Millis(61'000));
  ASSERT_EQ(moved.status, 200) << moved.body;

  const ApiReply told = world().call({"GET", "/queue/draw/1"});
  EXPECT_EQ(text(told.data(), "opensAt"), "2030-01-01T00:01:01.000Z");
  EXPECT_EQ(text(told.data(), "commitment"), commitment) << "it does not cover the opening";
  EXPECT_THAT(told.body,
              HasSubstr(R"("moves":[{"at":"2030-01-01T00:00:01.000Z","from":"2030-01-01T01:00:00.000Z",)"
                        R"("to":"2030-01-01T00:01:01.000Z"}])"));
  scene->start();  // it is stored
  world().run();
  EXPECT_EQ(world().call({"GET", "/queue/draw/1"}).body, told.body);
  scene->clock.set(kOpen + Millis(60'999));
  world().run();
  EXPECT_TRUE(ask(first).data().at("position").is_null());
  scene->clock.set(kOpen + Millis(61'000));
  world().run();
  EXPECT_TRUE(world().rooms().draw({1})->drawn_at);
  EXPECT_NE(status(ask(first)), status(ask(second))) << "one of them is inside";
}

// R-Q13: with a beacon nobody can choose a moment; an opening in the past means now.
TEST_P(WaitingRoom, opens_a_drawn_sale_now_where_a_beacon_is_named) {
  open("admission: capacity, capacity: 1, order: draw, beacon: lottery", Millis(3'600'000));
  const Visitor fan = join(1);
  scene->clock.advance(Millis(5000));
  ASSERT_EQ(move_opening(Millis(-60'000)).status, 200);
  EXPECT_EQ(text(world().call({"GET", "/queue/draw/1"}).data(), "opensAt"), "2030-01-01T00:00:05.000Z");
  EXPECT_EQ(move_opening(Millis(600'000)).code(), "DRAW_FIXED") << "the list is closed";
  ASSERT_EQ(world().call(admin("POST", "/admin/events/1/queue/draw", R"({"beacon":"4 8 15"})")).status, 200);
  world().run();
  EXPECT_EQ(status(ask(fan)), "ACTIVATED");
}

// R-Q13: before the first join nobody relies on anything.
TEST_P(WaitingRoom, opens_a_drawn_sale_that_nobody_has_joined_at_any_time) {
  open("admission: capacity, capacity: 1, order: draw", Millis(3'600'000));
  ASSERT_EQ(move_opening(Millis(-1000)).status, 200);
  world().run();
  EXPECT_TRUE(world().rooms().draw({1})->drawn_at);
  const Visitor fan = join(1);
  world().run();
  EXPECT_EQ(status(ask(fan)), "ACTIVATED");
}

// R-Q13
TEST_P(WaitingRoom, fixes_the_order_and_the_source_of_the_beacon_from_the_first_join) {
  const auto change = [&](const std::string& queue) {
    return world().call(admin("PATCH", "/admin/events/1/queue", queue));
  };
  open("admission: capacity, capacity: 1, order: draw, beacon: lottery", Millis(3'600'000));
  EXPECT_EQ(change(R"({"beacon":"another lottery"})").status, 200);
  EXPECT_EQ(change(R"({"order":"fifo"})").status, 200);
  EXPECT_EQ(change(R"({"order":"draw"})").status, 200);
  world().run();
  join(1);
  for (const char* queue : {R"({"beacon":"lottery"})", R"({"beacon":""})", R"({"order":"fifo"})"}) {
    const ApiReply refused = change(queue);
    EXPECT_EQ(refused.status, 409) << queue;
    EXPECT_EQ(refused.code(), "DRAW_FIXED") << queue;
  }
  EXPECT_EQ(change(R"({"people":7})").status, 200) << "everything else may be changed";
  EXPECT_EQ(world().rooms().draw({1})->beacon_source, "another lottery");

  open("admission: capacity, capacity: 1");
  join(1);
  EXPECT_EQ(change(R"({"order":"draw"})").code(), "DRAW_FIXED")
      << "who joined was promised the order of joining";
  open("admission: capacity, capacity: 1, order: draw");  // its opening has passed, so there is no draw
  join(1);
  EXPECT_EQ(move_opening(Millis(600'000)).code(), "DRAW_FIXED");
}

// R-Q17
TEST_P(WaitingRoom, gives_listed_users_a_line_of_their_own_also_after_a_restart) {
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

// R-Q17
TEST_P(WaitingRoom, lists_priority_logs_who_got_it_and_takes_it_back) {
  open("admission: capacity, capacity: 1, active_ttl: 60m, visit_max: 60m, priority_share: 0.5");
  join(1);
  std::vector<Visitor> people;
  for (std::uint64_t n = 2; n <= 9; ++n) people.push_back(join(n));
  const std::string path = "/admin/events/1/queue/priority";
  const auto granted = world().call(
      admin("POST", path, fmt::format(R"({{"userIds":["{0}","{1}","{0}"]}})", user(8), user(9))));
  EXPECT_EQ(number(granted.data(), "users"), 2) << "each counts once";
  const auto& log = scene->memory.tables().log;
  EXPECT_EQ(log.rbegin()->second.detail, fmt::format(R"({{"userIds":["{}","{}"]}})", user(8), user(9)));
  EXPECT_EQ(position(ask(people[7])), 1);
  scene->clock.advance(Millis(1000));
  ASSERT_EQ(world().call(admin("DELETE", path + "/" + user(9))).status, 200);
  EXPECT_EQ(log.rbegin()->second.action, "queue.priority.end");
  EXPECT_THAT(log.rbegin()->second.detail, HasSubstr(user(9)));
  const Visitor last = join(10);
  for (int round = 0; round < 2; ++round) {
    EXPECT_THAT(world().call(admin("GET", path)).body,
                HasSubstr(fmt::format(R"("userIds":["{}"])", user(8))));
    EXPECT_EQ(position(ask(people[6])), 0) << "has it";
    EXPECT_EQ(position(ask(people[7])), 6) << "the old place: six are counted before";
    EXPECT_EQ(position(ask(last)), 6) << "nobody else's number grows";
    scene->start();
    world().run();
  }
  ASSERT_EQ(world().call(admin("POST", path, fmt::format(R"({{"userIds":["{}"]}})", user(9)))).status, 200);
  EXPECT_EQ(position(ask(people[7])), 1) << "given again, behind the other one";
}

// R-Q11, R-Q17
TEST_P(WaitingRoom, is_emptied_by_an_operator_with_the_holds_of_those_inside) {
  open("admission: capacity, capacity: 2, active_ttl: 5m");
  const Visitor holder = join(1);
  for (std::uint64_t n = 2; n <= 1200; ++n) join(n);
  world().run();
  const std::int64_t reservation = scene->hold_seat(holder, 7);
  const auto paused = world().call(admin("POST", "/admin/events/1/queue/pause"));
  ASSERT_EQ(paused.status, 200);
  const std::string trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const auto emptied =
      world().call(admin("POST", "/admin/events/1/queue/empty").with_header("traceparent", trace));
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
  for (const auto& [id, event] : scene->memory.tables().outbox)  // R-E2: of all commands of this request
    EXPECT_EQ(event.trace, event.type == "stagedoor.reservation.cancelled.v1" ? trace : "") << event.type;
  EXPECT_EQ(scene->memory.tables().outbox.rbegin()->second.type, "stagedoor.reservation.cancelled.v1");
}

// R-X5, R-Q17
TEST_P(WaitingRoom, is_emptied_once_for_an_idempotency_key) {
  open("admission: capacity, capacity: 1, active_ttl: 5m");
  join(1);
  join(2);
  const Call empty = admin("POST", "/admin/events/1/queue/empty").with_key("once");
  const ApiReply first = world().call(empty);
  ASSERT_EQ(first.status, 200) << first.body;
  const Visitor later = join(3);
  const ApiReply again = world().call(empty);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.header("Idempotency-Hit"), "true");
  EXPECT_NE(status(ask(later)), "EXPIRED");
  EXPECT_EQ(world().call(admin("POST", "/admin/events/9/queue/empty").with_key("once")).code(),
            "EVENT_NOT_FOUND");
  EXPECT_EQ(
      number(world().call(admin("POST", "/admin/events/1/queue/empty").with_key("twice")).data(), "people"),
      1);
}

// R-Q17
TEST_P(WaitingRoom, an_emptying_that_fails_half_way_is_in_the_log_with_what_was_done) {
  open("admission: capacity, capacity: 1, active_ttl: 5m");
  for (std::uint64_t n = 1; n <= 1200; ++n) world().send(test::join(user(n), 1));
  world().run();
  scene->store.refuses = [](const Batch& batch) {
    return std::ranges::any_of(batch.line.rows(), [](const auto& one) { return one.row.place == 700; });
  };
  const Call empty = admin("POST", "/admin/events/1/queue/empty").with_key("k");
  EXPECT_EQ(world().call(empty).code(), "STORE_UNAVAILABLE");
  const auto& log = scene->memory.tables().log;
  EXPECT_EQ(log.rbegin()->second.action, "queue.empty");
  EXPECT_EQ(log.rbegin()->second.detail, R"({"people":999,"notRemoved":201})");
  EXPECT_EQ(std::next(log.rbegin())->second.detail, R"({"people":1200})")
      << "said before the first was removed";
  scene->store.refuses = {};
  EXPECT_EQ(number(world().call(empty).data(), "people"), 201) << "a failure is not remembered";
}

// R-Q16
TEST_P(WaitingRoom, shows_waiting_users_the_stock_and_that_everything_is_sold) {
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

// R-Q16: operators create the event first and its dates afterwards.
TEST_P(WaitingRoom, says_sold_out_only_of_an_event_that_has_dates) {
  open("admission: capacity, capacity: 1, active_ttl: 5m");
  const auto made = world().call(
      admin("POST", "/admin/events",
            R"({"id":7,"name":"New","on_sale":{"from":"2029-01-01T00:00:00Z","until":"2096-01-01T00:00:00Z"},
                "queue":{"admission":"capacity","capacity":1,"poll_min":"0s"}})"));
  ASSERT_EQ(made.status, 201) << made.body;
  world().call(test::join(user(1), 7));
  world().run();
  EXPECT_FALSE(world().call(test::join(user(2), 7)).data().at("soldOut").as_bool());
  EXPECT_FALSE(world().call({"GET", "/queue/public/7"}).data().at("soldOut").as_bool());
}

// R-Q16: also who is inside.
TEST_P(WaitingRoom, tells_fans_inside_that_everything_is_sold) {
  open("admission: capacity, capacity: 2, active_ttl: 5m");
  const Visitor buyer = join(1), other = join(2);
  world().run();
  for (int number = 2; number <= 50; ++number)
    world().call(
        admin("POST", "/admin/dates/1/seats/block", fmt::format(R"({{"seatNumbers":[{}]}})", number)));
  world().call(charge(buyer, 10'000'000));
  const std::int64_t held = scene->hold_seat(buyer, 1);
  EXPECT_FALSE(ask(other).data().at("soldOut").as_bool());
  ASSERT_EQ(world().call(pay(buyer, held)).status, 200);
  EXPECT_EQ(status(ask(other)), "ACTIVATED");
  EXPECT_TRUE(ask(other).data().at("soldOut").as_bool());
}

// R-Q1, R-Q2: nobody waits for a sale that is over, and a sale that is extended gives the places back.
TEST_P(WaitingRoom, ends_the_waiting_with_the_sale_and_revives_it_when_the_sale_is_extended) {
  open("admission: capacity, capacity: 1, active_ttl: 5m");
  const Visitor inside = join(1), first = join(2), second = join(3);
  world().run();
  const auto change = [&](const std::string& event) {
    ASSERT_EQ(world().call(admin("PATCH", "/admin/events/1", event)).status, 200);
    world().run();
  };
  const auto reason = [&](const Visitor& who) { return text(ask(who).data(), "reason"); };
  change(R"({"on_sale":{"from":"2029-01-01T00:00:00Z","until":"2030-01-01T00:01:00Z"}})");
  EXPECT_EQ(status(ask(first)), "CREATED");
  wait(Millis(60'000));
  EXPECT_EQ(status(ask(first)), "EXPIRED");
  EXPECT_EQ(reason(first), "SALE_OVER");
  EXPECT_EQ(text(ask(first).data(), "expiresAt"), "2030-01-01T00:01:00.000Z");
  EXPECT_TRUE(ask(first).data().at("estimatedWaitSeconds").is_null());
  EXPECT_GE(number(ask(first).data(), "pollAfterMs"), 10'000) << "nothing happens any more";
  EXPECT_EQ(status(ask(inside)), "ACTIVATED") << "a live hold can be paid";
  change(R"({"on_sale":{"from":"2029-01-01T00:00:00Z","until":"2040-01-01T00:00:00Z"}})");
  EXPECT_EQ(status(ask(second)), "CREATED");
  EXPECT_EQ(position(ask(second)), 1) << "the old place";
  EXPECT_TRUE(ask(second).data().at("reason").is_null());
  change(R"({"closed":true})");
  EXPECT_EQ(reason(first), "SALE_OVER");
  EXPECT_EQ(world().call(test::join(user(9), 1)).code(), "EVENT_NOT_ON_SALE");
}

// R-Q1
TEST_P(WaitingRoom, says_why_a_place_is_expired_also_after_a_restart) {
  open("admission: capacity, capacity: 3, active_ttl: 5m");
  const Visitor pays = join(1), leaves = join(2), idles = join(3), waits = join(4), stays = join(5);
  world().run();
  EXPECT_TRUE(ask(pays).data().at("reason").is_null());
  world().call(charge(pays, 10'000'000));
  ASSERT_EQ(world().call(pay(pays, scene->hold_seat(pays, 1))).status, 200);
  EXPECT_EQ(text(world().call(leave(leaves.token)).data(), "reason"), "LEFT");
  world().run();
  world().call(admin("POST", "/admin/events/1/queue/pause"));
  world().call(leave(join(6).token));
  wait(Millis(300'000));
  ASSERT_EQ(world().call(admin("POST", "/admin/events/1/queue/resume")).status, 200);
  ASSERT_EQ(world().call(admin("POST", "/admin/events/1/queue/empty")).status, 200);
  const Visitor last = join(7);
  world().call(leave(last.token));
  for (int round = 0; round < 2; ++round) {
    const auto reason = [&](const Visitor& who) { return text(ask(who).data(), "reason"); };
    EXPECT_EQ(reason(pays), "PAID");
    EXPECT_EQ(reason(leaves), "LEFT");
    for (const auto& who : {idles, waits, stays}) EXPECT_EQ(reason(who), "TURN_OVER");
    EXPECT_EQ(reason(last), "LEFT");
    scene->start();
    world().run();
  }
}

// R-Q1
TEST_P(WaitingRoom, says_who_was_sent_out_by_an_operator) {
  open("admission: capacity, capacity: 1, active_ttl: 5m");
  const Visitor inside = join(1), waits = join(2);
  world().run();
  world().call(admin("POST", "/admin/events/1/queue/pause"));
  ASSERT_EQ(world().call(admin("POST", "/admin/events/1/queue/empty")).status, 200);
  scene->start();
  for (const auto& who : {inside, waits}) EXPECT_EQ(text(ask(who).data(), "reason"), "EMPTIED");
}

// R-Q1, R-Q14
TEST_P(WaitingRoom, tells_how_many_are_behind_and_how_many_were_admitted_in_the_last_minute) {
  open("admission: interval, people: 1, every: 10s, presence_timeout: 60s");
  const std::vector<Visitor> people = {join(1), join(2), join(3), join(4), join(5)};
  world().run();
  EXPECT_EQ(number(ask(people[1]).data(), "behind"), 3);
  EXPECT_EQ(number(ask(people[4]).data(), "behind"), 0);
  EXPECT_TRUE(ask(people[0]).data().at("behind").is_null()) << "inside";
  scene->clock.advance(Millis(250));  // numbers of the rate are kept for so long
  EXPECT_EQ(number(ask(people[4]).data(), "admittedLastMinute"), 1);
  wait_while_polling(Millis(25'000), people);
  EXPECT_EQ(number(ask(people[4]).data(), "admittedLastMinute"), 3);
  world().call(leave(people[4].token));
  EXPECT_EQ(number(ask(people[3]).data(), "behind"), 0);
}

// R-Q1, R-Q17
TEST_P(WaitingRoom, tells_waiting_fans_since_when_it_is_paused_and_what_the_operator_says) {
  open("admission: capacity, capacity: 1, active_ttl: 5m");
  const Visitor inside = join(1), fan = join(2);
  world().run();
  EXPECT_TRUE(ask(fan).data().at("paused").is_null());
  const auto pause = [&](const std::string& body) {
    return world().call(admin("POST", "/admin/events/1/queue/pause", body));
  };
  for (const auto& text : std::vector<std::string>{"", " ", "a\\nb", "a\\u0000b", std::string(501, 'x')}) {
    const ApiReply refused = pause(fmt::format(R"({{"text":"{}"}})", text));
    EXPECT_EQ(refused.status, 400) << text;
    EXPECT_THAT(refused.body, HasSubstr(R"("path":"text")"));
  }
  ASSERT_EQ(pause(R"({"text":"Fire alarm. 잠시만요."})").status, 200);
  scene->clock.advance(Millis(5000));
  const std::string told = R"("paused":{"since":"2030-01-01T00:00:00.000Z","text":"Fire alarm. 잠시만요."})";
  for (int round = 0; round < 2; ++round) {
    EXPECT_THAT(ask(fan).body, HasSubstr(told));
    EXPECT_TRUE(ask(inside).data().at("paused").is_null());
    scene->start();
    world().run();
  }
  ASSERT_EQ(pause(R"({"text":"It goes on in an hour."})").status, 200);
  EXPECT_THAT(ask(fan).body, HasSubstr(R"("paused":{"since":"2030-01-01T00:00:00.000Z","text":"It goes on)"));
  world().call(admin("POST", "/admin/events/1/queue/resume"));
  EXPECT_TRUE(ask(fan).data().at("paused").is_null());
  ASSERT_EQ(pause("").status, 200);
  EXPECT_THAT(ask(fan).body, HasSubstr(R"("paused":{"since":"2030-01-01T00:00:05.000Z","text":""})"));
}

// R-Q14, R-Q15: nobody is admitted before the opening.
TEST_P(WaitingRoom, counts_the_time_to_the_opening_into_the_wait) {
  open("admission: interval, people: 10, every: 10s", Millis(3'600'000));
  for (std::uint64_t n = 1; n <= 20; ++n) join(n);
  const ApiReply told = ask(join(21));
  EXPECT_EQ(position(told), 20);
  EXPECT_EQ(number(told.data(), "estimatedWaitSeconds"), 3620);
  EXPECT_GE(number(told.data(), "pollAfterMs"), 30'000);
  scene->clock.set(kOpen + Millis(3'600'000));
  EXPECT_LT(number(ask(join(22)).data(), "estimatedWaitSeconds"), 200);
}

TEST_P(WaitingRoom, shows_its_public_numbers_to_caches) {
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
