// R-Q5, R-Q9, R-Q12, R-Q13, R-Q17: the line against a naive list of people, step by step on random traces.
#include "modules/queue/line.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <random>

namespace stagedoor::queue {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const auto kAll = [](Place) { return true; };

// The rules, written down as a list of people that is searched for everything.
class NaiveLine {
 public:
  struct Person {
    Place place = 0;
    Place rank = 0;
    bool waits = true, is_present = true, has_vanished = false, has_priority = false, has_ended = false;
    int returned = 0;  // the how-manieth to come back late; 0: not in that line
    int prior = 0;     // the same of the priority line
    std::uint32_t told = ~0U;
    bool is_counted() const { return waits && !has_vanished && !has_priority; }
    bool is_in_lane() const { return has_priority && !has_ended; }
  };
  std::vector<Person> people;
  bool is_gathering = false;
  Place frontier = 0;
  std::uint32_t since_returned = 0, since_priority = 0;

  Person& at(Place place) { return people[place - 1]; }
  void append(bool has_priority) {
    const auto place = static_cast<Place>(people.size() + 1);
    people.push_back({.place = place, .rank = place, .has_priority = has_priority});
    if (has_priority) people.back().prior = ++entries_;
  }
  void leave(Place place) {
    Person& one = at(place);
    one.waits = one.is_present = false;
    one.returned = one.prior = 0;
  }
  void admit(Place place) {
    Person& one = at(place);
    const bool is_returned = one.returned > 0;
    since_returned = is_returned ? 0 : since_returned + 1;
    since_priority = one.is_in_lane() && !is_returned ? 0 : since_priority + 1;
    if (!is_returned && !one.is_in_lane()) frontier = std::max(frontier, one.rank);
    leave(place);
  }
  void vanish(Place place) {
    Person& one = at(place);
    one.has_vanished = true;
    one.is_present = false;
    one.prior = 0;
  }
  void come_back(Place place) {
    Person& one = at(place);
    if (!one.waits || one.is_present) return;
    one.is_present = true;
    if (one.is_in_lane() || (!is_gathering && one.rank <= frontier)) one.returned = ++entries_;
  }
  void go_again(Place place) {
    Person& one = at(place);
    if (!one.has_vanished || !one.is_present) return;
    one.is_present = false;
    one.returned = 0;
  }
  void prioritise(Place place) {
    Person& one = at(place);
    if (one.is_in_lane()) return;
    one.has_priority = true;
    one.has_ended = false;
    if (one.waits && !one.has_vanished) one.prior = ++entries_;
  }
  void end_priority(Place place) {
    Person& one = at(place);
    if (!one.is_in_lane()) return;
    one.has_ended = true;
    one.prior = 0;
    one.told = ~0U;  // only its own number may grow
  }
  void draw(const std::vector<Place>& rank_of) {
    for (std::size_t i = 0; i < rank_of.size(); ++i) people[i].rank = rank_of[i];
    is_gathering = false;
  }

  // Of the people in the line who are present: those before and behind.
  std::pair<std::uint32_t, std::uint32_t> present_around(Place place) {
    std::pair<std::uint32_t, std::uint32_t> around{};
    for (const Person& one : people) {
      if (!one.is_present || one.returned) continue;
      around.first += one.rank < at(place).rank;
      around.second += one.rank > at(place).rank;
    }
    return around;
  }

  std::uint32_t position(Place place) {
    const Person& me = at(place);
    if (me.returned) return 0;
    const auto ahead = std::count_if(people.begin(), people.end(), [&](const Person& one) {
      return one.is_counted() && one.rank < me.rank;
    });
    const auto prior = std::count_if(people.begin(), people.end(), [&](const Person& one) {
      return one.prior > 0 && one.prior < me.prior;
    });
    return static_cast<std::uint32_t>(me.prior ? std::min(ahead, prior) : ahead);
  }

