// One deployment for all tests of a suite: events of every kind are on it, and each test brings fans of its
// own. The suites run twice: through one server over a file, and through three over PostgreSQL.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "adapters/system/clock.h"
#include "cluster/deployment.h"
#include "support/api_document.h"
#include "support/calls.h"

namespace stagedoor::test {

// The events of kSale.
constexpr std::int64_t kClub = 1;  // on sale, everybody is let in at once
constexpr std::int64_t kSoon = 2;  // its sale has not begun
constexpr std::int64_t kOver = 3;  // its sale is over
constexpr std::int64_t kFull = 4;  // one person at a time: who comes second waits
constexpr std::int64_t kWindows =
    5;  // dates 51 not yet, 52 no longer, 53 now, 54 and 55 on one day, 56 four seats
constexpr std::int64_t kGathering = 6;  // people may queue, nobody is let in yet
constexpr std::int64_t kShort = 7;      // holds of 1 s, visits of 3 s, no refunds
constexpr std::int64_t kPolled = 8;     // who waits is told to poll each second

constexpr std::string_view kSale = R"(
layouts:
  club: {seats: 50, category: Standard}
  box: {seats: 4, category: Standard}
  hall:
    sections:
      - {name: A, rows: 2, seats_per_row: 5, category: VIP}
      - {name: B, rows: 3, seats_per_row: 10, category: Regular}
events:
  - id: 1
    name: Winter Club Night
    performer: The Understudies
    venue: Stagedoor Club
    on_sale: {from: 2020-01-01T00:00:00Z, until: 2096-01-01T00:00:00Z}
    queue: {admission: capacity, capacity: 1000000, active_ttl: 5m, poll_min: 0s}
    policy: {seats_per_user: 4, hold_ttl: 5m, refund_until: 2096-01-01T00:00:00Z}
    dates:
      - {id: 1, starts_at: 2096-02-01T19:00:00+09:00, layout: club, prices: {Standard: 110000}}
      - {id: 2, starts_at: 2096-02-02T19:00:00+09:00, layout: hall, prices: {VIP: 300000, Regular: 5000}}
      - {id: 3, starts_at: 2096-02-03T19:00:00+09:00, layout: club, prices: {Standard: 110000}}
  - id: 2
    name: Soon
    on_sale: {from: 2095-01-01T00:00:00Z, until: 2096-01-01T00:00:00Z}
    dates:
      - {id: 20, starts_at: 2096-02-01T19:00:00Z, layout: club, prices: {Standard: 1}}
  - id: 3
    name: Over
    on_sale: {from: 2020-01-01T00:00:00Z, until: 2021-01-01T00:00:00Z}
    dates:
      - {id: 30, starts_at: 2021-02-01T19:00:00Z, layout: club, prices: {Standard: 1}}
  - id: 4
    name: Full
    on_sale: {from: 2020-01-01T00:00:00Z, until: 2096-01-01T00:00:00Z}
    queue: {admission: capacity, capacity: 1, active_ttl: 30m, poll_min: 0s}
    dates:
      - {id: 40, starts_at: 2096-02-01T19:00:00Z, layout: club, prices: {Standard: 1}}
  - id: 5
    name: Windows
    on_sale: {from: 2020-01-01T00:00:00Z, until: 2096-01-01T00:00:00Z}
    queue: {admission: capacity, capacity: 1000000, active_ttl: 5m, poll_min: 0s}
    dates:
      - {id: 51, starts_at: 2096-02-01T19:00:00Z, layout: club, prices: {Standard: 1}, booking: {from: 2095-01-01T00:00:00Z, until: 2096-01-01T00:00:00Z}}
      - {id: 52, starts_at: 2096-02-02T19:00:00Z, layout: club, prices: {Standard: 1}, booking: {from: 2020-01-01T00:00:00Z, until: 2021-01-01T00:00:00Z}}
      - {id: 53, starts_at: 2096-02-03T19:00:00Z, layout: club, prices: {Standard: 1}}
      - {id: 54, starts_at: 2096-02-04T14:00:00Z, layout: club, prices: {Standard: 1}}
      - {id: 55, starts_at: 2096-02-04T10:00:00Z, layout: club, prices: {Standard: 1}}
      - {id: 56, starts_at: 2096-02-06T19:00:00Z, layout: box, prices: {Standard: 1}}
  - id: 6
    name: Gathering
    on_sale: {from: 2095-01-01T00:00:00Z, until: 2096-01-01T00:00:00Z}
    queue: {gather_from: 2020-01-01T00:00:00Z, poll_min: 0s}
    dates:
      - {id: 60, starts_at: 2096-02-01T19:00:00Z, layout: club, prices: {Standard: 1}}
  - id: 7
    name: Short
    on_sale: {from: 2020-01-01T00:00:00Z, until: 2096-01-01T00:00:00Z}
    queue: {admission: capacity, capacity: 1000000, active_ttl: 3s, visit_max: 4s, poll_min: 0s}
    policy: {seats_per_user: 4, hold_ttl: 1s}
    dates:
      - {id: 70, starts_at: 2096-02-01T19:00:00Z, layout: club, prices: {Standard: 1000}}
  - id: 8
    name: Polled
    on_sale: {from: 2020-01-01T00:00:00Z, until: 2096-01-01T00:00:00Z}
    queue: {admission: capacity, capacity: 1, active_ttl: 30m, poll_min: 1s, poll_max: 1s}
    dates:
      - {id: 80, starts_at: 2096-02-01T19:00:00Z, layout: club, prices: {Standard: 1}}
)";

class ApiTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    sale_ = std::make_unique<Deployment>(std::string(kSale));
    document_ = std::make_unique<ApiDocument>(
        Api(sale_->urls()).send({.method = "GET", .target = "/openapi.json"}).json);
  }
  static void TearDownTestSuite() { sale_.reset(); }
  // Every answer is one that the API document describes (R-X8).
  ApiTest() {
    api.observe = [](const Call& call, const ApiReply& reply) {
      EXPECT_EQ(document_->fault(call, reply), "") << call.method << ' ' << call.target << ": " << reply.body;
    };
  }

  Deployment& sale() { return *sale_; }
  // A user whom no test of the process has used.
  static std::string new_user() { return user(++last_user_); }
  // A new user who is inside, with money when asked for.
  Visitor fan(std::int64_t event = kClub, std::int64_t money = 0) {
    const Visitor visitor = enter(api, new_user(), event);
    if (money > 0) give_money(api, visitor, money);
    return visitor;
  }
  // A seat that is free now.
  std::int64_t free_seat(const Visitor& who, std::int64_t date = 1) {
    return free_seats(api, who, date).at(0);
  }
  // The id of a new hold of a free seat.
  std::int64_t new_hold(const Visitor& who, std::int64_t date = 1) {
    return number(api.send(hold(who, free_seat(who, date))).data(), "id");
  }
  void expect_refusal(const Call& call, int status, std::string_view code) {
    const ApiReply reply = api.send(call);
    EXPECT_EQ(reply.status, status) << call.method << ' ' << call.target << ": " << reply.body;
    EXPECT_EQ(reply.code(), code) << call.method << ' ' << call.target << ": " << reply.body;
  }

  // Asks every 10 ms until it is so; fails after ten seconds.
  template <class Condition>
  void await(const Condition& is_so) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!is_so()) {
      ASSERT_LT(std::chrono::steady_clock::now(), until) << "waited in vain";
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  // The servers run on this machine's clock.
  static TimePoint now_of_server() { return system::SystemClock().now(); }

  Api api{sale_->urls()};

 private:
  static inline std::unique_ptr<Deployment> sale_;
  static inline std::unique_ptr<ApiDocument> document_;
  static inline std::uint64_t last_user_ = 0;
};

// The paths that a refusal's details point at, in order.
inline std::vector<std::string> error_paths(const ApiReply& reply) {
  std::vector<std::string> paths;
  const auto* details = reply.json.as_object().if_contains("details");
  if (!details) return paths;
  for (const auto& error : details->as_array()) paths.push_back(text(error, "path"));
  return paths;
}

}  // namespace stagedoor::test
