// What one gate's key may make the lane do (R-P9).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lane/scene.h"

namespace stagedoor::test {
namespace {

Call report(const std::string& serial) {
  return admin(
      "POST", "/admin/check-in",
      fmt::format(R"({{"device":"door","scans":[{{"serial":"{}","at":"2030-01-01T00:00:00Z"}}]}})", serial));
}

TEST(CheckIns, of_one_operator_are_at_most_sixteen_at_once) {
  Scene scene;
  std::vector<PendingPtr> open;
  for (int i = 0; i < 16; ++i) open.push_back(scene.world->send(report("0123456789abcdef")));
  EXPECT_EQ(scene.world->call(report("0123456789abcdef")).code(), "RATE_LIMITED");
  scene.world->run();
  EXPECT_EQ(scene.world->call(report("0123456789abcdef")).status, 200);
}

TEST(CheckIns, that_change_nothing_are_not_remembered) {
  Scene scene;
  const Call unknown = report("0123456789abcdef").with_key("k");
  EXPECT_EQ(scene.world->call(unknown).status, 200);
  EXPECT_EQ(scene.world->call(unknown).header("Idempotency-Hit"), "");
}

}  // namespace
}  // namespace stagedoor::test