  std::vector<Place> next(std::size_t wanted, const Shares& shares) {
    if (is_gathering) return {};
    std::vector<Place> taken;
    auto returns = since_returned, priors = since_priority;
    const auto first = [&](auto key) {
      const Person* best = nullptr;
      for (const Person& one : people) {
        if (!one.waits || !one.is_present || key(one) == 0) continue;
        if (std::find(taken.begin(), taken.end(), one.place) != taken.end()) continue;
        if (!best || key(one) < key(*best)) best = &one;
      }
      return best;
    };
    while (taken.size() < wanted) {
      const auto* returned = first([](const Person& one) { return one.returned; });
      const auto* prior = first([](const Person& one) { return one.prior; });
      const auto* in_line = first([](const Person& one) { return one.returned ? 0 : int(one.rank); });
      const Person* chosen = nullptr;
      if (returned && ((returns + 1) * shares.returned >= 1 - 1e-9 || (!in_line && !prior)))
        chosen = returned;
      else if (prior && ((priors + 1) * shares.priority >= 1 - 1e-9 || !in_line)) chosen = prior;
      else if (in_line) chosen = in_line;
      if (!chosen) break;
      taken.push_back(chosen->place);
      returns = chosen == returned ? 0 : returns + 1;
      priors = chosen != returned && chosen->prior ? 0 : priors + 1;
    }
    return taken;
  }

