// Operator keys and roles (R-O1).
#include "modules/identity/operator_keys.h"

#include <gtest/gtest.h>

namespace stagedoor::identity {
namespace {

const OperatorKeys kKeys({"vera:viewer:v-secret", "otto:operator:o:with:colons", "olga:owner:w-secret"});

Code refusal(std::string_view authorization, Role needed) {
  const auto who = kKeys.check(authorization, needed);
  EXPECT_FALSE(who) << authorization;
  return who ? Code::INTERNAL : who.error().code;
}

TEST(OperatorKeys, know_who_bears_a_secret) {
  EXPECT_EQ(kKeys.check("Bearer v-secret", Role::viewer)->name, "vera");
  EXPECT_EQ(kKeys.check("bearer o:with:colons", Role::operator_)->name, "otto");
  EXPECT_EQ(kKeys.check("BEARER w-secret", Role::owner)->name, "olga");
}

TEST(OperatorKeys, refuse_what_is_no_secret) {
  for (const auto* text : {"", "Bearer", "Bearer ", "v-secret", "Basic v-secret", "Bearer v-secre",
                           "Bearer v-secret ", "Bearer vera:viewer:v-secret", "Bearer V-SECRET"}) {
    EXPECT_EQ(refusal(text, Role::viewer), Code::ADMIN_KEY_INVALID);
  }
}

TEST(OperatorKeys, each_role_may_do_what_those_before_it_may) {
  const char* bearers[] = {"Bearer v-secret", "Bearer o:with:colons", "Bearer w-secret"};
  const Role roles[] = {Role::viewer, Role::operator_, Role::owner};
  for (int has = 0; has < 3; ++has) {
    for (int needed = 0; needed < 3; ++needed) {
      if (has >= needed) EXPECT_TRUE(kKeys.check(bearers[has], roles[needed]));
      else EXPECT_EQ(refusal(bearers[has], roles[needed]), Code::FORBIDDEN);
    }
  }
}

// R-O1
TEST(OperatorKeys, a_gate_checks_tickets_in_and_a_viewer_does_not) {
  const OperatorKeys keys({"gus:gate:g-secret"});
  EXPECT_TRUE(keys.check("Bearer g-secret", Role::gate));
  EXPECT_EQ(keys.check("Bearer g-secret", Role::viewer).error().code, Code::FORBIDDEN);
  EXPECT_EQ(refusal("Bearer v-secret", Role::gate), Code::FORBIDDEN);
  EXPECT_TRUE(kKeys.check("Bearer o:with:colons", Role::gate));
}

TEST(OperatorKeys, without_any_key_nobody_is_let_in) {
  EXPECT_FALSE(OperatorKeys({}).check("Bearer ", Role::viewer));
  EXPECT_FALSE(OperatorKeys({}).check("Bearer x", Role::viewer));
}

TEST(Operator, has_an_id_of_their_own_for_idempotency) {
  EXPECT_EQ((Operator{"olga", Role::owner}.user()), (Operator{"olga", Role::viewer}.user()));
  EXPECT_NE((Operator{"olga", Role::owner}.user()), (Operator{"otto", Role::owner}.user()));
}

// R-A2: also of exempt clients; a right key is never refused.
TEST(OperatorKeys, wrong_keys_are_limited_by_address_and_a_right_one_never) {
  http::ClientLimits limits({.keys_address = *parse_rate("5/min")}, 1);
  const OperatorKeys keys({"olga:owner:a-secret-of-olga"}, &limits);
  const auto ask = [&](const char* authorization) {
    const std::vector<http::Header> headers = {{"Authorization", authorization}};
    http::Request request;
    request.headers = headers;
    const auto found = keys.check(request, Role::viewer);
    return found ? Code::NOT_FOUND : found.error().code;
  };
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask("Bearer wrong"), Code::ADMIN_KEY_INVALID);
  EXPECT_EQ(ask("Bearer wrong"), Code::RATE_LIMITED);
  EXPECT_EQ(ask("Bearer a-secret-of-olga"), Code::NOT_FOUND) << "found";
}

}  // namespace
}  // namespace stagedoor::identity
