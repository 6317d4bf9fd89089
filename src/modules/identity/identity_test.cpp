#include "modules/identity/identity.h"

#include <gtest/gtest.h>

#include "modules/identity/gateway_proofs.h"
#include "modules/identity/revocations.h"

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
  PlaceTokens tokens{keys, clock, {.lifetime = kLifetime}};
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
  EXPECT_EQ(*identity.joining(request), NamedUser()) << "nothing is proven";
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
    EXPECT_EQ(outcome(tokens.check(tokens.presented_on_stream(request))), "ok") << raw;
    EXPECT_EQ(outcome(identity.of(request)), "TOKEN_NOT_FOUND") << "no other call reads it";
  }
}

// R-W9: a token without a place proves the user for its own lifetime, and no place.
TEST_F(IdentityTest, a_session_proves_the_user_and_no_place) {
  const std::string session = "Bearer " + tokens.sign({{EventId{}, 0, user_id(4)}, kNow});
  const std::vector<http::Header> headers{{"Authorization", session}};
  http::Request request;
  request.headers = headers;
  EXPECT_EQ(identity.of(request)->user, user_id(4));
  EXPECT_EQ(outcome(tokens.place_of(request)), "TOKEN_NOT_FOUND");
  clock.set(kNow + Millis(86'400'000));
  EXPECT_EQ(outcome(identity.of(request)), "TOKEN_EXPIRED");
}

// R-A11: tokens issued before the moment end, the one that is given out next counts.
TEST_F(IdentityTest, revoked_tokens_end_and_a_renewed_one_counts) {
  Revocations revocations;
  const PlaceTokens revocable(keys, clock, {.lifetime = kLifetime, .revocations = &revocations});
  const protocol::TokenClaims claims{{kClubNight, 1, user_id(1)}, kNow};
  const std::string old = revocable.sign(claims);
  EXPECT_EQ(outcome(revocable.check(old)), "ok");
  Batch batch;
  batch.revocations = {{user_id(1), kNow + Millis(1)}};
  revocations.on_commit(batch);
  EXPECT_EQ(outcome(revocable.check(old)), "TOKEN_EXPIRED");
  EXPECT_EQ(outcome(revocable.check(revocable.sign(revocable.renewed(claims)))), "ok");
  EXPECT_EQ(outcome(revocable.check(revocable.sign({{kClubNight, 2, user_id(2)}, kNow}))), "ok");
}

// R-W8, mode `gateway`.
class GatewayTest : public IdentityTest {
 protected:
  std::string from(bool is_proxy, std::vector<http::Header> headers) {
    http::Request request;
    request.headers = headers;
    request.is_from_proxy = is_proxy;
    return outcome(proven.of(request));
  }
  const std::string secret = "the-secret-of-the-gateway", user = to_string(user_id(1));
  GatewayProofs proofs{"X-Stagedoor-User", secret};
  Revocations revocations;
  ProvenIdentity proven{tokens, proofs, revocations};
};

TEST_F(GatewayTest, believes_a_trusted_proxy_that_has_the_secret) {
  const http::Header key{"x-stagedoor-gateway", secret}, who{"x-stagedoor-user", user};
  EXPECT_EQ(from(true, {key, who}), "ok");
  EXPECT_EQ(from(false, {key, who}), "TOKEN_NOT_FOUND");
  EXPECT_EQ(from(true, {who}), "TOKEN_NOT_FOUND");
  EXPECT_EQ(from(true, {key}), "TOKEN_NOT_FOUND");
  EXPECT_EQ(from(true, {{"X-Stagedoor-Gateway", "the-secret-of-the-gatewax"}, who}), "TOKEN_NOT_FOUND");
  EXPECT_EQ(from(true, {{"X-Stagedoor-Gateway", ""}, who}), "TOKEN_NOT_FOUND");
  EXPECT_EQ(from(true, {key, who, who}), "TOKEN_NOT_FOUND") << "the client may have sent one of them";
  EXPECT_EQ(from(true, {key, {"X-Stagedoor-User", "alice"}}), "TOKEN_NOT_FOUND");
}

TEST_F(GatewayTest, needs_the_token_of_the_same_user_in_queue_token) {
  const std::string own = token(1), other = token(2);
  const auto place = [&](const std::string& of) {
    const std::vector<http::Header> headers{
        {"X-Stagedoor-Gateway", secret}, {"X-Stagedoor-User", user}, {"queue-token", of}};
    http::Request request;
    request.headers = headers;
    request.is_from_proxy = true;
    return outcome(proven.place_of(request));
  };
  EXPECT_EQ(place(own), "ok");
  EXPECT_EQ(place(other), "FORBIDDEN");
  EXPECT_EQ(place(""), "TOKEN_NOT_FOUND");
}

}  // namespace
}  // namespace stagedoor::identity
