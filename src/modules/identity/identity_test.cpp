#include "modules/identity/identity.h"

#include <gtest/gtest.h>

#include "support/manual_clock.h"
#include "support/stage.h"

namespace stagedoor::identity {
namespace {

using namespace test;

constexpr Millis kLifetime{30LL * 86'400'000};

// Tokens of places 1, 2, 3… of the club night; place n belongs to user n.
class IdentityTest : public testing::Test {
 protected:
  std::string token(Place place) { return tokens.sign({{kClubNight, place, user_id(place)}, kNow}); }

  // The outcome of `ask` for a request with these headers.
  template <class Ask>
  std::string with(std::vector<http::Header> headers, const Ask& ask) {
    http::Request request;
    request.headers = headers;
    return outcome(ask(request));
  }
  std::string with(std::vector<http::Header> headers) {
    return with(std::move(headers), [&](const http::Request& request) { return identity.of(request); });
  }

  ManualClock clock{kNow};
  TokenKeys keys{{std::string(32, 'k')}};
  PlaceTokens tokens{keys, clock, kLifetime};
  TokenIdentity identity{tokens};
};

// R-X4
TEST_F(IdentityTest, finds_the_token_where_it_may_stand) {
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
TEST_F(IdentityTest, takes_nothing_else_for_the_word_bearer) {
  std::string almost = "Bearer " + token(1);
  almost[6] = '\0';
  EXPECT_EQ(with({{"Authorization", almost}}), "TOKEN_NOT_FOUND");
  almost[6] = ' ';
  almost[0] = '\x02' ^ 'B';
  EXPECT_EQ(with({{"Authorization", almost}}), "TOKEN_NOT_FOUND");
}

// R-Q6
TEST_F(IdentityTest, refuses_a_token_older_than_its_lifetime) {
  clock.set(kNow + kLifetime - Millis(1));
  EXPECT_EQ(with({{"queue-token", token(1)}}), "ok");
  clock.set(kNow + kLifetime);
  EXPECT_EQ(with({{"queue-token", token(1)}}), "TOKEN_EXPIRED");
}

// R-S11
TEST_F(IdentityTest, knows_the_user_whatever_their_turn) {
  for (Place place = 1; place <= 5; ++place) {
    with({{"queue-token", token(place)}}, [&](const http::Request& request) {
      EXPECT_EQ(identity.of(request)->user, user_id(place));
      return identity.of(request);
    });
  }
}

// R-W8, mode `token`: the join believes its body, everything after it a token.
TEST_F(IdentityTest, trusts_the_user_of_a_join_and_proves_them_by_token_later) {
  http::Request request;
  EXPECT_EQ(identity.joining(request, user_id(7))->user, user_id(7));
  EXPECT_EQ(identity.joining(request, user_id(7))->proof, Proof::none);
  const std::string bearer = "Bearer " + token(3);
  const std::vector<http::Header> headers{{"Authorization", bearer}};
  request.headers = headers;
  EXPECT_EQ(identity.of(request)->user, user_id(3));
  EXPECT_EQ(identity.of(request)->proof, Proof::token);
  EXPECT_EQ(identity.place_of(request)->place, 3U);
}

// R-Q3: a stream's token may stand in the URL.
TEST_F(IdentityTest, finds_the_token_of_a_stream_in_the_url) {
  http::Request request;
  const std::string query = "token=" + token(2), with_bearer = "token=Bearer%20" + token(2);
  for (const std::string& raw : {query, with_bearer}) {
    request.raw_query = raw;
    EXPECT_EQ(outcome(tokens.check(presented_stream_token(request))), "ok") << raw;
    EXPECT_EQ(outcome(identity.of(request)), "TOKEN_NOT_FOUND") << "no other call reads it";
  }
}

}  // namespace
}  // namespace stagedoor::identity
