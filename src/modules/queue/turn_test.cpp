#include "modules/queue/turn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/manual_clock.h"
#include "support/seeds.h"
#include "support/stage.h"

namespace stagedoor::queue {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

// The room of the club night: place 1 inside, 2 and 3 waiting, 4 given up, 5 over.
class TurnTest : public testing::Test {
 protected:
  TurnTest() {
    Batch batch;
    Changes changes;
    for (Place place = 1; place <= 5; ++place) {
      changes.line.push_back({kClubNight, place, user_id(place), kNow, std::nullopt});
    }
    changes.line[3].left_at = kNow;
    changes.visits.push_back({kClubNight, 1, user_id(1), kNow, kNow + Millis(1000)});
    changes.visits.push_back({kClubNight, 5, user_id(5), kNow - Millis(10), kNow});
    Changes joined = changes;
    joined.visits.clear();
    joined.line[3].left_at.reset();
    batch.add(joined, stage.view);
    rooms.on_commit(batch);
    Batch later;
    changes.line = {changes.line[3]};
    later.add(changes, stage.view);
    rooms.on_commit(later);
  }

  static PlaceRef place(Place number) { return {kClubNight, number, user_id(number)}; }
  std::string check(const PlaceRef& ref, EventId event = kClubNight) {
    return outcome(turns.check(ref, event));
  }

  Stage stage;
  ManualClock clock{kNow};
  Rooms rooms{clock, [this] { return stage.view.catalogue; }, &seeds};
  Turns turns{rooms};
};

// R-C2 – R-C5, R-Q5, R-Q6
TEST_F(TurnTest, lets_only_active_visits_of_the_event_see_seats) {
  EXPECT_EQ(check(place(1)), "ok");
  EXPECT_EQ(check(place(2)), "WRONG_TOKEN_TURN");
  EXPECT_EQ(check(place(4)), "TOKEN_EXPIRED");  // given up
  EXPECT_EQ(check(place(5)), "TOKEN_EXPIRED");  // over
  EXPECT_EQ(check(place(1), kOtherNight), "WRONG_TOKEN_EVENT");
  EXPECT_EQ(check(place(77)), "WRONG_TOKEN_TURN");  // authentic, not heard of yet: waits
  EXPECT_EQ(check({kClubNight, 1, user_id(2)}), "TOKEN_NOT_FOUND");
  EXPECT_EQ(check({{99}, 1, user_id(1)}, EventId{99}), "WRONG_TOKEN_TURN");
  clock.advance(Millis(999));
  EXPECT_EQ(check(place(1)), "ok");
  clock.advance(Millis(1));
  EXPECT_EQ(check(place(1)), "TOKEN_EXPIRED");
}

// Section 8: WRONG_TOKEN_TURN carries position and pollAfterMs.
TEST_F(TurnTest, tells_who_waits_where_they_stand) {
  const Refusal refusal = turns.explain({Code::WRONG_TOKEN_TURN, "", {}, {}, {}}, place(3));
  EXPECT_EQ(refusal.code, Code::WRONG_TOKEN_TURN);
  EXPECT_THAT(refusal.extra,
              ElementsAre(Pair("position", "1"), Pair("pollAfterMs", testing::Not(IsEmpty()))));
  EXPECT_EQ(turns.explain({Code::WRONG_TOKEN_TURN, "", {}, {}, {}}, place(4)).code, Code::TOKEN_EXPIRED);
  EXPECT_EQ(turns.explain({Code::SEAT_OCCUPIED, "", {}, {}, {}}, place(4)).code, Code::SEAT_OCCUPIED);
}

}  // namespace
}  // namespace stagedoor::queue
