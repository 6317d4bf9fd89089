// R-Q13: a draw that lies is found out by what the fans were told.
#include "crowd/draw_check.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "core/base64url.h"
#include "core/hex.h"
#include "protocol/draw.h"
#include "protocol/token_layout.h"

namespace stagedoor::crowd {
namespace {

using testing::HasSubstr;

constexpr EventId kEvent{7};
constexpr TimePoint kOpens = from_ms(1'800'000'060'000);
constexpr Place kPeople = 100;
constexpr Place kLate = 20;  // joined after the opening
const std::string kSeed = "0123456789abcdef0123456789abcdef";

Clock::time_point second(std::int64_t n) { return Clock::time_point(std::chrono::seconds(1000 + n)); }

// A fair draw, all of whose people are fans of this crowd: everybody asks once after the draw and is told
// their rank less one, then ten are let in every second.
struct Scene {
  PublishedDraw before{
      .commitment = to_hex(protocol::draw_commitment({.seed = kSeed, .event = kEvent, .opens_at = kOpens})),
      .opens_at = kOpens};
  PublishedDraw after = before;
  std::vector<Witness> fans{kPeople + kLate};
  std::vector<Place> rank_of;
  Breaches breaches;

  Scene() {
    protocol::JoinsDigest digest;
    for (Place place = 1; place <= fans.size(); ++place) {
      Witness& fan = fans[place - 1];
      fan.place = place;
      fan.user.bytes[15] = static_cast<std::uint8_t>(place);
      fan.joined_at =
          place <= kPeople ? kOpens - Millis(kPeople) + Millis(place - 1) : kOpens + Millis(place);
      if (place <= kPeople) digest.add(place, fan.user, fan.joined_at);
    }
    const std::string bytes = digest.finish();
    after.drawn_at = kOpens + Millis(15);
    after.people = kPeople;
    after.digest = to_hex(bytes);
    after.seed = to_hex(kSeed);
    rank_of = protocol::draw_order(protocol::draw_key(kSeed, bytes, ""), kPeople).rank_of;
    for (Place place = kPeople + 1; place <= fans.size(); ++place) rank_of.push_back(place);
    for (Witness& fan : fans) {
      const Place rank = rank_of[fan.place - 1];
      fan.sent = fan.last_waiting_sent = second(0);
      fan.answered = fan.sent + std::chrono::milliseconds(5);
      fan.position = rank - 1;
      fan.activated_at = kOpens + Millis(1000 * ((rank - 1) / 10 + 1));
      fan.admission_seen = second((rank - 1) / 10 + 1);
    }
  }
  Witness& fan_of_rank(Place rank) {
    return fans[static_cast<std::size_t>(std::ranges::find(rank_of, rank) - rank_of.begin())];
  }
  DrawReport check() { return check_draw(kEvent, before, after, fans, std::chrono::seconds(10), breaches); }
  std::uint64_t found(Rule rule) {
    check();
    return breaches.count(rule);
  }
};

TEST(DrawCheck, finds_nothing_wrong_with_a_fair_draw) {
  Scene scene;
  const DrawReport report = scene.check();
  EXPECT_EQ(scene.breaches.total(), 0u);
  EXPECT_TRUE(report.is_drawn);
  EXPECT_TRUE(report.list_recomputed);
  EXPECT_EQ(report.gathered, 100);
  EXPECT_EQ(report.of_crowd, 100);
  EXPECT_EQ(report.drawn_after, Millis(15));
  EXPECT_EQ(report.positions, 120);
  EXPECT_EQ(report.admissions, 120);
  EXPECT_EQ(report.absent, 0);
}

TEST(DrawCheck, finds_a_seed_that_was_not_committed_to) {
  Scene exchanged;
  exchanged.after.seed[0] ^= 1;
  EXPECT_GT(exchanged.found(Rule::draw_commitment_broken), 0u);
  Scene committed_anew;
  committed_anew.before.commitment[0] ^= 1;
  EXPECT_GT(committed_anew.found(Rule::draw_commitment_broken), 0u);
  Scene another_event;
  another_event.after.commitment = another_event.before.commitment =
      to_hex(protocol::draw_commitment({.seed = kSeed, .event = EventId{8}, .opens_at = kOpens}));
  EXPECT_GT(another_event.found(Rule::draw_commitment_broken), 0u);
}

TEST(DrawCheck, finds_that_people_were_let_in_without_a_draw) {
  Scene scene;
  scene.after = scene.before;
  EXPECT_GT(scene.found(Rule::draw_commitment_broken), 0u);
  Scene ended_early;
  ended_early.after = ended_early.before;
  for (Witness& fan : ended_early.fans) fan.activated_at = kNever;
  EXPECT_FALSE(ended_early.check().is_drawn);
  EXPECT_EQ(ended_early.breaches.total(), 0u);
}

TEST(DrawCheck, finds_a_list_that_was_not_the_one_of_the_joins) {
  Scene exchanged;
  std::swap(exchanged.fans[3].user, exchanged.fans[4].user);
  EXPECT_EQ(exchanged.found(Rule::draw_list_differs), 1u);
  Scene left_out;  // joined in time, and stands behind
  left_out.fans[kPeople].joined_at = kOpens - Millis(1);
  EXPECT_EQ(left_out.found(Rule::draw_list_differs), 1u);
  Scene let_in_late;  // joined too late, and took part
  let_in_late.fans[kPeople - 1].joined_at = kOpens;
  EXPECT_GT(let_in_late.found(Rule::draw_list_differs), 0u);
  Scene twice;
  twice.fans[5].place = 5;
  EXPECT_GT(twice.found(Rule::draw_list_differs), 0u);
}

TEST(DrawCheck, leaves_the_list_open_where_strangers_took_part) {
  Scene scene;
  scene.fans.erase(scene.fans.begin());
  scene.after.digest[0] ^= 1;  // would differ
  scene.check();
  EXPECT_EQ(scene.breaches.count(Rule::draw_list_differs), 0u);
}

TEST(DrawCheck, finds_a_position_beyond_the_rank) {
  Scene scene;
  Witness& fan = scene.fan_of_rank(40);
  fan.position = 40;  // 39 are ahead
  EXPECT_EQ(scene.found(Rule::position_beyond_rank), 1u);
}

TEST(DrawCheck, finds_two_who_were_told_each_others_positions) {
  Scene at_once;  // nobody knows who was looked at first, but nobody may be told more than their rank
  std::swap(at_once.fan_of_rank(40).position, at_once.fan_of_rank(50).position);
  EXPECT_GT(at_once.found(Rule::position_beyond_rank), 0u);

  Scene later;
  later.fan_of_rank(50).position = 20;
  later.fan_of_rank(40).position = 25;  // both have fewer ahead than at the draw
  EXPECT_EQ(later.found(Rule::position_beyond_rank), 0u);
  later.fan_of_rank(40).sent = second(1);  // after rank 50 was told 20, so 19 at most
  later.fan_of_rank(40).answered = second(2);
  EXPECT_EQ(later.found(Rule::position_beyond_rank), 1u);
  EXPECT_THAT(later.breaches.example(Rule::position_beyond_rank), HasSubstr("rank 40"));
}

TEST(DrawCheck, finds_who_was_let_in_before_somebody_ahead) {
  Scene swapped;
  std::swap(swapped.fan_of_rank(15).activated_at, swapped.fan_of_rank(35).activated_at);
  EXPECT_GT(swapped.found(Rule::admitted_out_of_order), 0u);
  Scene late_first;  // somebody who came after the opening
  late_first.fan_of_rank(kPeople + 1).activated_at = kOpens + Millis(1);
  EXPECT_GT(late_first.found(Rule::admitted_out_of_order), 0u);
  Scene in_a_batch;  // at the same moment nobody is first
  in_a_batch.fan_of_rank(10).activated_at = in_a_batch.fan_of_rank(11).activated_at;
  EXPECT_EQ(in_a_batch.found(Rule::admitted_out_of_order), 0u);
}

TEST(DrawCheck, finds_who_waits_on_while_those_behind_are_inside) {
  Scene scene;
  Witness& fan = scene.fan_of_rank(15);
  fan.activated_at = kNever;
  EXPECT_EQ(scene.found(Rule::admitted_out_of_order), 0u);  // left, or had no answer yet
  fan.last_waiting_sent = second(5);                        // rank 21 was seen inside at 3
  EXPECT_EQ(scene.found(Rule::admitted_out_of_order), 1u);
}

TEST(DrawCheck, forgives_that_who_was_silent_for_long_is_passed_over) {
  Scene scene;
  scene.fan_of_rank(15).activated_at = kOpens + std::chrono::minutes(1);
  scene.fan_of_rank(15).longest_silence = std::chrono::seconds(11);
  EXPECT_EQ(scene.check().absent, 1);
  EXPECT_EQ(scene.breaches.total(), 0u);
}

TEST(DrawCheck, reads_what_stands_in_a_token) {
  const protocol::TokenClaims claims{{EventId{7}, 258, UserId{{0, 1, 2}}}, from_ms(1000)};
  const std::string token = base64url_encode(protocol::encode_token(5, claims));
  Witness fan;
  ASSERT_TRUE(read_token("Bearer " + token, fan));
  EXPECT_EQ(fan.place, 258u);
  EXPECT_EQ(fan.user, claims.user);
  EXPECT_EQ(fan.joined_at, from_ms(1000));
  EXPECT_FALSE(read_token(token, fan));
  EXPECT_FALSE(read_token("Bearer t", fan));
}

TEST(DrawCheck, reads_a_draw_as_it_is_published) {
  const std::string head = R"({"commitment":"ab","opensAt":"2027-01-15T08:01:00.000Z",)";
  const auto read = [&](const std::string& rest) {
    return read_draw(boost::json::parse(head + rest).as_object());
  };
  EXPECT_FALSE(read(R"("algorithm":"stagedoor-draw-1"})").drawn_at);
  const PublishedDraw drawn =
      read(R"("algorithm":"stagedoor-draw-1","drawnAt":"2027-01-15T08:01:00.015Z","people":3,
              "digest":"cd","seed":"ef","beacon":"31415"})");
  EXPECT_EQ(*drawn.drawn_at - drawn.opens_at, Millis(15));
  EXPECT_EQ(drawn.people, 3u);
  EXPECT_EQ(drawn.digest + drawn.seed + drawn.beacon, "cdef31415");
  EXPECT_THROW(read(R"("algorithm":"dice"})"), std::runtime_error);
}

}  // namespace
}  // namespace stagedoor::crowd
