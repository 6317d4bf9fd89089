#include "modules/queue/gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/manual_clock.h"
#include "support/seeds.h"
#include "support/stage.h"

namespace stagedoor {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr Millis kLifetime{30LL * 86'400'000};

// A gate before the room of the club night: place 1 inside, 2 and 3 waiting, 4 given up, 5 over.
class GateTest : public testing::Test {
 protected:
  GateTest() {
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
    rooms.committed(batch);
    Batch later;
    changes.line = {changes.line[3]};
    later.add(changes, stage.view);
    rooms.committed(later);
  }

  static TokenClaims claims(Place place) { return {kClubNight, place, user_id(place), kNow}; }
  std::string token(Place place) { return keys.sign(claims(place)); }

  // The outcome of `ask` for a request with these headers.
  template <class Ask>
  std::string with(std::vector<http::Header> headers, const Ask& ask) {
    http::Request request;
    request.headers = headers;
    return outcome(ask(request));
  }
  std::string with(std::vector<http::Header> headers) {
    return with(std::move(headers), [&](const http::Request& request) { return gate.token(request); });
  }
  std::string active(const std::string& text, EventId event = kClubNight) {
    return with({{"queue-token", text}},
                [&](const http::Request& request) { return gate.active(request, event); });
  }

  Stage stage;
  ManualClock clock{kNow};
  TokenKeys keys{{std::string(32, 'k')}};
  Rooms rooms{clock, [this] { return stage.view.catalogue; }, &seeds};
  Gate gate{keys, rooms, clock, kLifetime};
};

// R-X4
TEST_F(GateTest, finds_the_token_where_it_may_stand) {
  const std::string good = token(1), bad = "x" + good;
  EXPECT_EQ(with({{"Authorization", "Bearer " + good}}), "ok");
  EXPECT_EQ(with({{"authorization", "bearer " + good}}), "ok");
  EXPECT_EQ(with({{"queue-token", good}}), "ok");
  EXPECT_EQ(with({{"Queue-Token", "Bearer " + good}}), "ok");
  EXPECT_EQ(with({{"Authorization", "Bearer somebody-elses-jwt"}, {"queue-token", good}}), "ok");

  EXPECT_EQ(with({}), "TOKEN_NOT_FOUND");
  EXPECT_EQ(with({{"Authorization", good}}), "TOKEN_NOT_FOUND");
  EXPECT_EQ(with({{"Authorization", "Basic " + good}}), "TOKEN_NOT_FOUND");
  EXPECT_EQ(with({{"Authorization", "Bearer " + bad}}), "TOKEN_NOT_FOUND");
  EXPECT_EQ(with({{"Authorization", "Bearer "}}), "TOKEN_NOT_FOUND");
  EXPECT_EQ(with({{"Authorization", "Bearer"}}), "TOKEN_NOT_FOUND");
  EXPECT_EQ(with({{"queue-token", bad}, {"Authorization", "Bearer " + good}}), "TOKEN_NOT_FOUND");
  EXPECT_EQ(with({{"Cookie", good}}), "TOKEN_NOT_FOUND");
}

// R-Q6: "the word Bearer" is no pattern that other bytes fit.
TEST_F(GateTest, takes_nothing_else_for_the_word_bearer) {
  std::string almost = "Bearer " + token(1);
  almost[6] = '\0';
  EXPECT_EQ(with({{"Authorization", almost}}), "TOKEN_NOT_FOUND");
  almost[6] = ' ';
  almost[0] = '\x02' ^ 'B';
  EXPECT_EQ(with({{"Authorization", almost}}), "TOKEN_NOT_FOUND");
}

// R-Q6
TEST_F(GateTest, refuses_a_token_older_than_its_lifetime) {
  clock.set(kNow + kLifetime - Millis(1));
  EXPECT_EQ(with({{"queue-token", token(1)}}), "ok");
  clock.set(kNow + kLifetime);
  EXPECT_EQ(with({{"queue-token", token(1)}}), "TOKEN_EXPIRED");
}

// R-S11
TEST_F(GateTest, knows_the_owner_whatever_their_turn) {
  for (Place place = 1; place <= 5; ++place) {
    const auto owner = [&](std::uint32_t user) {
      return with({{"queue-token", token(place)}},
                  [&](const http::Request& request) { return gate.owner(request, user_id(user)); });
    };
    EXPECT_EQ(owner(place), "ok");
    EXPECT_EQ(owner(place + 1), "FORBIDDEN");
  }
}

// R-C2 – R-C5, R-Q5, R-Q6
TEST_F(GateTest, lets_only_active_visits_of_the_event_see_seats) {
  EXPECT_EQ(active(token(1)), "ok");
  EXPECT_EQ(active(token(2)), "WRONG_TOKEN_TURN");
  EXPECT_EQ(active(token(4)), "TOKEN_EXPIRED");  // given up
  EXPECT_EQ(active(token(5)), "TOKEN_EXPIRED");  // over
  EXPECT_EQ(active(token(1), kOtherNight), "WRONG_TOKEN_EVENT");
  EXPECT_EQ(active(token(77)), "WRONG_TOKEN_TURN");  // authentic, not heard of yet: waits
  EXPECT_EQ(active(keys.sign({kClubNight, 1, user_id(2), kNow})), "TOKEN_NOT_FOUND");
  EXPECT_EQ(active(keys.sign({{99}, 1, user_id(1), kNow}), EventId{99}), "WRONG_TOKEN_TURN");
  clock.advance(Millis(999));
  EXPECT_EQ(active(token(1)), "ok");
  clock.advance(Millis(1));
  EXPECT_EQ(active(token(1)), "TOKEN_EXPIRED");
}

// Section 8: WRONG_TOKEN_TURN carries position and pollAfterMs.
TEST_F(GateTest, tells_who_waits_where_they_stand) {
  const Failure failure = gate.explain_turn({Code::WRONG_TOKEN_TURN, "", {}, {}, {}}, claims(3));
  EXPECT_EQ(failure.code, Code::WRONG_TOKEN_TURN);
  EXPECT_THAT(failure.extra,
              ElementsAre(Pair("position", "1"), Pair("pollAfterMs", testing::Not(IsEmpty()))));
  EXPECT_EQ(gate.explain_turn({Code::WRONG_TOKEN_TURN, "", {}, {}, {}}, claims(4)).code, Code::TOKEN_EXPIRED);
  EXPECT_EQ(gate.explain_turn({Code::SEAT_OCCUPIED, "", {}, {}, {}}, claims(4)).code, Code::SEAT_OCCUPIED);
}

}  // namespace
}  // namespace stagedoor
