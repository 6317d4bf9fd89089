#include "modules/queue/room.h"

#include <gtest/gtest.h>

#include <random>

namespace stagedoor::queue {
namespace {

constexpr TimePoint kStart = from_ms(1'800'000'000'000);

UserId user(std::uint32_t n) {
  UserId id;
  for (int i = 0; i < 4; ++i) id.bytes[std::size_t(i)] = static_cast<std::uint8_t>(n >> (8 * i));
  return id;
}

// Lets in whoever may come, for `ttl`, as the lane does; the places let in.
std::vector<Place> admit(Room& room, const QueuePolicy& policy, TimePoint now) {
  auto places = room.admissible(policy, now);
  for (const Place place : places) room.visit(place, now, now + policy.active_ttl);
  return places;
}

void join(Room& room, std::uint32_t count, TimePoint at = kStart) {
  for (std::uint32_t i = 0; i < count; ++i)
    room.joined(room.last_place() + 1, user(room.last_place() + 1), at);
}

// R-Q5, R-Q9
TEST(WaitingSet, agrees_with_a_naive_list_on_random_traces) {
  for (unsigned seed = 1; seed <= 30; ++seed) {
    std::mt19937 random(seed);
    WaitingSet set;
    std::vector<bool> naive;
    for (int step = 0; step < 2000; ++step) {
      const auto roll = random() % 3;
      if (roll != 0 || naive.empty()) {
        const bool waits = random() % 8 != 0;
        set.append(waits);
        naive.push_back(waits);
      } else {
        const auto place = random() % naive.size();
        set.remove(static_cast<Place>(place + 1));
        naive[place] = false;
      }
      const auto probe = random() % naive.size();
      const auto before = std::count(naive.begin(), naive.begin() + std::ptrdiff_t(probe), true);
      ASSERT_EQ(set.count_before(static_cast<Place>(probe + 1)), before)
          << "seed " << seed << " step " << step;
      ASSERT_EQ(set.count(), std::count(naive.begin(), naive.end(), true));
      const auto next = std::find(naive.begin() + std::ptrdiff_t(probe), naive.end(), true);
      ASSERT_EQ(set.next_after(static_cast<Place>(probe)),
                next == naive.end() ? 0 : next - naive.begin() + 1);
    }
  }
}

// R-Q18
TEST(Room, lets_the_owner_of_a_lost_place_in_next_once_they_are_found) {
  Room room;
  room.joined_by_nobody_known(1, kStart);
  room.joined_by_nobody_known(2, kStart);
  join(room, 1);
  room.everybody_seen(kStart);
  room.seen(2, kStart);
  EXPECT_EQ(room.unrecorded(5), (std::vector<Place>{1, 2}));
  room.vanished(room.line().absences(0));
  EXPECT_TRUE(room.unrecorded(5).empty());
  EXPECT_EQ(room.standing(3, kStart).position, 0u) << "the lost ones are not counted";
  EXPECT_FALSE(room.place_of(UserId{}, kStart));
  const QueuePolicy policy{.admission = Admission::capacity, .capacity = 10};
  EXPECT_EQ(admit(room, policy, kStart), std::vector<Place>{3}) << "nobody is let in for them";
  room.found(1, user(7));
  room.found(1, user(8));
  room.seen(1, kStart);
  EXPECT_EQ(*room.owner(1), user(7));
  EXPECT_EQ(room.place_of(user(7), kStart), 1u);
  EXPECT_EQ(admit(room, policy, kStart), std::vector<Place>{1});
}

// R-A2
TEST(Room, counts_a_users_places_since_a_time) {
  Room room;
  for (int i = 0; i < 4; ++i) {
    room.joined(room.last_place() + 1, user(1), kStart + Millis(i * 1000));
    room.left(room.last_place(), kStart + Millis(i * 1000));
    room.joined(room.last_place() + 1, user(100 + std::uint32_t(i)), kStart + Millis(i * 1000));
  }
  const auto all = room.places_since(user(1), kStart, 10);
  EXPECT_EQ(all.count, 4);
  EXPECT_EQ(all.oldest, kStart);
  EXPECT_EQ(room.places_since(user(1), kStart + Millis(1000), 10).count, 3);
  EXPECT_EQ(room.places_since(user(1), kStart, 2).oldest, kStart + Millis(2000));
  EXPECT_EQ(room.places_since(user(1), kStart + Millis(3001), 10).count, 0);
  EXPECT_EQ(room.places_since(user(101), kStart, 10).count, 1);
  EXPECT_EQ(room.places_since(user(9), kStart, 10).count, 0);
}

// R-Q5
TEST(Room, counts_only_people_who_are_still_there) {
  Room room;
  join(room, 5);
  EXPECT_EQ(room.standing(5, kStart).position, 4u);
  room.left(2, kStart + Millis(1));
  EXPECT_EQ(room.standing(5, kStart + Millis(1)).position, 3u);
  EXPECT_EQ(room.standing(2, kStart + Millis(1)).status, QueueStatus::EXPIRED);
  EXPECT_EQ(room.standing(1, kStart).position, 0u);
}

// R-Q5, R-Q6, R-M1: another instance may have given it a moment ago, and others before it.
TEST(Room, ranks_an_unknown_place_behind_all_known_and_earlier_ones) {
  Room room;
  join(room, 3);
  EXPECT_EQ(room.standing(4, kStart).position, 3u);
  const Standing standing = room.standing(77, kStart);
  EXPECT_EQ(standing.status, QueueStatus::CREATED);
  EXPECT_EQ(standing.position, 76u);
  join(room, 77 - 3);
  EXPECT_EQ(room.standing(77, kStart).position, 76u);
}

// R-Q7
TEST(Room, knows_a_users_place_until_their_visit_ends_and_a_new_one_after) {
  Room room;
  room.joined(1, user(9), kStart);
  EXPECT_EQ(room.place_of(user(9), kStart), 1u);
  room.visit(1, kStart, kStart + Millis(100));
  EXPECT_EQ(room.place_of(user(9), kStart + Millis(99)), 1u);
  EXPECT_EQ(room.place_of(user(9), kStart + Millis(100)), std::nullopt);
  room.joined(2, user(9), kStart + Millis(100));
  EXPECT_EQ(room.place_of(user(9), kStart + Millis(100)), 2u);
  EXPECT_EQ(room.place_of(user(8), kStart), std::nullopt);
}

// R-Q10: judged from the stamps, in any window, closed on both sides.
TEST(Room, interval_is_a_hard_limit_in_every_window) {
  Room room;
  QueuePolicy policy{.admission = Admission::interval, .people = 100, .every = Millis(1000)};
  join(room, 5000);
  std::mt19937 random(7);
  std::vector<TimePoint> stamps;
  TimePoint now = kStart;
  while (stamps.size() < 3000) {
    for (std::size_t i = admit(room, policy, now).size(); i > 0; --i) stamps.push_back(now);
    now += Millis(random() % 200);
  }
  for (std::size_t i = 100; i < stamps.size(); ++i) ASSERT_GT(stamps[i] - stamps[i - 100], policy.every);
}

// R-Q10
TEST(Room, interval_lets_the_next_people_in_as_soon_as_the_window_has_passed) {
  Room room;
  const QueuePolicy policy{.admission = Admission::interval, .people = 2, .every = Millis(1000)};
  join(room, 5);
  EXPECT_EQ(admit(room, policy, kStart), (std::vector<Place>{1, 2}));
  EXPECT_EQ(room.next_admission(policy, kStart), kStart + Millis(1001));
  EXPECT_TRUE(admit(room, policy, kStart + Millis(1000)).empty());
  EXPECT_EQ(admit(room, policy, kStart + Millis(1001)), (std::vector<Place>{3, 4}));
}

// R-Q10
TEST(Room, capacity_is_never_exceeded_and_a_freed_slot_is_given_on_at_once) {
  Room room;
  const QueuePolicy policy{.admission = Admission::capacity, .capacity = 2, .active_ttl = Millis(500)};
  join(room, 5);
  EXPECT_EQ(admit(room, policy, kStart), (std::vector<Place>{1, 2}));
  EXPECT_EQ(room.next_admission(policy, kStart), kStart + Millis(500));
  room.visit(1, kStart, kStart + Millis(10));  // paid
  EXPECT_EQ(admit(room, policy, kStart + Millis(9)).size(), 0u);
  EXPECT_EQ(admit(room, policy, kStart + Millis(10)), (std::vector<Place>{3}));
  EXPECT_EQ(room.active(kStart + Millis(10)), 2u);
  EXPECT_EQ(admit(room, policy, kStart + Millis(500)), (std::vector<Place>{4}));
}

// R-Q10
TEST(Room, both_limits_hold_together) {
  Room room;
  const QueuePolicy policy{.admission = Admission::both, .people = 3, .every = Millis(100), .capacity = 5};
  join(room, 20);
  EXPECT_EQ(admit(room, policy, kStart).size(), 3u);
  EXPECT_EQ(admit(room, policy, kStart + Millis(101)).size(), 2u);
  EXPECT_EQ(admit(room, policy, kStart + Millis(202)).size(), 0u);
}

// R-Q10
TEST(Room, lowering_the_limit_only_stops_further_admissions) {
  Room room;
  QueuePolicy policy{.admission = Admission::capacity, .capacity = 4};
  join(room, 10);
  admit(room, policy, kStart);
  policy.capacity = 2;
  EXPECT_TRUE(admit(room, policy, kStart + Millis(1)).empty());
  EXPECT_EQ(room.active(kStart + Millis(1)), 4u);
  EXPECT_EQ(room.next_admission(policy, kStart + Millis(1)), kStart + policy.active_ttl);
}

// R-Q10
TEST(Room, spread_lets_people_in_evenly) {
  Room room;
  const QueuePolicy policy{
      .admission = Admission::interval, .people = 10, .every = Millis(1000), .spread = true};
  join(room, 50);
  std::size_t admitted = 0;
  for (int tick = 0; tick < 10; ++tick) {
    const auto places = admit(room, policy, kStart + Millis(100 * tick));
    EXPECT_LE(places.size(), 1u);
    admitted += places.size();
  }
  EXPECT_EQ(admitted, 10u);
}

// R-Q10
TEST(Room, spread_loses_nothing_of_the_rate) {
  Room room;
  const QueuePolicy policy{
      .admission = Admission::interval, .people = 3000, .every = Millis(10'000), .spread = true};
  join(room, 20'000);
  std::size_t admitted = 0;
  std::size_t most = 0;
  for (int ms = 0; ms < 50'000; ++ms) {
    const auto places = admit(room, policy, kStart + Millis(ms));
    most = std::max(most, places.size());
    admitted += places.size();
  }
  EXPECT_GT(admitted, 14'900u);
  EXPECT_LE(most, 300u);
}

TEST(Room, stamps_restored_in_order_of_place_judge_as_before) {
  Room room;
  const QueuePolicy policy{.admission = Admission::interval, .people = 2, .every = Millis(1000)};
  join(room, 4);
  room.visit(2, kStart + Millis(300), kStart + Millis(9000));  // a later stamp read before an earlier one
  room.visit(1, kStart, kStart + Millis(9000));
  EXPECT_TRUE(admit(room, policy, kStart + Millis(900)).empty());
  EXPECT_EQ(room.next_admission(policy, kStart + Millis(900)), kStart + Millis(1001));
}

// R-Q15
TEST(Room, polls_faster_than_half_of_the_advice_are_refused_beyond_a_burst_of_five) {
  Room room;
  join(room, 1);
  int allowed = 0;
  for (int i = 0; i < 20; ++i) allowed += room.may_poll(1, kStart, Millis(2000));
  EXPECT_EQ(allowed, 5);
  EXPECT_FALSE(room.may_poll(1, kStart + Millis(900), Millis(2000)));
  EXPECT_TRUE(room.may_poll(1, kStart + Millis(1000), Millis(2000)));
  for (int i = 2; i < 50; ++i) EXPECT_TRUE(room.may_poll(1, kStart + Millis(1000 * i), Millis(2000)));
}

// R-Q15: what was advised while inside must not be held against somebody who is told another rhythm later.
TEST(Room, an_earlier_longer_advice_does_not_refuse_a_poll) {
  Room room;
  join(room, 1);
  EXPECT_TRUE(room.may_poll(1, kStart, Millis(30'000)));
  EXPECT_TRUE(room.may_poll(1, kStart + Millis(10), Millis(30'000)));
  EXPECT_TRUE(room.may_poll(1, kStart + Millis(20), Millis(1000)));
}

// R-Q12: absence is judged by the signs of life of the whole room.
TEST(Room, finds_nobody_absent_in_a_time_in_which_nobody_gave_a_sign) {
  const Millis timeout{60'000};
  Room room;
  join(room, 4);
  EXPECT_TRUE(room.find_absent(timeout, kStart + Millis(600'000), 9).empty());
  room.seen(3, kStart + Millis(30'000));
  EXPECT_FALSE(room.was_silent(timeout));
  for (int second = 31; second <= 62; ++second) {
    room.seen(2, kStart + Millis(second * 1000));
    room.seen(3, kStart + Millis(second * 1000));
  }
  EXPECT_EQ(room.find_absent(timeout, kStart + Millis(62'000), 9), (std::vector<Place>{1, 4}));
  EXPECT_FALSE(room.was_silent(timeout));
  room.seen(2, kStart + Millis(98'001));
  EXPECT_TRUE(room.was_silent(timeout)) << "36 s, although a fan who is there polls every 30 s";
  EXPECT_FALSE(room.was_silent(timeout)) << "asked once";
  room.forgive(kStart + Millis(98'001));
  room.seen(3, kStart + Millis(158'001));
  EXPECT_TRUE(room.find_absent(timeout, kStart + Millis(158'001), 9).empty());
}

// R-Q12: more than half at once are not a decision of the fans; once in five timeouts.
TEST(Room, forgives_more_than_half_who_are_absent_at_once) {
  const Millis timeout{60'000};
  Room room;
  join(room, 5);
  const auto absent_at = [&](Millis at) {
    for (const Place place : {4, 5}) room.seen(Place(place), kStart + at);
    return room.find_absent(timeout, kStart + at, 9);
  };
  for (int ms = 1000; ms <= 121'000; ms += 1000) EXPECT_TRUE(absent_at(Millis(ms)).empty()) << ms;
  EXPECT_EQ(absent_at(Millis(122'000)), (std::vector<Place>{1, 2, 3})) << "the second time they are";
}

// R-Q14
TEST(Room, estimates_by_the_policy_first_and_by_what_was_measured_later) {
  Room room;
  const QueuePolicy policy{
      .admission = Admission::interval, .people = 10, .every = Millis(1000), .presence_timeout = Millis(0)};
  join(room, 100'000);
  EXPECT_EQ(room.estimate(100, policy, kStart).seconds, 10);
  for (int second = 0; second < 70; ++second) {  // let in at half of what is allowed
    for (int i = 0; i < 5; ++i) {
      const Place place = room.admissible(policy, kStart + Millis(1000 * second)).front();
      room.visit(place, kStart + Millis(1000 * second), kNever);
    }
  }
  const Estimate estimate = room.estimate(100, policy, kStart + Millis(70'000));
  EXPECT_NEAR(double(*estimate.seconds), 20, 1);
  EXPECT_LE(*estimate.low, *estimate.seconds);
  EXPECT_GE(*estimate.high, *estimate.seconds);
}

}  // namespace
}  // namespace stagedoor::queue
