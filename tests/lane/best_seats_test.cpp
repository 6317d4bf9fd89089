// R-S13 in a lane: the best seats of every decision are those that a naive search finds among what was free
// at that moment, however many decisions share a batch, whatever fails, and after a restart.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lane/scene.h"
#include "modules/reservation/hold_best.h"
#include "support/naive_seats.h"
#include "support/shared_store.h"
#include "support/tables_check.h"

namespace stagedoor::test {
namespace {

using testing::IsEmpty;

constexpr std::size_t kBestFans = 6;
constexpr int kHallSeats = 10 + 21 + 4;
constexpr std::int64_t kSeatsPerUser = 9;
constexpr Millis kCooldown{1000};
constexpr std::array kCategories{"", "VIP", "Regular"};

std::string small_hall() {
  std::string yaml = club_night(
      "admission: capacity, capacity: 100, active_ttl: 2h, visit_max: 2h, poll_min: 0s",
      fmt::format("seats_per_user: {}, hold_ttl: 3s, rehold_cooldown: 1s, refund_until: 2096-01-01T00:00:00Z",
                  kSeatsPerUser));
  const auto replace = [&](std::string_view what, std::string_view with) {
    yaml.replace(yaml.find(what), what.size(), with);
  };
  replace("{seats: 50, category: Standard}",
          "{sections: [{name: A, rows: 2, seats_per_row: 5, category: VIP}, "
          "{name: B, rows: 3, seats_per_row: 7, category: Regular}, "
          "{name: C, rows: 1, seats_per_row: 4, category: VIP}]}");
  replace("{Standard: 110000}", "{VIP: 300000, Regular: 110000}");
  return yaml;
}

enum class BestKind { best, hold, cancel, pay, block, wait, run, restart, fail };
constexpr std::array kBestKinds{"best", "hold", "cancel", "pay", "block", "wait", "run", "restart", "fail"};

struct BestStep {
  BestKind kind{};
  std::size_t fan = 0;
  int count = 1;
  std::size_t category = 0;
  int pick = 0;  // a seat, a reservation, a call to the store
  int wait = 0;  // ms
};

std::ostream& operator<<(std::ostream& out, const BestStep& step) {
  return out << kBestKinds[std::size_t(step.kind)] << " fan " << step.fan << " count " << step.count
             << " category " << step.category << " pick " << step.pick << " wait " << step.wait;
}

rc::Gen<std::vector<BestStep>> any_best_steps() {
  const auto kind = rc::gen::weightedElement<BestKind>({{12, BestKind::best},
                                                        {4, BestKind::hold},
                                                        {3, BestKind::cancel},
                                                        {1, BestKind::pay},
                                                        {2, BestKind::block},
                                                        {2, BestKind::wait},
                                                        {4, BestKind::run},
                                                        {1, BestKind::restart},
                                                        {1, BestKind::fail}});
  const auto step = rc::gen::build<BestStep>(
      rc::gen::set(&BestStep::kind, kind),
      rc::gen::set(&BestStep::fan, rc::gen::inRange<std::size_t>(0, kBestFans)),
      rc::gen::set(&BestStep::count, rc::gen::inRange(1, 5)),
      rc::gen::set(&BestStep::category, rc::gen::inRange<std::size_t>(0, kCategories.size())),
      rc::gen::set(&BestStep::pick, rc::gen::inRange(0, kHallSeats)),
      rc::gen::set(&BestStep::wait, rc::gen::element(1, 400, 1000, 2999, 3001)));
  return rc::gen::scale(2.0, rc::gen::container<std::vector<BestStep>>(step));
}

// Which seats are free for whom, from the rows of the store.
struct FreeNow {
  std::vector<bool> free;
  std::map<UserId, std::vector<bool>> in_cooldown;
  std::map<UserId, std::int64_t> has;

