// R-M1, R-M3, R-M5: three real servers over one PostgreSQL, every call to another one, while they are killed,
// paused, cut off, restarted, and while the database is. STAGEDOOR_TEST_LONG=1: more rounds;
// STAGEDOOR_TEST_ROUNDS=100: so many rounds of faults, and longer ones (docs/bench/cluster.md).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <random>
#include <set>
#include <thread>

#include "cluster/cluster.h"
#include "cluster/linearizable.h"
#include "cluster/workload.h"
#include "crash/rush.h"
#include "support/calls.h"
#include "support/catalogue.h"
#include "support/long_run.h"
#include "support/test_seed.h"

namespace stagedoor::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Steady = std::chrono::steady_clock;
using testing::IsEmpty;
using testing::Le;

class Instances : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = PostgresServer::missing()) GTEST_SKIP() << *why;
  }
};

// R-M2, R-Q18, R-S5, R-S6, R-Q7: the rules of one instance across three, PostgreSQL the truth of bookings and
// of the line.
TEST_F(Instances, keep_the_rules_together) {
  Cluster cluster(club_night());
  std::vector<std::unique_ptr<Api>> apis;
  for (const auto& url : cluster.urls()) apis.push_back(std::make_unique<Api>(url));
  std::vector<Visitor> fans;
  for (std::uint64_t n = 1; n <= 60; ++n) fans.push_back(enter(*apis[n % 3], user(n), 1));
  const auto seats = free_seats(*apis[1], fans[0], 1);

  // One seat, sixty fans over three instances at once.
  std::vector<std::vector<Call>> calls(3);
  for (std::size_t i = 0; i < fans.size(); ++i) calls[i % 3].push_back(hold(fans[i], seats[0]));
  std::vector<std::vector<crowd::Reply>> replies(3);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < 3; ++i)
      threads.emplace_back([&, i] { replies[i] = burst(cluster.server(i).url(), calls[i], 20); });
  }
  std::map<int, int> statuses;
  for (const auto& some : replies)
    for (const auto& reply : some) ++statuses[reply.status];
  EXPECT_EQ(statuses, (std::map<int, int>{{201, 1}, {409, 59}}));

  // R-C9: the availability has the same bytes and the same tag everywhere.
  const auto availability = [&](std::size_t i) {
    const ApiReply reply = apis[i]->send(
        {.method = "GET", .target = "/events/properties/1/availability", .token = fans[0].token});
    EXPECT_EQ(number(reply.data(), "seatCount"), std::int64_t(seats.size()) - 1) << i;
    return std::pair(reply.header("ETag"), reply.body);
  };
  for (std::size_t i = 0; i < 3; ++i) {
    while (free_seats(*apis[i], fans[0], 1).size() == seats.size()) {
    }
    EXPECT_EQ(availability(i), availability(0)) << i;
  }

  // Joining again anywhere finds the same place; the token is good everywhere.
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(text(apis[i]->send(join(fans[5].user, 1)).data(), "token"), fans[5].token);
    EXPECT_EQ(apis[i]->send(list_dates(fans[5].token, 1)).status, 200) << i;
  }

  // A visit that ends here has ended there, for anything that writes.
  for (std::size_t n = 10; n < 20; ++n) {
    ASSERT_TRUE(apis[n % 3]->send(leave(fans[n].token)).ok());
    EXPECT_EQ(apis[(n + 2) % 3]->send(join(fans[n].user, 1)).status, 201) << "a new place, not the old one";
    EXPECT_EQ(apis[(n + 1) % 3]->send(hold(fans[n], seats[n])).code(), "TOKEN_EXPIRED");
  }

  // And who is let in there may look here at once.
  for (std::uint64_t n = 100; n < 130; ++n) {
    const ApiReply joined = apis[n % 3]->send(join(user(n), 1));
    const std::string token = text(joined.data(), "token");
    while (text(apis[n % 3]->send(queue_status(token)).data(), "status") != "ACTIVATED") {
    }
    EXPECT_EQ(apis[(n + 1) % 3]->send(list_dates(token, 1)).status, 200) << n;
  }
  const CommandResult audit = cluster.audit();
  EXPECT_EQ(audit.exit_code, 0) << audit.out << audit.err;
  const CommandResult fairness = cluster.server(0).run({"fairness", "--event", "1"});  // R-Q17
  EXPECT_EQ(fairness.exit_code, 0) << fairness.out << fairness.err;
  EXPECT_EQ(cluster.server(0).run({"fairness", "--event", "99"}).exit_code, 2);
}

