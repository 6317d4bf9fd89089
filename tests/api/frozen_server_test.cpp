// R-Q12: while the server itself was away nobody grows absent, also when its process was stopped and not
// ended.
#include <csignal>
#include <thread>

#include "api/api_test.h"
#include "support/catalogue.h"

namespace stagedoor::test {
namespace {

using std::chrono::milliseconds;

TEST(FrozenServer, forgets_nobody_who_waits) {
  const ServerProcess server(
      {.catalogue = club_night("admission: capacity, capacity: 1, active_ttl: 30m, presence_timeout: 2s, "
                               "poll_min: 0s")});
  Api api(server.url());
  enter(api, user(1), 1);
  std::vector<std::string> tokens;
  for (std::uint64_t n = 2; n <= 5; ++n) tokens.push_back(text(api.send(join(user(n), 1)).data(), "token"));
  const auto poll_for = [&](milliseconds time) {
    const auto until = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < until) {
      for (const auto& token : tokens) api.send(queue_status(token));
      std::this_thread::sleep_for(milliseconds(100));
    }
  };
  poll_for(milliseconds(500));
  ASSERT_EQ(::kill(server.pid(), SIGSTOP), 0);
  std::this_thread::sleep_for(milliseconds(5000));
  ASSERT_EQ(::kill(server.pid(), SIGCONT), 0);
  // The last one asks first; the search for absent people goes on while the others are on their way.
  EXPECT_EQ(number(api.send(queue_status(tokens.back())).data(), "position"), 3);
  std::this_thread::sleep_for(milliseconds(1500));
  const auto room = api.send({"GET", "/queue/public/1"}).data();
  EXPECT_EQ(number(room, "present"), 4);
  const auto last = api.send(queue_status(tokens.back())).data();
  EXPECT_EQ(number(last, "position"), 3);
  EXPECT_GT(number(last, "estimatedWaitSeconds"), 3);
  poll_for(milliseconds(2500));
  EXPECT_EQ(number(api.send(queue_status(tokens.back())).data(), "position"), 3);
}

}  // namespace
}  // namespace stagedoor::test
