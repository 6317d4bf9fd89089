// R-Q17: what the report of `stagedoor fairness` says.
#include "app/commands/fairness_report.h"

#include <gmock/gmock.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "modules/operator/fairness_document.h"

namespace stagedoor {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

constexpr TimePoint kStart = from_ms(1'800'000'000'000);

// Two joined, and the second was let in first.
RoomRecord unfair_room() {
  RoomRecord room;
  room.event.id = EventId{7};
  room.event.name = "Winter Night";
  room.event.queue = {.admission = Admission::both, .people = 3, .every = Millis(1000), .capacity = 5};
  for (Place place = 1; place <= 2; ++place) {
    UserId user;
    user.bytes[15] = static_cast<std::uint8_t>(place);
    room.rows.places.push_back({room.event.id, place, user, kStart, std::nullopt});
  }
  room.rows.visits.push_back(
      {room.event.id, 2, room.rows.places[1].user, kStart + Millis(1500), kStart + Millis(9000)});
  return room;
}

LogRow change(std::string what, TimePoint when) {
  return {.id = LogId{1},
          .created_at = when,
          .operator_name = "anna",
          .action = "event.change",
          .event = EventId{7},
          .detail = R"({"changed":[")" + what + R"("]})"};
}

std::string text_of(const RoomRecord& room) {
  return fairness_text(room, queue::judge_fairness(room.rows, room.event.queue));
}

TEST(FairnessReport, tells_what_came_of_everybody_and_what_was_unfair) {
  const RoomRecord room = unfair_room();
  EXPECT_THAT(text_of(room), AllOf(ContainsRegex("joins +2\n"), ContainsRegex("admissions +1\n"),
                                   HasSubstr("p50 1s500ms"), ContainsRegex("inversions +1 +must be 0"),
                                   HasSubstr("Limits: 3 in 1s, 5 inside. The policy was not changed"),
                                   HasSubstr("Operators did nothing"), HasSubstr("NOT fair")));
  RoomRecord fair = unfair_room();
  fair.rows.visits[0].place = 1;
  EXPECT_THAT(text_of(fair), AllOf(HasSubstr("The room was fair."), Not(HasSubstr("NOT"))));
}

TEST(FairnessReport, names_every_intervention_and_a_policy_that_was_changed_during_the_sale) {
  RoomRecord room = unfair_room();
  room.log = {change("event 7 Winter Night: performer", kStart + Millis(1)),
              change("event 77 Other: queue.people", kStart + Millis(1)),
              change("event 7 Winter Night: queue.people", kStart - Millis(1))};
  EXPECT_FALSE(operators::has_changed_policy(room));
  room.log.push_back(change("event 7 Winter Night: performer, queue.people", kStart + Millis(2)));
  EXPECT_TRUE(operators::has_changed_policy(room));
  EXPECT_THAT(text_of(room), AllOf(HasSubstr("The policy was changed during the sale"),
                                   HasSubstr("2027-01-15T08:00:00.002Z  anna  event.change  {\"changed\"")));
}

TEST(FairnessReport, is_there_as_json) {
  RoomRecord room = unfair_room();
  room.log = {change("event 7 Winter Night: queue.people", kStart)};
  const auto report =
      boost::json::parse(fairness_json(room, queue::judge_fairness(room.rows, room.event.queue))).as_object();
  EXPECT_EQ(report.at("joins"), 2);
  EXPECT_EQ(report.at("waitMs").at("max"), 1500);
  EXPECT_EQ(report.at("inversions"), 1);
  EXPECT_EQ(report.at("fair"), false);
  EXPECT_EQ(report.at("policyChanged"), true);
  EXPECT_EQ(report.at("operators").at(0).at("operatorName"), "anna");
  EXPECT_EQ(report.at("operators").at(0).at("detail").at("changed").as_array().size(), 1U);
}

}  // namespace
}  // namespace stagedoor
