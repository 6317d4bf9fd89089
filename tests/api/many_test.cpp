// The "must hold" list with real connections: many at once on one seat, one wallet, one payment, one queue.
// STAGEDOOR_TEST_LONG=1: as many as the list says; else fewer connections carry the same calls.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <random>
#include <set>
#include <thread>

#include "adapters/system/clock.h"
#include "cluster/deployment.h"
#include "support/calls.h"
#include "support/catalogue.h"
#include "support/long_run.h"

namespace stagedoor::test {
namespace {

using Statuses = std::map<int, int>;

std::string hall(int seats, std::string_view policy = "seats_per_user: 4, hold_ttl: 5m") {
  std::string yaml =
      club_night("admission: capacity, capacity: 1000000, active_ttl: 10m, poll_min: 0s", policy);
  return yaml.replace(yaml.find("seats: 50"), 9, "seats: " + std::to_string(seats));
}

// How the calls were answered: 200s by their status, refusals by their code.
std::map<std::string, int> outcomes(const std::vector<crowd::Reply>& replies) {
  std::map<std::string, int> counts;
  for (const auto& reply : replies) {
    const ApiReply told(reply);
    ++counts[told.ok() ? std::to_string(told.status) : told.code() + told.error];
  }
  return counts;
}

struct Sale {
  Deployment servers;
  Api api{servers.urls()};