// R-S13, R-M2: two instances at once choose two seats side by side for each of 100 fans: no seat is chosen
// twice, and nobody is refused before single seats are all that is left.
TEST_F(Instances, choose_best_seats_that_never_collide) {
  Cluster cluster(hall(200, "admission: capacity, capacity: 1000000, active_ttl: 5m, poll_min: 0s"), 2);
  const auto urls = cluster.urls();
  const auto fans = enter_all(urls, 1, 100, 1, 20);
  std::vector<Call> calls;
  for (const Visitor& fan : fans) calls.push_back(hold_best(fan, 1, 2));
  std::set<std::int64_t> seats;
  std::size_t chosen = 0;
  for (const crowd::Reply& reply : burst(urls, calls, 40)) {
    if (reply.status == 409) {
      EXPECT_THAT(reply.body, testing::HasSubstr(R"("largest":1})"));
      continue;
    }
    ASSERT_EQ(reply.status, 201) << reply.body;
    const auto held = ApiReply(reply).data();
    for (const auto& row : held.at("reservations").as_array()) seats.insert(number(row, "seatId")), ++chosen;
  }
  EXPECT_EQ(seats.size(), chosen);
  EXPECT_GE(chosen, 160u);
  const CommandResult audit = cluster.audit();
  EXPECT_EQ(audit.exit_code, 0) << audit.out << audit.err;
}

