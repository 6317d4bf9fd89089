// R-Q17, R-U8: whether a room was fair, as operators' calls say it.
#include <stdexcept>

#include "ports/store_errors.h"
#include "support/console.h"

namespace stagedoor::operators {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

constexpr const char* kPath = "/admin/events/1/fairness";
const std::string kOwnerSecret(test::kOwnerKey);

// Two joined, and the second was let in first.
RoomRecord unfair_room(EventId event, TimePoint start) {
  RoomRecord room;
  room.event.id = event;
  room.event.queue = {.admission = Admission::both, .people = 3, .every = Millis(1000), .capacity = 5};
  for (Place place = 1; place <= 2; ++place) room.rows.places.push_back({event, place, {}, start});
  room.rows.visits.push_back({event, 2, {}, start + Millis(1500), start + Millis(9000)});
  room.log.push_back({.id = LogId{1},
                      .created_at = start,
                      .operator_name = "anna",
                      .action = "queue.pause",
                      .event = event,
                      .detail = R"({"text":"Back at eight"})"});
  return room;
}

class FairnessCall : public Console {
 protected:
  FairnessCall() {
    deps.read_room = [this](EventId event) { return std::optional(unfair_room(event, clock.now())); };
  }
};

TEST_F(FairnessCall, says_what_came_of_everybody_and_what_operators_did) {
  const auto document = data_of(ask(kPath));
  EXPECT_EQ(test::number(document, "joins"), 2);
  EXPECT_EQ(test::number(document, "stillWaiting"), 1);
  EXPECT_EQ(test::number(document, "inversions"), 1);
  EXPECT_EQ(document.at("waitMs").at("max"), 1500);
  EXPECT_FALSE(document.at("fair").as_bool());
  const auto& action = document.at("operators").at(0);
  EXPECT_EQ(test::text(action, "at"), "2030-01-01T00:00:00.000Z");
  EXPECT_EQ(test::text(action, "operatorName"), "anna");
  EXPECT_EQ(test::text(action.at("detail"), "text"), "Back at eight");
  EXPECT_FALSE(document.as_object().contains("draw"));
}

TEST_F(FairnessCall, is_for_viewers) {
  EXPECT_EQ(ask(kPath, {.secret = "gate-secret"}).refusal, Code::FORBIDDEN);
  EXPECT_FALSE(ask(kPath, {.secret = "viewer-secret"}).refusal);
}

// A room may have a million places.
TEST_F(FairnessCall, reads_the_room_aside) {
  std::vector<absl::AnyInvocable<void()>> jobs;
  int rooms_read = 0;
  deps.run_aside = [&](absl::AnyInvocable<void()> job) { jobs.push_back(std::move(job)); };
  deps.read_room = [&](EventId event) {
    ++rooms_read;
    return std::optional(unfair_room(event, clock.now()));
  };
  add_routes();
  Sink sink;
  send(kPath, {}, sink);
  ASSERT_THAT(jobs, SizeIs(1));
  EXPECT_EQ(rooms_read, 0);
  jobs[0]();
  EXPECT_EQ(sink.answer.get_future().get().status, 200);
}

// The one bad client: asks again and again, for large rooms.
TEST_F(FairnessCall, is_one_at_a_time_and_now_and_then) {
  std::vector<absl::AnyInvocable<void()>> jobs;
  deps.run_aside = [&](absl::AnyInvocable<void()> job) { jobs.push_back(std::move(job)); };
  add_routes();
  Sink first;
  send(kPath, {}, first);
  EXPECT_THAT(ask(kPath).body, HasSubstr("You have 1 of these open"));
  Sink of_another;
  send(kPath, {.secret = kOwnerSecret}, of_another);
  EXPECT_THAT(jobs, SizeIs(2));
  for (auto& job : jobs) job();
  deps.run_aside = {};
  const Answer again = ask(kPath);
  EXPECT_EQ(again.refusal, Code::RATE_LIMITED) << "not within ten seconds";
  EXPECT_THAT(again.headers, HasSubstr("Retry-After: "));
  EXPECT_EQ(ask("/admin/events/9/fairness").refusal, Code::EVENT_NOT_FOUND);
}

TEST_F(FairnessCall, needs_the_store) {
  deps.read_room = [](EventId) -> std::optional<RoomRecord> { throw StoreUnavailable("planted"); };
  EXPECT_EQ(ask(kPath).refusal, Code::STORE_UNAVAILABLE);
  deps.read_room = {};
  add_routes();
  EXPECT_EQ(ask(kPath).refusal, Code::STORE_UNAVAILABLE);
}

TEST_F(FairnessCall, knows_no_event_that_the_store_does_not_know) {
  EXPECT_EQ(ask("/admin/events/9/fairness").refusal, Code::EVENT_NOT_FOUND);
  deps.read_room = [](EventId) { return std::optional<RoomRecord>(); };
  add_routes();
  EXPECT_EQ(ask(kPath).refusal, Code::EVENT_NOT_FOUND);
}

}  // namespace
}  // namespace stagedoor::operators