  FreeNow(const memory::Tables& rows, const EventDate& date, TimePoint now) : free(date.seats.size(), true) {
    for (const auto& [seat, block] : rows.blocks) free[date.index_of(seat)] = false;
    for (const auto& [id, row] : rows.reservations) {
      const std::size_t index = date.index_of(row.seat);
      if (row.is_live_hold(now) || row.status == ReservationStatus::PAID) {
        free[index] = false;
        ++has[row.user];
      }
      const bool has_lapsed = row.is_unpaid() && !row.is_live_hold(now);
      const TimePoint ended = has_lapsed ? row.expires_at : row.ended_at();
      if ((has_lapsed || row.is_given_up()) && now < ended + kCooldown)
        in_cooldown.try_emplace(row.user, free.size()).first->second[index] = true;
    }
  }
  // The free seats that the user may not have yet.
  std::int64_t recent_of(const UserId& user) const {
    return std::ranges::count(free, true) - std::ranges::count(for_user(user), true);
  }
  std::vector<bool> for_user(const UserId& user) const {
    std::vector<bool> all = free;
    const auto recent = in_cooldown.find(user);
    for (std::size_t i = 0; recent != in_cooldown.end() && i < all.size(); ++i)
      all[i] = all[i] && !recent->second[i];
    return all;
  }
};

enum class Chosen { in_the_lane, when_sent };

// Fans who ask for the best seats and for seats by name, and the judge of the answers.
class BestPlay {
 public:
  explicit BestPlay(Chosen chosen = Chosen::in_the_lane) : chosen_(chosen), scene_(small_hall()) {
    for (std::size_t i = 0; i < kBestFans; ++i) {
      fans_[i] = scene_.fan(i + 1);
      scene_.world->call(charge(fans_[i], 90'000'000));
    }
  }

  // The first fault of an answer; "": none.
  std::string take(const BestStep& step) {
    switch (step.kind) {
      case BestKind::best:
        ask_best(step);
        return "";
      case BestKind::hold:
        pending_.push_back({step, {}, scene_.world->send(hold(fans_[step.fan], scene_.seat(1 + step.pick)))});
        return "";
      case BestKind::wait: {
        auto fault = settle();
        scene_.clock.advance(Millis(step.wait));
        return fault;
      }
      case BestKind::fail:
        scene_.store.fail_at(1 + step.pick % 6,
                             step.wait % 2 ? StoreFault::refused : StoreFault::unavailable);
        return "";
      case BestKind::run:
        return settle();
      case BestKind::restart: {
        auto fault = settle();
        scene_.start();
        return fault;
      }
      case BestKind::cancel:
      case BestKind::pay:
      case BestKind::block: {
        auto fault = settle();
        call_alone(step);
        return fault;
      }
    }
    return "";
  }

  // Runs the lane and judges the answers in the order of the calls, which is that of their decisions.
  std::string settle() {
    FreeNow now(tables(), date(), scene_.clock.now());
    scene_.world->run();
    std::string fault;
    for (const Asked& asked : std::exchange(pending_, {}))
      if (fault.empty()) fault = judge(asked, now);
    const auto broken = broken_invariants(tables());
    return fault.empty() && !broken.empty() ? broken.front() : fault;
  }

 private:
  struct Asked {
    BestStep step;
    std::vector<std::int64_t> named;  // the seats that were chosen when it was sent
    PendingPtr call;
  };

  const memory::Tables& tables() const { return scene_.memory.tables(); }
  const EventDate& date() const { return *tables().catalogue.date({1}); }
  UserId user_of(const BestStep& step) const { return *parse_uuid(fans_[step.fan].user); }
  std::optional<std::uint16_t> category_of(const BestStep& step) const {
    if (step.category == 0) return std::nullopt;
    return std::uint16_t(std::ranges::find(date().categories, kCategories[step.category], &Category::name) -
                         date().categories.begin());
  }
  NaiveSeats expected(const BestStep& step, const FreeNow& now) const {
    return naive_best(date(), now.free, now.for_user(user_of(step)), category_of(step),
                      std::size_t(step.count));
  }

  void ask_best(const BestStep& step) {
    const Visitor& fan = fans_[step.fan];
    if (chosen_ == Chosen::in_the_lane) {
      const Call call = hold_best(fan, 1, step.count, kCategories[step.category]);
      return pending_.push_back({step, {}, scene_.world->send(call)});
    }
    const auto best = expected(step, FreeNow(tables(), date(), scene_.clock.now()));
    if (!best.first) return;
    std::vector<std::int64_t> named;
    for (int i = 0; i < step.count; ++i) named.push_back(date().seat_id(*best.first).value + i);
    pending_.push_back({step, named, scene_.world->send(hold_all(fan, named))});
  }

  void call_alone(const BestStep& step) {
    if (step.kind == BestKind::block) {
      const char* how = step.count % 2 ? "block" : "unblock";
      scene_.world->call(admin("POST", fmt::format("/admin/dates/1/seats/{}", how),
                               fmt::format(R"({{"seatNumbers":[{}]}})", 1 + step.pick)));
      return;
    }
    std::vector<std::int64_t> own;
    for (const auto& [id, row] : tables().reservations)
      if (row.user == user_of(step) && row.is_live_hold(scene_.clock.now())) own.push_back(id.value);
    if (own.empty()) return;
    const std::int64_t id = own[std::size_t(step.pick) % own.size()];
    scene_.world->call(step.kind == BestKind::pay ? pay(fans_[step.fan], id) : cancel(fans_[step.fan], id));
    const ApiReply joined = scene_.world->call(join(fans_[step.fan].user, 1));  // paying may end the visit
    if (joined.ok()) fans_[step.fan].token = text(joined.data(), "token");
  }