// R-P4: two lanes that pay a user's last two holds at once end the visit.
TEST_F(Instances, two_that_pay_the_last_two_holds_end_the_visit) {
  Cluster cluster(hall(4000, "admission: capacity, capacity: 1000000, active_ttl: 5m, poll_min: 0s"), 2);
  const auto urls = cluster.urls();
  Api first(urls[0]), second(urls[1]);
  const auto seats = free_seats(first, enter(first, user(1'000'000), 1), 1);
  const int rounds = is_long() ? 1000 : 100;
  for (int n = 0; n < rounds; ++n) {
    const Visitor fan = enter(first, user(std::uint64_t(n) + 1), 1);
    ASSERT_TRUE(first.send(charge(fan, 220'000)).ok());
    const auto one = number(first.send(hold(fan, seats[std::size_t(2 * n)])).data(), "id");
    const auto two = number(second.send(hold(fan, seats[std::size_t(2 * n + 1)])).data(), "id");
    std::optional<ApiReply> paid;
    {
      const std::jthread beside([&] { paid.emplace(second.send(pay(fan, two))); });
      ASSERT_TRUE(first.send(pay(fan, one)).ok());
    }
    ASSERT_TRUE(paid->ok()) << paid->body;
    ASSERT_EQ((n % 2 ? first : second).send(hold(fan, seats.back())).code(), "TOKEN_EXPIRED") << n;
  }
}

// A stopped instance that has the writers' lock, or any other, delays the others by at most 3 s; and when it
// goes on it neither writes nor answers from what it remembers.
TEST_F(Instances, one_that_is_stopped_does_not_stop_the_others) {
  Cluster cluster(hall(200, "admission: capacity, capacity: 1000000, active_ttl: 5m, poll_min: 0s"));
  const auto urls = cluster.urls();
  Api first(urls[0]), second(urls[1]);
  const Visitor fan = enter(first, user(1), 1);
  const auto seats = free_seats(first, fan, 1);
  std::mt19937 random(test_seed(5));
  for (int round = 0; round < (is_long() ? 12 : 6); ++round) {
    // Stopped at any point of its work.
    std::jthread busy([&](const std::stop_token& is_over) {
      Api api(urls[2]);
      while (!is_over.stop_requested()) api.send(charge({user(77), fan.token}, 1));
    });
    std::this_thread::sleep_for(milliseconds(20 + random() % 30));
    ::kill(cluster.server(2).pid(), SIGSTOP);
    const auto begin = Steady::now();
    // Reads go on, for what nobody can write nobody misses.
    std::jthread reader([&](const std::stop_token& is_over) {
      Api api(urls[1]);
      while (!is_over.stop_requested()) {
        const ApiReply map = api.send(list_seats(fan.token, 1));
        if (map.status == 200) continue;
        ADD_FAILURE() << map.status << ' ' << map.body;
        break;
      }
    });
    const ApiReply held = first.send(hold(fan, seats[std::size_t(round)]));
    const auto took = std::chrono::duration_cast<milliseconds>(Steady::now() - begin);
    EXPECT_EQ(held.status, 201) << held.body;
    EXPECT_THAT(took.count(), Le(3000));
    EXPECT_TRUE(second.send(cancel(fan, number(held.data(), "id"))).ok());
    EXPECT_EQ(second.send(hold(fan, seats[std::size_t(round)])).status, 201);
    std::this_thread::sleep_for(milliseconds(1500));
    busy.request_stop();
    reader = {};
    ::kill(cluster.server(2).pid(), SIGCONT);
    // From the first answer it gives it knows what happened meanwhile, or says that it does not.
    Api third(urls[2]);
    const ApiReply map = third.send(list_seats(fan.token, 1));
    if (map.status == 200) {
      for (const auto& seat : map.data().at("seat").as_array()) {
        if (number(seat, "id") != seats[std::size_t(round)]) continue;
        EXPECT_EQ(text(seat, "status"), "OCCUPIED");
      }
    } else {
      EXPECT_EQ(map.code(), "STORE_UNAVAILABLE") << map.body;
    }
    busy.join();
    cluster.wait_until_ready();
  }
  EXPECT_EQ(cluster.audit().exit_code, 0);
}

struct Fault {
  const char* name;
  std::function<void(Cluster&, std::size_t instance, bool is_long)> happen;
};

void pause_for(milliseconds time) { std::this_thread::sleep_for(time); }

const std::vector<Fault>& faults() {
  static const std::vector<Fault> all = {
      {"kill -9",
       [](Cluster& cluster, std::size_t i, bool) {
         cluster.server(i).kill9();
         pause_for(milliseconds(300));
         cluster.server(i).start();
       }},
      {"stopped",
       [](Cluster& cluster, std::size_t i, bool is_long) {
         ::kill(cluster.server(i).pid(), SIGSTOP);
         pause_for(is_long ? seconds(10) : seconds(3));
         ::kill(cluster.server(i).pid(), SIGCONT);
       }},
      {"PostgreSQL restarted",
       [](Cluster& cluster, std::size_t, bool) { cluster.postgres().restart(PostgresServer::How::fast); }},
      {"PostgreSQL lost", [](Cluster& cluster, std::size_t,
                             bool) { cluster.postgres().restart(PostgresServer::How::immediate); }},
      {"cut off",
       [](Cluster& cluster, std::size_t i, bool is_long) {
         cluster.proxy(i).keep_out();
         cluster.proxy(i).cut();
         pause_for(is_long ? seconds(5) : seconds(2));
         cluster.proxy(i).let_in();
       }},
      {"silence",
       [](Cluster& cluster, std::size_t i, bool is_long) {
         cluster.proxy(i).pause();
         pause_for(is_long ? seconds(5) : seconds(3));
         cluster.proxy(i).resume();
       }},
      {"answer to a commit lost",
       [](Cluster& cluster, std::size_t i, bool) {
         for (int times = 0; times < 3; ++times) {
           cluster.proxy(i).lose_answer_after("COMMIT");
           pause_for(milliseconds(200));
         }
       }},
      {"commit lost",
       [](Cluster& cluster, std::size_t i, bool) {
         cluster.proxy(i).lose_message_with("COMMIT");
         pause_for(milliseconds(200));
       }},
      {"stopped and started in order",
       [](Cluster& cluster, std::size_t i, bool) { cluster.server(i).restart(); }}};
  return all;
}

// R-Q9, R-Q10, R-P2, R-S5, R-M1: "afterwards: no seat twice, money exact, places in order, limits never
// exceeded, audit clean; every answered request is still true, nothing answered as refused was done", and no
// fan sees anything strange on the way.
TEST_F(Instances, survive_whatever_happens_to_them) {
  constexpr std::int64_t kPeople = 40, kEvery = 1000, kInside = 120;
  Cluster cluster(
      hall(std::getenv("STAGEDOOR_TEST_ROUNDS") ? 60'000 : 20'000,
           "admission: both, people: 40, every: 1s, capacity: 120, active_ttl: 5s, visit_max: 20s, "
           "presence_timeout: 20s, poll_min: 1s"));
  const auto urls = cluster.urls();
  std::vector<std::int64_t> seats;
  {
    Api api(urls[0]);
    seats = free_seats(api, enter(api, user(1'000'000), 1), 1);
  }
  Rush rush(200, seats, test_seed(21));
  std::mt19937 random(test_seed(22));
  const char* const asked = std::getenv("STAGEDOOR_TEST_ROUNDS");
  const std::size_t rounds = asked ? std::size_t(std::atoi(asked)) : faults().size() * (is_long() ? 2 : 1);
  for (std::size_t round = 0; round < rounds; ++round) {
    const Fault& fault = faults()[round % faults().size()];
    const std::size_t instance = random() % cluster.size();
    SCOPED_TRACE(fmt::format("round {}: {}, instance {}", round, fault.name, instance));
    std::jthread fans([&](const std::stop_token& is_over) {
      rush.run_through(urls, [&] { return !is_over.stop_requested(); });
    });
    pause_for(milliseconds(300 + random() % 400));
    fault.happen(cluster, instance, asked != nullptr);
    cluster.wait_until_ready();
    pause_for(milliseconds(300));
    fans.request_stop();
    fans.join();
    const Stored stored = cluster.stored();
    ASSERT_THAT(rush.broken_promises(stored), IsEmpty());
    ASSERT_THAT(rush.strange(), IsEmpty());
    ASSERT_LE(most_at_once(stored), kInside);
    ASSERT_LE(most_begun_within(stored, kEvery), kPeople);
    if (round % 10 == 8 || round + 1 == rounds) {
      const CommandResult audit = cluster.audit();
      ASSERT_EQ(audit.exit_code, 0) << audit.out << audit.err;
    }
  }
  std::size_t lost = 0;  // commits and answers to them
  for (std::size_t i = 0; i < cluster.size(); ++i) lost += std::size_t(cluster.proxy(i).faults());
  EXPECT_GE(lost, 2 * (rounds / faults().size()));
  for (const auto& [kind, count] : rush.promised()) {
    EXPECT_GT(count, 5 * rounds) << kind;
    RecordProperty(kind, int(count));
  }
}

// "Recorded histories of holds, payments and charges are linearizable, per seat and per wallet", whatever
// happens meanwhile.
TEST_F(Instances, answer_as_one_would_whatever_happens_to_them) {
  Cluster cluster(Workload::catalogue(100));
  Workload workload({.urls = cluster.urls(), .seed = test_seed(23)});
  std::mt19937 random(test_seed(24));
  const std::size_t rounds = is_long() ? 2 * faults().size() : faults().size();
  for (std::size_t round = 0; round < rounds; ++round) {
    const Fault& fault = faults()[round % faults().size()];
    const std::size_t instance = random() % cluster.size();
    SCOPED_TRACE(fmt::format("round {}: {}, instance {}", round, fault.name, instance));
    std::jthread clients(
        [&](const std::stop_token& is_over) { workload.run([&] { return !is_over.stop_requested(); }); });
    pause_for(milliseconds(300 + random() % 400));
    fault.happen(cluster, instance, false);
    cluster.wait_until_ready();
    pause_for(milliseconds(300));
    clients.request_stop();
    clients.join();
  }
  workload.look_at_everything();
  EXPECT_THAT(find_violations(workload.history()), IsEmpty());
  for (const auto& [answer, count] : workload.answers()) RecordProperty(answer, int(count));
}

}  // namespace
}  // namespace stagedoor::test
