#include "modules/queue/rooms.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "support/manual_clock.h"
#include "support/seeds.h"
#include "support/stage.h"

namespace stagedoor::queue {
namespace {

using namespace test;

// R-Q6: an authentic token may name an event of which this instance has no join yet. Its room is made by the
// thread that asks, while the lane's thread goes through the rooms. (A lookup without the lock of the map
// does not compile with clang's thread-safety analysis; here it fails too seldom to be seen.)
TEST(Rooms, may_be_asked_for_unknown_rooms_while_the_lane_collects) {
  constexpr int kThreads = 3, kEvents = 500;
  Stage stage;
  ManualClock clock{kNow};
  Rooms rooms{clock, [catalogue = stage.view.catalogue] { return catalogue; }, &seeds};
  std::atomic<int> running{kThreads};
  std::vector<std::jthread> fans;
  for (int thread = 0; thread < kThreads; ++thread) {
    fans.emplace_back([&, thread] {
      for (int i = 1; i <= kEvents; ++i) {
        const PlaceRef place{{1 + i * kThreads + thread}, 1, user_id(1)};
        const PlaceRef unknown_to_all{{1'000'000 + i}, 1, user_id(1)};
        EXPECT_TRUE(rooms.look(unknown_to_all));
        if (i % 2) EXPECT_TRUE(rooms.poll(place).told);
        else EXPECT_EQ(rooms.changes(place.event), 0U);
      }
      --running;
    });
  }
  std::vector<std::unique_ptr<Command>> due;
  do {
    rooms.collect(kNow, due);
    EXPECT_EQ(rooms.next_due(kNow), kNever);
  } while (running > 0);
  EXPECT_TRUE(due.empty());
}

// R-Q15, R-M1: an instance that has not heard of the place yet limits its polls, too.
TEST(Rooms, limits_the_polls_of_a_place_that_it_does_not_know_yet) {
  Stage stage;
  ManualClock clock{kNow};
  Rooms rooms{clock, [catalogue = stage.view.catalogue] { return catalogue; }, &seeds};
  const PlaceRef place{kClubNight, 77, user_id(1)};
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(rooms.poll(place).told);
  const Rooms::Poll refused = rooms.poll(place);
  EXPECT_FALSE(refused.told);
  EXPECT_GT(refused.too_soon_by, Millis(0));
  clock.advance(refused.too_soon_by);
  EXPECT_TRUE(rooms.poll(place).told);
}

// R-A2: five at once, then one per half of the advised wait, and not from the polls of the place.
TEST(Rooms, asking_again_counts_as_a_poll_in_a_bucket_of_its_own) {
  Stage stage;
  ManualClock clock{kNow};
  Rooms rooms{clock, [catalogue = stage.view.catalogue] { return catalogue; }, &seeds};
  Batch batch;
  const PlaceRef place{kClubNight, 1, user_id(1)};
  batch.line.put({kClubNight, 1}, {kClubNight, 1, user_id(1), kNow, {}}, nullptr);
  rooms.on_commit(batch);
  const Millis advised = rooms.look(place)->poll_after;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(rooms.ask_again(place), Millis(0));
  const Millis wait = rooms.ask_again(place);
  EXPECT_GT(wait, Millis(0));
  EXPECT_LE(wait, advised / 2);
  EXPECT_TRUE(rooms.poll(place).told) << "the owner's polls are not spent";
  clock.advance(wait);
  EXPECT_EQ(rooms.ask_again(place), Millis(0));
}

// A store with one event's joins and draw.
struct StoredDraw final : StartupState, LineStore {
  Draw draw;
  std::vector<LinePlace> places;

  Catalogue catalogue() override { return {}; }
  void read(const StartupRows& rows) override {
    if (rows.draw) rows.draw(draw);
  }
  std::int64_t ids_reserved_to() override { return 1; }
  TimePoint latest_moment() override { return kNow; }
  std::string ticket_secret() override { return {}; }
  std::vector<LinePlace> read(EventId, Place after, std::size_t) override {
    return {places.begin() + after, places.end()};
  }
  Place head(EventId event) override { return event == draw.event ? Place(places.size()) : 0; }
};

// R-Q13, R-O3: a damaged row must not end the server at each start; who is let in first is not known any
// more.
TEST(Rooms, with_a_stored_draw_of_more_people_than_joined_let_nobody_in) {
  Stage stage;
  stage.event().queue.order = LineOrder::draw;
  ManualClock clock{kNow};
  StoredDraw store;
  store.draw = {.event = kClubNight,
                .seed = std::string(32, 's'),
                .opens_at = kNow - Millis(1000),
                .drawn_at = kNow - Millis(900),
                .people = 3,
                .digest = std::string(32, 'd')};
  for (const Place place : {1U, 2U})
    store.places.push_back({kClubNight, place, user_id(place), kNow - Millis(2000), {}});
  Rooms rooms{clock, [catalogue = stage.view.catalogue] { return catalogue; }, &seeds};
  rooms.restore(store, store);
  const auto lets_nobody_in = [&] {
    EXPECT_TRUE(rooms.numbers(kClubNight).is_gathering);
    EXPECT_FALSE(rooms.look({kClubNight, 1, user_id(1)})->standing.position);
    std::vector<std::unique_ptr<Command>> due;
    rooms.collect(clock.now(), due);
    EXPECT_TRUE(due.empty());
    EXPECT_GT(rooms.next_due(clock.now()), clock.now()) << "the lane would try again without a pause";
  };
  lets_nobody_in();
  Batch change;
  change.catalogue.events.push_back(stage.event());
  rooms.on_commit(change);
  lets_nobody_in();

  store.draw.people = 2;
  Rooms sound{clock, [catalogue = stage.view.catalogue] { return catalogue; }, &seeds};
  sound.restore(store, store);
  EXPECT_FALSE(sound.numbers(kClubNight).is_gathering);
}

}  // namespace
}  // namespace stagedoor::queue