 private:
  int entries_ = 0;
};

int traces() {
  const char* is_long = std::getenv("STAGEDOOR_TEST_LONG");
  return is_long && *is_long ? 40'000 : 1'500;
}

// 60 steps each: with the long version 2.4 million.
TEST(Line, agrees_with_a_naive_list_on_random_traces_and_positions_never_grow) {
  for (int seed = 1; seed <= traces(); ++seed) {
    std::mt19937 random(static_cast<unsigned>(seed));
    const Shares shares{double(random() % 6) / 5, double(random() % 6) / 5};
    Line line;
    NaiveLine naive;
    const bool is_drawn = random() % 3 == 0;
    if (is_drawn) {
      line.gather();
      naive.is_gathering = true;
    }
    bool has_drawn = false;
    for (int step = 0; step < 60; ++step) {
      const auto last = static_cast<Place>(naive.people.size());
      const Place place = last ? static_cast<Place>(random() % last + 1) : 0;
      switch (random() % 10) {
        case 0:
        case 1:
        case 2: {
          const bool has_priority = random() % 8 == 0;
          line.append(has_priority);
          naive.append(has_priority);
          break;
        }
        case 3:
          if (place == 0 || !naive.at(place).waits) break;
          line.leave(place);
          naive.leave(place);
          break;
        case 4:
          if (place == 0 || !naive.at(place).waits) break;
          if (!naive.at(place).has_vanished) {
            line.vanish(place);
            naive.vanish(place);
          } else {
            line.go_again(place);
            naive.go_again(place);
          }
          break;
        case 5:
          if (place == 0) break;
          line.come_back(place);
          naive.come_back(place);
          break;
        case 6:
          if (place == 0 || random() % 3 != 0) break;
          line.prioritise(place);
          naive.prioritise(place);
          break;
        case 7:
          if (place == 0) break;
          line.end_priority(place);
          naive.end_priority(place);
          break;
        case 8:
          for (const Place next : line.next(random() % 4, shares, kAll)) {
            line.admit(next);
            naive.admit(next);
          }
          break;
        default:
          if (!is_drawn || has_drawn || random() % 4 != 0) break;
          has_drawn = true;
          protocol::DrawnOrder order{std::vector<Place>(last), std::vector<Place>(last)};
          std::iota(order.place_at.begin(), order.place_at.end(), 1U);
          std::shuffle(order.place_at.begin(), order.place_at.end(), random);
          for (Place rank = 1; rank <= last; ++rank) order.rank_of[order.place_at[rank - 1] - 1] = rank;
          naive.draw(order.rank_of);
          line.set_order(std::move(order));
      }
      const std::size_t wanted = random() % 8;
      ASSERT_EQ(line.next(wanted, shares, kAll), naive.next(wanted, shares))
          << "seed " << seed << " step " << step;
      std::uint32_t waiting = 0, present = 0;
      for (auto& one : naive.people) {
        ASSERT_EQ(line.waits(one.place), one.waits);
        waiting += one.waits;
        present += one.is_present;
        if (!one.waits) continue;
        ASSERT_EQ(line.is_present(one.place), one.is_present);
        const auto position = line.position(one.place);
        ASSERT_EQ(position.has_value(), !naive.is_gathering);
        if (!position) continue;
        ASSERT_EQ(*position, naive.position(one.place)) << "seed " << seed << " step " << step;
        ASSERT_EQ(std::pair(line.present_before(one.place), line.present_behind(one.place)),
                  naive.present_around(one.place))
            << "seed " << seed << " step " << step;
        if (!one.is_present) continue;
        ASSERT_LE(*position, one.told) << "seed " << seed << " step " << step << " place " << one.place;
        one.told = *position;
      }
      ASSERT_EQ(line.waiting(), waiting);
      ASSERT_EQ(line.present(), present);
    }
  }
}

// R-Q12
TEST(Line, who_comes_back_is_next_but_gets_only_a_share_while_others_wait) {
  Line line;
  for (int i = 0; i < 30; ++i) line.append(false);
  for (const Place place : {1, 2, 3}) line.vanish(Place(place));
  const Shares shares{.returned = 0.2};
  for (int i = 0; i < 2; ++i) line.admit(line.next(1, shares, kAll).front());  // 4 and 5
  for (const Place place : {2, 1, 3}) line.come_back(Place(place));
  EXPECT_EQ(line.position(1), 0u);
  EXPECT_THAT(line.next(13, shares, kAll), ElementsAre(6, 7, 2, 8, 9, 10, 11, 1, 12, 13, 14, 15, 3));
  EXPECT_EQ(line.position(6), 0u) << "nobody who came back is counted";
}

TEST(Line, who_comes_back_before_their_turn_waits_where_they_stood) {
  Line line;
  for (int i = 0; i < 4; ++i) line.append(false);
  line.vanish(2);
  EXPECT_EQ(line.position(3), 1u);
  line.come_back(2);
  EXPECT_EQ(line.position(3), 1u) << "the number told never grows";
  EXPECT_THAT(line.next(4, {}, kAll), ElementsAre(1, 2, 3, 4));
}

TEST(Line, passes_over_people_who_are_not_there) {
  Line line;
  for (int i = 0; i < 4; ++i) line.append(false);
  EXPECT_THAT(line.next(2, {}, [](Place place) { return place > 2; }), ElementsAre(3, 4));
}

TEST(Line, those_alone_who_came_back_or_have_priority_need_no_share) {
  Line line;
  for (int i = 0; i < 3; ++i) line.append(false);
  line.append(true);
  line.vanish(1);
  line.admit(2);
  line.admit(3);
  line.come_back(1);
  EXPECT_THAT(line.next(5, {0, 0}, kAll), ElementsAre(4, 1));
}

// R-Q17
TEST(Line, priority_gets_its_share_and_lengthens_nobodys_way) {
  Line line;
  for (int i = 0; i < 12; ++i) line.append(i >= 10);
  EXPECT_EQ(line.position(11), 0u);
  EXPECT_EQ(line.position(12), 1u);
  EXPECT_EQ(line.position(10), 9u);
  EXPECT_THAT(line.next(6, {.priority = 0.5}, kAll), ElementsAre(1, 11, 2, 12, 3, 4));
  line.prioritise(10);
  EXPECT_EQ(line.position(10), 2u);
}

TEST(Line, remembers_who_vanished_in_blocks_of_bits) {
  Line line;
  for (std::size_t i = 0; i < kPlaceBits + 3; ++i) line.append(false);
  line.vanish(1);
  line.vanish(10);
  line.vanish(kPlaceBits + 2);
  PlaceBitmap block = line.absences(0);
  ASSERT_EQ(block.bits.size(), 512u);
  EXPECT_EQ(block.bits[0], '\x01');
  EXPECT_EQ(block.bits[1], '\x02');
  block = line.absences(1);
  EXPECT_EQ(block.block, 1);
  EXPECT_EQ(block.bits[0], '\x02');
}

// R-Q13
TEST(Line, nobody_has_a_position_nor_a_turn_before_the_draw) {
  Line line;
  line.gather();
  for (int i = 0; i < 3; ++i) line.append(false);
  EXPECT_EQ(line.position(1), std::nullopt);
  EXPECT_THAT(line.next(3, {}, kAll), IsEmpty());
  line.append(false);  // too late for the draw
  line.set_order({{3, 1, 2}, {2, 3, 1}});
  EXPECT_THAT(line.next(4, {}, kAll), ElementsAre(2, 3, 1, 4));
  EXPECT_EQ(line.position(1), 2u);
  EXPECT_EQ(line.position(4), 3u);
}

}  // namespace
}  // namespace stagedoor::queue
