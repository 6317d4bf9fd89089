#include "adapters/webhook/signature.h"

#include <gtest/gtest.h>

#include <vector>

namespace stagedoor::webhook {
namespace {

// The codes are those of `printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac SECRET`.
TEST(WebhookSignature, has_a_code_of_time_and_body_for_each_secret) {
  const std::vector<std::string> secrets = {"new-secret-new-secret", "old-secret-old-secret"};
  EXPECT_EQ(signature(secrets, 1'700'000'000, R"({"a":1})"),
            "t=1700000000,v1=f9a6ab009d8b2c6c9de206697e04b9b782826e8f76ec733f6d616284501a9e59,"
            "v1=2edc235b0d8ae334f5f722a61d8dfdc09490606e3968ff38a9040f4a27ba8065");
}

TEST(WebhookSignature, changes_with_the_time_and_the_body) {
  const std::vector<std::string> secrets = {"new-secret-new-secret"};
  const auto code = [&](std::int64_t at, const char* body) {
    const std::string text = signature(secrets, at, body);
    return text.substr(text.find("v1="));
  };
  EXPECT_NE(code(1'700'000'000, "a"), code(1'700'000'001, "a"));
  EXPECT_NE(code(1'700'000'000, "a"), code(1'700'000'000, "b"));
}

}  // namespace
}  // namespace stagedoor::webhook
