// R-O1: a date of 2,500 sold seats is cancelled while people wait, and the server is killed half way. It, or
// another instance, goes on, and the money is exact.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "cluster/deployment.h"
#include "support/calls.h"
#include "support/server_process.h"

namespace stagedoor::test {
namespace {

constexpr std::int64_t kPrice = 1000, kBalanceMax = 200'000;
constexpr int kBuyers = 25, kSeatsEach = 100;

// A large date, so that its end takes a second or two: there is a middle in which to die.
constexpr std::string_view kArena = R"(layouts:
  arena: {seats: 20000, category: Standard}
  club: {seats: 50, category: Standard}
events:
  - id: 1
    name: Arena Night
    on_sale: {from: 2020-01-01T00:00:00Z, until: 2096-01-01T00:00:00Z}
    queue: {admission: capacity, capacity: 30, active_ttl: 30m, poll_min: 0s}
    policy: {seats_per_user: 100, hold_ttl: 30m}
    dates:
      - {id: 1, starts_at: 2096-02-01T19:00:00Z, layout: arena, prices: {Standard: 1000}}
      - {id: 2, starts_at: 2096-02-02T19:00:00Z, layout: club, prices: {Standard: 1000}}
)";

class CancelledDate : public testing::Test {
 protected:
  // Every eighth seat is sold, so that the pieces are alike.
  void sell() {
    const std::int64_t first = number(api().send(admin("GET", "/admin/dates/1")).data(), "first_seat");
    for (int buyer = 0; buyer < kBuyers; ++buyer) {
      const Visitor who = enter(*api_, user(std::uint64_t(buyer) + 1), 1);
      ASSERT_EQ(give_money(*api_, who, kBalanceMax), kBalanceMax);
      std::vector<std::int64_t> seats, holds;
      for (int i = 0; i < kSeatsEach; ++i) seats.push_back(first + 8 * (i * kBuyers + buyer));
      const ApiReply held = api().send(hold_all(who, seats));
      ASSERT_EQ(held.status, 201) << held.body;
      for (const auto& row : held.data().at("reservations").as_array()) holds.push_back(number(row, "id"));
      ASSERT_EQ(api().send(pay_all(who, holds)).status, 200);
      // Back to the limit: the refund lifts the balance above it (R-W5).
      ASSERT_EQ(give_money(*api_, who, kPrice * kSeatsEach), kBalanceMax);
      buyers_.push_back(who);
    }
  }
  Api& api() { return *api_; }
  void connect() { api_ = std::make_unique<Api>(sale_.urls()); }
  boost::json::value progress() { return api().send(admin("GET", "/admin/dates/1")).data().at("cancelled"); }
  template <class Condition>
  void await(const Condition& is_so) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!is_so()) {
      ASSERT_LT(std::chrono::steady_clock::now(), until);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  void expect_exact_money() {
    // The instances that answer in turn learn of the last piece one after the other.
    for (std::size_t i = 0; i < 2 * sale_.size(); ++i)
      await([&] { return number(progress(), "seats_done") == 20'000; });
    const boost::json::value done = progress();
    EXPECT_EQ(number(done, "seats_done"), 20'000);
    EXPECT_EQ(number(done, "refunded"), kBuyers * kSeatsEach);
    EXPECT_EQ(number(done, "refunded_amount"), kBuyers * kSeatsEach * kPrice);
    for (const Visitor& who : buyers_) {
      EXPECT_EQ(number(api().send(get_balance(who)).data(), "balance"), kBalanceMax + kPrice * kSeatsEach);
      const auto rows = api().send(list_reservations(who));
      for (const auto& row : rows.data().as_array()) {
        EXPECT_EQ(text(row, "status"), "REFUNDED");
        EXPECT_EQ(text(row.at("dateCancelled"), "reason"), "The roof leaks.");
      }
    }
    const CommandResult audit = sale_.audit();
    EXPECT_EQ(audit.exit_code, 0) << audit.out << audit.err;
  }

  Deployment sale_{std::string(kArena), {{"wallet.balance_max", std::to_string(kBalanceMax)}}};
  std::unique_ptr<Api> api_ = std::make_unique<Api>(sale_.urls());
  std::vector<Visitor> buyers_;
};

TEST_F(CancelledDate, goes_on_after_a_kill_half_way_while_people_wait_R_O1) {
  sell();
  std::vector<std::string> waiting;
  for (std::uint64_t n = 101; n <= 140; ++n)
    waiting.push_back(text(api().send(join(user(n), 1)).data(), "token"));
  ASSERT_EQ(api().send(admin("POST", "/admin/dates/1/cancel", R"({"reason":"The roof leaks."})")).status,
            201);
  await([&] { return number(progress(), "refunded") > 0; });
  sale_.server().kill9();
  const bool is_alone = sale_.size() == 1;
  if (is_alone) {
    const CommandResult half_way = sale_.audit();
    EXPECT_EQ(half_way.exit_code, 0) << half_way.out << half_way.err;
    sale_.server().start();
    connect();
    EXPECT_LT(number(progress(), "refunded"), kBuyers * kSeatsEach) << "it was not killed half way";
  } else {
    auto urls = sale_.urls();
    urls.erase(urls.begin());  // the others go on
    api_ = std::make_unique<Api>(urls);
  }
  // Meanwhile those who waited come in and buy seats of the other date.
  await([&] { return text(api().send(queue_status(waiting[0])).data(), "status") == "ACTIVATED"; });
  const Visitor next{user(101), waiting[0]};
  give_money(*api_, next, kPrice);
  const std::int64_t seat = free_seats(*api_, next, 2).at(0);
  const ApiReply held = api().send(hold(next, seat));
  ASSERT_EQ(held.status, 201) << held.body;
  EXPECT_EQ(api().send(pay(next, number(held.data(), "id"))).status, 200);
  await([&] { return !progress().at("finished_at").is_null(); });
  expect_exact_money();
}

}  // namespace
}  // namespace stagedoor::test