  explicit Sale(const std::string& catalogue, std::vector<std::pair<std::string, std::string>> settings = {})
      : servers(catalogue, std::move(settings)) {}
  std::vector<Visitor> enter_all(std::size_t count) {
    return test::enter_all(servers.urls(), 1, count, 1, 200);
  }
  std::vector<crowd::Reply> burst(const std::vector<Call>& calls, std::size_t connections) {
    return test::burst(servers.urls(), calls, connections);
  }
  void expect_clean_audit() {
    const CommandResult audit = servers.audit();
    EXPECT_EQ(audit.exit_code, 0) << audit.out << audit.err;
  }
};

// R-S5
TEST(Many, ten_thousand_clients_on_one_seat_give_one_hold) {
  Sale sale(hall(50));
  const auto fans = sale.enter_all(10'000);
  const std::int64_t seat = free_seats(sale.api, fans[0], 1)[20];
  std::vector<Call> calls;
  for (const Visitor& fan : fans) calls.push_back(hold(fan, seat));
  const auto replies = sale.burst(calls, is_long() ? 9000 : 1000);
  EXPECT_EQ(outcomes(replies), (std::map<std::string, int>{{"201", 1}, {"SEAT_OCCUPIED", 9999}}));
  sale.expect_clean_audit();
}

// R-S6
TEST(Many, fifty_clients_on_fifty_seats_all_have_theirs) {
  Sale sale(hall(50));
  const auto fans = sale.enter_all(50);
  const auto seats = free_seats(sale.api, fans[0], 1);
  std::vector<Call> calls;
  for (std::size_t i = 0; i < 50; ++i) calls.push_back(hold(fans[i], seats[i]));
  EXPECT_EQ(count_statuses(sale.burst(calls, 50)), (Statuses{{201, 50}}));
  EXPECT_EQ(sale.api.send(list_seats(fans[0].token, 1)).code(), "NO_SEAT_AVAILABLE");
}

// R-S5, R-C7
TEST(Many, a_crowd_on_the_best_seats_takes_none_twice_and_the_count_is_exact) {
  constexpr std::size_t kSeats = 15'000;
  Sale sale(hall(kSeats));
  const auto fans = sale.enter_all(1000);
  const auto seats = free_seats(sale.api, fans[0], 1);
  ASSERT_EQ(seats.size(), kSeats);
  std::mt19937 random(7);
  std::vector<Call> calls;
  for (int round = 0; round < 4; ++round) {
    for (const Visitor& fan : fans)
      calls.push_back(hold(fan, seats[random() % (random() % 10 < 8 ? kSeats / 5 : kSeats)]));
  }
  const auto replies = sale.burst(calls, 1000);
  std::set<std::int64_t> taken;
  for (const auto& reply : replies) {
    const ApiReply told(reply);
    if (told.status == 201) {
      EXPECT_TRUE(taken.insert(number(told.data(), "seatId")).second) << told.body;
    } else {
      EXPECT_TRUE(told.status == 200 || told.code() == "SEAT_OCCUPIED") << told.status << told.body;
    }
  }
  EXPECT_GT(taken.size(), 2000u);
  auto left = free_seats(sale.api, fans[0], 1);
  // A large map may be older by ten times what it costs (R-C8).
  for (int i = 0; i < 100 && left.size() != kSeats - taken.size(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    left = free_seats(sale.api, fans[0], 1);
  }
  EXPECT_EQ(left.size(), kSeats - taken.size());
  EXPECT_EQ(number(sale.api.send(list_dates(fans[0].token, 1)).data().at(0), "seatCount"),
            std::int64_t(left.size()));
  for (const std::int64_t seat : left) ASSERT_FALSE(taken.contains(seat));
  sale.expect_clean_audit();
}

// R-W6
TEST(Many, charges_and_uses_of_one_wallet_come_out_to_the_won) {
  constexpr std::int64_t kMany = 3000;
  Sale sale(hall(kMany, "seats_per_user: 100000, hold_ttl: 5m"), {{"wallet.balance_max", "1000000000"}});
  const Visitor who = enter(sale.api, user(1), 1);
  const auto seats = free_seats(sale.api, who, 1);
  std::vector<Call> holds;
  for (const std::int64_t seat : seats) holds.push_back(hold(who, seat));
  std::vector<Call> calls;
  for (const auto& reply : sale.burst(holds, 100))
    calls.push_back(pay(who, number(ApiReply(reply).data(), "id")));
  ASSERT_EQ(calls.size(), std::size_t(kMany));
  give_money(sale.api, who, kMany * 110'000);  // so that no use is refused
  for (std::int64_t i = 0; i < kMany; ++i) calls.push_back(charge(who, 1 + i));
  std::shuffle(calls.begin(), calls.end(), std::mt19937(8));
  EXPECT_EQ(count_statuses(sale.burst(calls, 300)), (Statuses{{200, 2 * kMany}}));
  EXPECT_EQ(number(sale.api.send(get_balance(who)).data(), "balance"), kMany * (kMany + 1) / 2);
  sale.expect_clean_audit();
}

// R-P5
TEST(Many, a_hundred_payments_of_one_hold_deduct_once) {
  Sale sale(hall(50));
  const Visitor who = enter(sale.api, user(1), 1);
  give_money(sale.api, who, 50'000'000);
  const std::int64_t id = number(sale.api.send(hold(who, free_seats(sale.api, who, 1)[0])).data(), "id");
  EXPECT_EQ(outcomes(sale.burst(std::vector<Call>(100, pay(who, id)), 100)),
            (std::map<std::string, int>{{"200", 1}, {"RESERVATION_ALREADY_PAID", 99}}));
  EXPECT_EQ(number(sale.api.send(get_balance(who)).data(), "balance"), 50'000'000 - 110'000);
}

// R-P5, R-S4: the payment is sent so that it arrives around the end of the hold, beside rivals for the seat.
TEST(Many, payment_and_expiry_exclude_each_other) {
  Sale sale(hall(50, "seats_per_user: 50, hold_ttl: 300ms, refund_until: 2096-01-01T00:00:00Z"));
  const auto seats = free_seats(sale.api, enter(sale.api, user(1), 1), 1);
  int paid = 0, released = 0;
  for (int round = 0; round < (is_long() ? 40 : 6); ++round) {
    const auto fans = sale.enter_all(50);  // who has paid has to join again; half are owners, half rivals
    std::vector<Call> holds;
    for (std::size_t i = 0; i < 25; ++i) holds.push_back(hold(fans[i], seats[i]));
    std::vector<std::int64_t> ids;
    TimePoint ends{};
    for (std::size_t i = 0; const auto& reply : sale.burst(holds, 25)) {
      const ApiReply held(reply);
      ASSERT_EQ(held.status, 201) << held.body;
      ids.push_back(number(held.data(), "id"));
      ends = std::max(ends, *parse_rfc3339(text(held.data(), "expiresAt")));
      give_money(sale.api, fans[i++], 110'000);
    }
    std::vector<Call> calls;
    for (std::size_t i = 0; i < 25; ++i) {
      calls.push_back(pay(fans[i], ids[i]));
      calls.push_back(hold(fans[25 + i], seats[i]));
    }
    while (system::SystemClock().now() < ends - Millis(4)) {
    }
    const auto replies = sale.burst(calls, 50);
    std::vector<Call> undo;
    for (std::size_t i = 0; i < 25; ++i) {
      const ApiReply pays(replies[2 * i]), rival(replies[2 * i + 1]);
      ASSERT_TRUE(pays.ok() || pays.code() == "RESERVATION_EXPIRED") << pays.body;
      ASSERT_TRUE(rival.ok() || rival.code() == "SEAT_OCCUPIED") << rival.body;
      ASSERT_FALSE(pays.ok() && rival.ok()) << pays.body << rival.body;
      paid += pays.ok();
      released += rival.ok();
      if (pays.ok()) undo.push_back(refund(fans[i], ids[i]));
      if (rival.ok()) undo.push_back(cancel(fans[25 + i], number(rival.data(), "id")));
    }
    sale.burst(undo, 25);
  }
  EXPECT_GT(paid + released, 0);
  sale.expect_clean_audit();
}

// R-Q7
TEST(Many, one_user_joining_from_a_hundred_connections_has_one_place) {
  Sale sale(hall(50));
  std::set<std::string> tokens;
  const auto replies = sale.burst(std::vector<Call>(100, join(user(1), 1)), 100);
  for (const auto& reply : replies) tokens.insert(text(ApiReply(reply).data(), "token"));
  EXPECT_EQ(tokens.size(), 1u);
  EXPECT_EQ(count_statuses(replies), (Statuses{{200, 99}, {201, 1}}));
}

// R-Q9: by their stamps and positions.
TEST(Many, ten_thousand_joins_have_places_in_the_order_of_their_acceptance) {
  Sale sale(club_night("admission: capacity, capacity: 1, active_ttl: 10m, poll_min: 0s"));
  enter(sale.api, user(999'999), 1);
  std::vector<Call> joins;
  for (std::uint64_t n = 1; n <= 10'000; ++n) joins.push_back(join(user(n), 1));
  std::vector<std::pair<std::string, std::string>> by_issue;  // issuedAt, token
  for (const auto& reply : sale.burst(joins, 1000)) {
    const ApiReply joined(reply);
    ASSERT_EQ(joined.status, 201) << joined.body;
    by_issue.emplace_back(text(joined.data(), "issuedAt"), text(joined.data(), "token"));
  }
  std::vector<Call> polls;
  for (const auto& [issued, token] : by_issue) polls.push_back(queue_status(token));
  std::vector<std::pair<std::int64_t, std::string>> by_place;
  for (std::size_t i = 0; const auto& reply : sale.burst(polls, 1000))
    by_place.emplace_back(number(ApiReply(reply).data(), "position"), by_issue[i++].first);
  std::sort(by_place.begin(), by_place.end());
  for (std::size_t i = 0; i < by_place.size(); ++i) {
    ASSERT_EQ(by_place[i].first, std::int64_t(i));
    ASSERT_LE(by_place[i == 0 ? 0 : i - 1].second, by_place[i].second);
  }
}

}  // namespace
}  // namespace stagedoor::test