  std::string judge(const Asked& asked, FreeNow& now) const {
    const ApiReply& reply = asked.call->reply();
    const UserId user = user_of(asked.step);
    // The store failed, or failed to let the user in again. Nothing was done.
    if (reply.status >= 500 || reply.status == 429 || reply.status == 401 || reply.status == 403) return "";
    const bool is_best = asked.step.kind == BestKind::best;
    const bool is_over_limit = now.has[user] + asked.step.count > kSeatsPerUser;
    // Each choice that was passed over, and the last one, had such a seat.
    const bool may_be_given_up = now.recent_of(user) > reservation::kOtherSeatsMax;
    if (is_best && may_be_given_up && reply.code() == "SEAT_LIMIT_EXCEEDED") return "";
    if (is_best && (reply.code() == "SEAT_LIMIT_EXCEEDED") != is_over_limit)
      return fmt::format("{} with {} seats: {}", asked.step.count, now.has[user], reply.body);
    if (is_best && !is_over_limit) {
      const auto best = expected(asked.step, now);
      if (!best.first && reply.code() != "NO_SEATS_TOGETHER") return "none is free, but: " + reply.body;
      // Seats in the user's cooldown may count, but not so that the same would be asked for again.
      const auto most = naive_best(date(), now.free, now.free, category_of(asked.step), 1).largest;
      const auto largest = best.first ? 0 : number(reply.json, "largest");
      if (!best.first && (largest < std::int64_t(best.largest) || largest > std::int64_t(most) ||
                          largest >= asked.step.count))
        return fmt::format("the largest is {} to {}, but: {}", best.largest, most, reply.body);
      if (best.first && !reply.ok()) return "refused while there are such seats: " + reply.body;
      const std::int64_t first = best.first ? date().seat_id(*best.first).value : 0;
      if (best.first && number(reply.data().at("reservations").at(0), "seatId") != first)
        return fmt::format("seat {} begins the best ones, but: {}", first, reply.body);
    }
    if (reply.ok()) note(reply, user, now);
    return "";
  }
  void note(const ApiReply& reply, const UserId& user, FreeNow& now) const {
    const auto take = [&](const boost::json::value& row) {
      const std::size_t index = date().index_of({number(row, "seatId")});
      now.has[user] += now.free[index];
      now.free[index] = false;
    };
    const auto* several = reply.data().as_object().if_contains("reservations");
    if (!several) return take(reply.data());
    for (const auto& row : several->as_array()) take(row);
  }

