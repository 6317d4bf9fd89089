// R15: what one bad client does over PostgreSQL delays nobody else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "cluster/cluster.h"
#include "support/calls.h"
#include "support/catalogue.h"

namespace stagedoor::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class BadClient : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = PostgresServer::missing()) GTEST_SKIP() << *why;
  }
};

// One fan sends charges with a key that PostgreSQL refuses as text, others send charges that it refuses for a
// planted reason, a hundred in a second. Newcomers join meanwhile.
TEST_F(BadClient, whose_charges_the_store_refuses_keeps_no_newcomer_waiting) {
  Cluster cluster(club_night("admission: both, people: 1000, every: 1s, capacity: 1000000, active_ttl: 5m, "
                             "poll_min: 0s"),
                  1);
  cluster.ask("ALTER TABLE postings ADD CONSTRAINT planted CHECK (amount <> 666)");
  std::atomic<int> bad_keys = 0, refused = 0, others = 0;
  milliseconds slowest{0};
  {
    const std::jthread bad([&](const std::stop_token& is_over) {
      Api api(cluster.urls());
      const Visitor fan{user(10'000), text(api.send(join(user(10'000), 1)).data(), "token")};
      for (std::uint64_t n = 10'001; !is_over.stop_requested(); ++n) {
        const ApiReply key = api.send(charge(fan, 1).with_key("\xff"));
        ++(key.code() == "INVALID_REQUEST" ? bad_keys : others);
        const Visitor other{user(n), text(api.send(join(user(n), 1)).data(), "token")};
        ++(api.send(charge(other, 666)).code() == "INTERNAL" ? refused : others);
        std::this_thread::sleep_for(milliseconds(10));
      }
    });
    Api api(cluster.urls());
    for (std::uint64_t n = 1; n <= 40 || refused < 50; ++n) {
      const auto begin = steady_clock::now();
      enter(api, user(n), 1);
      slowest = std::max(slowest, std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin));
      std::this_thread::sleep_for(milliseconds(20));
    }
  }
  EXPECT_LT(slowest, milliseconds(1000));
  EXPECT_GE(bad_keys, 50);
  EXPECT_EQ(others, 0);
}

}  // namespace
}  // namespace stagedoor::test
