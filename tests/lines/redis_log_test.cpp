// A log on Redis while its server is killed, wiped, full, slow, or replaced by a replica.
#include "adapters/redis/redis_log.h"

#include <gmock/gmock.h>

#include <thread>

#include "log_under_test.h"
#include "support/redis_server.h"

namespace stagedoor::lines {
namespace {

using redis::RedisLog;
using test::RedisServer;
using Outcome = LineLog::Outcome;

RedisLog::Options options_of(const std::string& url) {
  return {.url = *redis::parse_url(url), .timeout = Millis(300), .pause_max = Millis(100)};
}

// Appends until the log takes a record again.
void append_until_taken(LineLog& log, std::uint32_t number) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (append(log, join(number)) != Outcome::appended) {
    ASSERT_LT(std::chrono::steady_clock::now(), until);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

class RedisLogTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = RedisServer::missing()) GTEST_SKIP() << *why;
  }
};

TEST_F(RedisLogTest, appends_nothing_without_a_server_and_goes_on_when_it_is_back) {
  RedisServer server({"--appendonly", "yes", "--appendfsync", "always"});
  RedisLog log(options_of(server.url()));
  EXPECT_EQ(append(log, join(1)), Outcome::appended);
  server.kill();
  EXPECT_NE(append(log, join(2)), Outcome::appended);
  EXPECT_EQ(append(log, join(3)), Outcome::not_appended);
  EXPECT_THROW(log.head(kEvent), LogUnavailable);
  server.start();
  append_until_taken(log, 4);
  const auto all = read_all(log);
  EXPECT_EQ(all.front().user, user(1));
  EXPECT_EQ(all.back().user, user(4));
}

TEST_F(RedisLogTest, does_not_know_what_became_of_a_record_that_a_slow_server_took) {
  RedisServer server;
  RedisLog log(options_of(server.url()));
  EXPECT_EQ(append(log, join(1)), Outcome::appended);
  server.pause();
  EXPECT_EQ(append(log, join(2)), Outcome::unknown);
  server.resume();
  append_until_taken(log, 3);
  for (const LogRecord& record : read_all(log)) EXPECT_NE(record.user, UserId{});
}

TEST_F(RedisLogTest, is_not_appended_to_when_memory_is_full) {
  RedisServer server({"--maxmemory", "3mb", "--maxmemory-policy", "noeviction"});
  RedisLog log(options_of(server.url()));
  server.ask({"SETRANGE", "filling", "4000000", "x"});
  EXPECT_EQ(append(log, join(1)), Outcome::not_appended);
  server.ask({"DEL", "filling"});
  EXPECT_EQ(append(log, join(2)), Outcome::appended);
  EXPECT_THAT(users_of(read_all(log)), testing::ElementsAre(user(2)));
}

// R-Q18: what was read is not there any more, and the reader sees it.
TEST_F(RedisLogTest, shows_that_it_was_wiped) {
  RedisServer server;
  RedisLog log(options_of(server.url()));
  append(log, join(1));
  const LogPosition read = log.head(kEvent);
  server.ask({"FLUSHALL"});
  EXPECT_FALSE(log.find(kEvent, read));
  append(log, join(2));
  const auto page = log.read({{kEvent, read}}, 10, Millis(10));
  ASSERT_EQ(page.size(), 1u);
  EXPECT_EQ(page.front().user, user(2)) << "the page does not begin with the record that was read";
}

TEST_F(RedisLogTest, logs_in) {
  RedisServer server({"--requirepass", "s3cret"});
  RedisLog wrong(options_of(server.url()));
  EXPECT_EQ(append(wrong, join(1)), Outcome::not_appended);
  RedisLog log(options_of("redis://:s3cret@127.0.0.1:" + std::to_string(server.port()) + "/2"));
  EXPECT_EQ(append(log, join(1)), Outcome::appended);
}

TEST_F(RedisLogTest, leaves_a_server_that_became_a_replica) {
  RedisServer server, other;
  RedisLog log(options_of(server.url()));
  EXPECT_EQ(append(log, join(1)), Outcome::appended);
  server.ask({"REPLICAOF", "127.0.0.1", std::to_string(other.port())});
  EXPECT_EQ(append(log, join(2)), Outcome::not_appended);
  EXPECT_EQ(append(log, join(3)), Outcome::not_appended);
  server.ask({"REPLICAOF", "NO", "ONE"});
  append_until_taken(log, 4);
}

TEST_F(RedisLogTest, follows_sentinel_to_the_new_primary) {
  RedisServer primary, replica;
  replica.ask({"REPLICAOF", "127.0.0.1", std::to_string(primary.port())});
  RedisServer sentinel({"--sentinel"});
  sentinel.ask({"SENTINEL", "MONITOR", "line", "127.0.0.1", std::to_string(primary.port()), "1"});
  sentinel.ask({"SENTINEL", "SET", "line", "down-after-milliseconds", "500"});
  sentinel.ask({"SENTINEL", "SET", "line", "failover-timeout", "2000"});
  RedisLog log(options_of(sentinel.url() + "?sentinel=line"));
  EXPECT_EQ(append(log, join(1)), Outcome::appended);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (sentinel.ask({"SENTINEL", "REPLICAS", "line"}).find(std::to_string(replica.port())) ==
         std::string::npos) {
    ASSERT_LT(std::chrono::steady_clock::now(), until) << "Sentinel does not see the replica";
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  primary.kill();
  append_until_taken(log, 2);
  EXPECT_EQ(replica.ask({"ROLE"}).substr(0, 6), "master");
}

}  // namespace
}  // namespace stagedoor::lines