  const Chosen chosen_;
  Scene scene_;
  std::array<Visitor, kBestFans> fans_;
  std::vector<Asked> pending_;
};

// R-S13, R-S8, R-S4: nobody is refused while such seats exist, and nobody gets others than the best.
RC_GTEST_PROP(BestSeatsTraces, are_those_of_a_naive_search, ()) {
  const auto steps = *any_best_steps();
  BestPlay play;
  std::string fault;
  for (const BestStep& step : steps)
    if (fault.empty()) fault = play.take(step);
  if (fault.empty()) fault = play.settle();
  if (!fault.empty()) RC_FAIL(fault);
}

// The control of the property: best seats that are chosen when the call arrives, and held by name in the
// lane.
TEST(BestSeatsTraces, that_are_chosen_outside_the_lane_are_refused) {
  BestPlay play(Chosen::when_sent);
  play.take({.kind = BestKind::best, .fan = 0, .count = 2});
  play.take({.kind = BestKind::best, .fan = 1, .count = 2});
  EXPECT_THAT(play.settle(), testing::StartsWith("refused while there are such seats"));
}

constexpr std::string_view kEverybody = "admission: capacity, capacity: 100000, active_ttl: 5m, poll_min: 0s";

std::int64_t first_seat(const ApiReply& reply) {
  return number(reply.data().at("reservations").at(0), "seatId");
}

// R-S13: a batch that the store refuses leaves nothing behind; the next one finds the same seats.
TEST(BestSeatsInALane, are_the_same_after_a_batch_that_failed) {
  for (const auto fault : {StoreFault::unavailable, StoreFault::refused}) {
    Scene scene;
    const Visitor one = scene.fan(1), other = scene.fan(2);
    scene.world->call(hold_best(one, 1, 1));
    scene.store.refuses = [&](const Batch& batch) {
      if (batch.reservations.empty()) return false;
      if (fault == StoreFault::unavailable) throw StoreUnavailable("planted");
      return true;
    };
    EXPECT_GE(scene.world->call(hold_best(other, 1, 2)).status, 500);
    scene.store.refuses = {};
    // Rows of ten, and 5 is taken: 6 and 7 are the nearest to the middle of the front row.
    EXPECT_EQ(first_seat(scene.world->call(hold_best(other, 1, 2))), scene.seat(6));
  }
}

// R-S13: what the commands before it in the batch gave back is free.
TEST(BestSeatsInALane, include_what_the_same_batch_gives_back) {
  Scene scene;
  const Visitor one = scene.fan(1), other = scene.fan(2);
  const auto held = scene.world->call(hold_best(one, 1, 2));
  const std::int64_t id = number(held.data().at("reservations").at(1), "id");
  const auto cancelled = scene.world->send(cancel(one, id));  // decided first: its class comes first
  const auto best = scene.world->send(hold_best(other, 1, 1));
  scene.world->run();
  EXPECT_EQ(cancelled->reply().status, 200);
  EXPECT_EQ(first_seat(best->reply()), first_seat(held) + 1);
}

// R-X5: the same key gives the same seats.
TEST(BestSeatsInALane, are_remembered_under_an_idempotency_key) {
  Scene scene;
  const Visitor fan = scene.fan(1);
  const Call call = hold_best(fan, 1, 2).with_key("once");
  const ApiReply first = scene.world->call(call);
  scene.start();
  const ApiReply again = scene.world->call(call);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.header("Idempotency-Hit"), "true");
  EXPECT_EQ(scene.memory.tables().reservations.size(), 2u);
}

// R-S13: a crowd that fits takes every seat; with orders of two in rows of even length nobody is refused.
TEST(BestSeatsInALane, fill_a_hall_to_the_last_seat_without_a_refusal) {
  constexpr int kAll = 3000;
  std::string yaml = club_night(kEverybody);
  yaml.replace(yaml.find("{seats: 50, category: Standard}"), 31,
               "{sections: [{name: A, rows: 60, seats_per_row: 50, category: Standard}]}");
  Scene scene(yaml);
  std::vector<PendingPtr> joins, holds;
  for (int i = 0; i < kAll / 2; ++i) joins.push_back(scene.world->send(join(user(std::uint64_t(i) + 1), 1)));
  scene.world->run();
  for (int i = 0; i < kAll / 2; ++i) {
    const Visitor fan{user(std::uint64_t(i) + 1), text(joins[std::size_t(i)]->reply().data(), "token")};
    holds.push_back(scene.world->send(hold_best(fan, 1, 2)));
  }
  scene.world->run();
  for (const auto& one : holds) ASSERT_EQ(one->reply().status, 201) << one->reply().body;
  EXPECT_EQ(scene.world->read_model().left({1}), 0);
  EXPECT_THAT(broken_invariants(scene.memory.tables()), IsEmpty());
}

// R-M1, R-S13: two instances that choose in turns never choose the same seats, and each is never refused.
TEST(BestSeatsInALane, of_two_instances_never_collide) {
  SharedRows rows;
  ManualClock clock(kOpen);
  SharedStore stores[] = {{rows, 0}, {rows, 1}};
  std::unique_ptr<World> worlds[2];
  for (std::size_t i = 0; i < 2; ++i) worlds[i] = std::make_unique<World>(stores[i].ports(), clock);
  worlds[0]->import(club_night(kEverybody));
  stores[1].poll();
  std::vector<std::int64_t> seats;
  for (std::uint64_t n = 0; n < 25; ++n) {
    const Visitor fan = worlds[n % 2]->enter(n + 1);
    const ApiReply reply = worlds[n / 2 % 2]->call(hold_best(fan, 1, 2));
    ASSERT_EQ(reply.status, 201) << n << ": " << reply.body;
    for (const auto& row : reply.data().at("reservations").as_array()) seats.push_back(number(row, "seatId"));
  }
  std::ranges::sort(seats);
  EXPECT_EQ(std::ranges::adjacent_find(seats), seats.end());
  EXPECT_EQ(seats.size(), 50u);
  EXPECT_THAT(broken_invariants(rows.memory.tables()), IsEmpty());
}

}  // namespace
}  // namespace stagedoor::test
