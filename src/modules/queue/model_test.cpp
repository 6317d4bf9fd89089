#include "modules/queue/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "support/stage.h"

namespace stagedoor::queue {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

const Join kJoin{kClubNight, user_id(1)};

// R-Q1, R-Q13 (the opening), R-C1, I-20
TEST(JoinQueue, follows_the_table_of_opening_times) {
  struct Row {
    const char* when;
    std::function<void(Event&)> arrange;
    const char* decision;
  };
  const Row rows[] = {
      {"on sale", [](Event&) {}, "ok"},
      {"the sale begins now", [](Event& event) { event.on_sale.from = kNow; }, "ok"},
      {"the sale has not begun and nobody gathers",
       [](Event& event) { event.on_sale.from = kNow + Millis(1); }, "EVENT_NOT_ON_SALE"},
      {"people gather from now on",
       [](Event& event) {
         event.on_sale.from = kNow + Millis(1000);
         event.queue.gather_from = kNow;
       },
       "ok"},
      {"people gather a moment from now",
       [](Event& event) {
         event.on_sale.from = kNow + Millis(1000);
         event.queue.gather_from = kNow + Millis(1);
       },
       "EVENT_NOT_ON_SALE"},
      {"the sale is on and gather_from lies behind its beginning",
       [](Event& event) { event.queue.gather_from = kNow + Millis(1); }, "ok"},
      {"the sale ends now", [](Event& event) { event.on_sale.until = kNow; }, "EVENT_NOT_ON_SALE"},
      {"the event is closed", [](Event& event) { event.closed = true; }, "EVENT_NOT_ON_SALE"},
      {"admissions are paused (R-Q17)", [](Event& event) { event.paused = true; }, "ok"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.when);
    Stage stage;
    row.arrange(stage.event());
    const auto decision = decide_join(kJoin, stage.view, kNow, std::nullopt, 41);
    EXPECT_EQ(outcome(decision), row.decision);
    EXPECT_EQ(decision.changes.line.empty(), outcome(decision) != "ok");
  }
}

// R-Q1, R-Q9
TEST(JoinQueue, takes_the_place_after_the_last) {
  Stage stage;
  const auto decision = decide_join(kJoin, stage.view, kNow, std::nullopt, 41);
  EXPECT_TRUE(result_of(decision).is_new);
  ASSERT_THAT(decision.changes.line, testing::SizeIs(1));
  const LinePlace& place = decision.changes.line.front();
  EXPECT_EQ(place.place, 42u);
  EXPECT_EQ(place.user, user_id(1));
  EXPECT_EQ(place.joined_at, kNow);
  EXPECT_EQ(place.left_at, std::nullopt);
}

TEST(JoinQueue, of_an_unknown_event_is_refused) {
  Stage stage;
  EXPECT_EQ(outcome(decide_join({{99}, user_id(1)}, stage.view, kNow, std::nullopt, 0)), "EVENT_NOT_FOUND");
}

// R-Q9, I-12: joins of one batch, before the room has heard of any.
TEST(JoinQueue, numbers_the_joins_of_one_batch_in_order_and_by_event) {
  Stage stage;
  for (std::uint32_t n = 1; n <= 10; ++n) {
    const auto here = decide_join({kClubNight, user_id(n)}, stage.view, kNow, std::nullopt, 7);
    stage.view.apply(here.changes);
    EXPECT_EQ(result_of(here).place.place, 7 + n);
    const auto there = decide_join({kOtherNight, user_id(n)}, stage.view, kNow, std::nullopt, 0);
    stage.view.apply(there.changes);
    EXPECT_EQ(result_of(there).place.place, n);
  }
}

// R-Q7, I-13
TEST(JoinQueue, gives_the_same_place_again_within_a_batch) {
  Stage stage;
  const auto first = decide_join(kJoin, stage.view, kNow, std::nullopt, 7);
  stage.view.apply(first.changes);
  const auto again = decide_join(kJoin, stage.view, kNow, std::nullopt, 7);
  EXPECT_FALSE(result_of(again).is_new);
  EXPECT_EQ(result_of(again).place.place, result_of(first).place.place);
  EXPECT_THAT(again.changes.line, IsEmpty());
}

// R-Q7: also when the sale has closed meanwhile.
TEST(JoinQueue, gives_the_place_the_room_knows_again) {
  Stage stage;
  stage.event().closed = true;
  const LinePlace mine{kClubNight, 3, user_id(1), kNow - Millis(5), std::nullopt};
  const auto decision = decide_join(kJoin, stage.view, kNow, mine, 7);
  EXPECT_FALSE(result_of(decision).is_new);
  EXPECT_EQ(result_of(decision).place.place, 3u);
  EXPECT_EQ(result_of(decision).place.joined_at, mine.joined_at);
}

// R-Q7: a payment of this batch has ended the visit that the room takes for active.
TEST(JoinQueue, after_a_visit_that_this_batch_ended_goes_to_the_end) {
  Stage stage;
  const PlaceRef token = stage.inside(1);
  const LinePlace mine{kClubNight, token.place, token.user, kNow, std::nullopt};
  EXPECT_FALSE(result_of(decide_join(kJoin, stage.view, kNow, mine, 7)).is_new);
  Changes over;
  over.visits.push_back(stage.visit(token));
  over.visits.front().expires_at = kNow;
  stage.view.apply(over);
  const auto decision = decide_join(kJoin, stage.view, kNow, mine, 7);
  EXPECT_TRUE(result_of(decision).is_new);
  EXPECT_EQ(result_of(decision).place.place, 8u);
}

// R-Q7, R-Q4
TEST(JoinQueue, after_leaving_in_the_same_batch_goes_to_the_end) {
  Stage stage;
  const LinePlace mine{kClubNight, 3, user_id(1), kNow, std::nullopt};
  Changes left;
  left.line.push_back({kClubNight, 3, user_id(1), kNow, kNow});
  stage.view.apply(left);
  EXPECT_EQ(result_of(decide_join(kJoin, stage.view, kNow, mine, 7)).place.place, 8u);
}

// R-Q11
TEST(Visit, lasts_active_ttl_but_never_beyond_visit_max) {
  const LinePlace place{kClubNight, 3, user_id(1), kNow, std::nullopt};
  QueuePolicy policy;
  policy.active_ttl = Millis(5000);
  policy.visit_max = Millis(8000);
  Visit visit = begin_visit(place, policy, kNow);
  EXPECT_EQ(visit.activated_at, kNow);
  EXPECT_EQ(visit.expires_at, kNow + Millis(5000));
  EXPECT_EQ(renew_visit(visit, policy, kNow + Millis(7000)).expires_at, kNow + Millis(7000));
  EXPECT_EQ(renew_visit(visit, policy, kNow + Millis(9000)).expires_at, kNow + Millis(8000));
  EXPECT_EQ(renew_visit(visit, policy, kNow + Millis(1000)).expires_at, visit.expires_at);
  policy.active_ttl = Millis(9000);
  EXPECT_EQ(begin_visit(place, policy, kNow).expires_at, kNow + Millis(8000));
}

// R-Q5: half-open, by the stored stamps.
TEST(ActiveVisit, begins_at_its_stamp_and_is_over_at_its_end) {
  Stage stage;
  const PlaceRef token = stage.inside(1);
  const auto at = [&](TimePoint now) { return outcome(active_visit(stage.view, token, kClubNight, now)); };
  EXPECT_EQ(at(kNow), "ok");
  EXPECT_EQ(at(kNow + Millis(299'999)), "ok");
  EXPECT_EQ(at(kNow + Millis(300'000)), "TOKEN_EXPIRED");
  EXPECT_EQ(outcome(active_visit(stage.view, token, kOtherNight, kNow)), "WRONG_TOKEN_EVENT");
}

// R-Q10
TEST(Admit, begins_a_visit_for_each_place) {
  Stage stage;
  const std::vector<LinePlace> places{{kClubNight, 3, user_id(1), kNow - Millis(9), std::nullopt},
                                      {kClubNight, 4, user_id(2), kNow - Millis(8), std::nullopt}};
  stage.view.key_versions.put("queue/1", KeyVersion{"queue/1", 6, kNow});
  BatchContext context{kNow, stage.ids};
  const Changes changes = decide_admit(stage.event(), places, stage.view, context);
  EXPECT_THAT(changes.visits, ElementsAre(Field(&Visit::place, 3), Field(&Visit::place, 4)));
  for (const Visit& visit : changes.visits) EXPECT_EQ(visit.activated_at, kNow);
  ASSERT_EQ(changes.outbox.size(), 1u) << "one event for the batch (R-E4)";
  EXPECT_EQ(changes.outbox[0].key, "queue/1");
  EXPECT_EQ(changes.outbox[0].version, 7);
  EXPECT_EQ(changes.outbox[0].payload, R"({"event":1,"from":3,"to":4,"count":2,"places":[3,4]})");
  EXPECT_THAT(decide_admit(stage.event(), {}, stage.view, context).outbox, IsEmpty());
}

// R-A3
TEST(JoinQueue, gives_no_more_places_than_the_event_has) {
  Stage stage;
  stage.event().queue.places_max = 42;
  EXPECT_EQ(outcome(decide_join(kJoin, stage.view, kNow, std::nullopt, 41)), "ok");
  const auto decision = decide_join(kJoin, stage.view, kNow, std::nullopt, 42);
  EXPECT_EQ(outcome(decision), "OVERLOADED");
  EXPECT_THAT(decision.changes.line, IsEmpty());
  const LinePlace mine{kClubNight, 42, user_id(1), kNow, {}};
  EXPECT_EQ(outcome(decide_join(kJoin, stage.view, kNow, mine, 42)), "ok") << "a place that exists";
}

// R-A2
TEST(JoinQueue, gives_a_user_so_many_places_in_an_hour) {
  Stage stage;
  Join join = kJoin;
  join.places_per_hour = 10;
  const RecentPlaces nine{9, kNow - Millis(1'800'000)}, ten{10, kNow - Millis(1'800'000)};
  EXPECT_EQ(outcome(decide_join(join, stage.view, kNow, std::nullopt, 41, nine)), "ok");
  const auto decision = decide_join(join, stage.view, kNow, std::nullopt, 41, ten);
  ASSERT_EQ(outcome(decision), "RATE_LIMITED");
  const auto& headers = std::get<Refusal>(decision.result).headers;
  ASSERT_EQ(headers.size(), 1u);
  EXPECT_EQ(headers[0], (std::pair<std::string, std::string>("Retry-After", "1800")));
  EXPECT_EQ(outcome(decide_join(kJoin, stage.view, kNow, std::nullopt, 41, ten)), "ok") << "no limit";
}

}  // namespace
}  // namespace stagedoor::queue
