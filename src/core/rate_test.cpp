// Token buckets: their text form, their arithmetic, and the table of fixed size (R-A2).
#include "core/rate.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "core/bucket_table.h"

namespace stagedoor {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kNow = 1'000'000'000'000;

TEST(Rate, is_read_from_its_text) {
  EXPECT_EQ(parse_rate("200/s+2000"), (Rate{2000, 5ms}));
  EXPECT_EQ(parse_rate("5/min"), (Rate{5, 12s}));
  EXPECT_EQ(parse_rate("10/h+3"), (Rate{3, 6min}));
  EXPECT_TRUE(parse_rate("0")->is_off());
  for (const char* wrong :
       {"", "5", "/s", "5/", "0/s", "-1/s", "5/s+", "5/s+0", "5/d", "5/s 3", "1000001/s", "x/s+1"})
    EXPECT_FALSE(parse_rate(wrong)) << wrong;
}

TEST(TokenBucket, gives_its_burst_then_its_rate) {
  const Rate rate = *parse_rate("2/s+5");
  std::atomic<std::int64_t> bucket{0};
  for (int i = 0; i < 5; ++i) EXPECT_EQ(take_token(bucket, rate, kNow), 0ns);
  EXPECT_EQ(take_token(bucket, rate, kNow), 500ms) << "the time until the next token";
  EXPECT_EQ(take_token(bucket, rate, kNow + 499'999'999), 1ns) << "a refusal costs nothing";
  EXPECT_EQ(take_token(bucket, rate, kNow + 500'000'000), 0ns);
  EXPECT_NE(take_token(bucket, rate, kNow + 500'000'000), 0ns);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(take_token(bucket, rate, 2 * kNow), 0ns) << "full again, not fuller";
  EXPECT_NE(take_token(bucket, rate, 2 * kNow), 0ns);
}

TEST(TokenBucket, a_rate_that_is_off_limits_nothing) {
  std::atomic<std::int64_t> bucket{0};
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(take_token(bucket, Rate{}, kNow), 0ns);
}

TEST(BucketTable, keeps_the_buckets_of_many_keys_apart) {
  BucketTable table(1024, 42);
  const Rate rate{3, 1s};
  for (std::uint64_t key = 0; key < 100; ++key)
    for (int i = 0; i < 3; ++i) EXPECT_EQ(table.take(key, rate, kNow), 0ns) << key;
  int refused = 0;
  for (std::uint64_t key = 0; key < 100; ++key) refused += table.take(key, rate, kNow) > 0ns ? 1 : 0;
  EXPECT_GE(refused, 98) << "of 100 keys that have spent their burst";
}

// An attacker with a /32 of IPv6 has 2^32 networks; the table has 16 slots here.
TEST(BucketTable, ever_new_keys_get_no_more_than_the_buckets_there_are) {
  BucketTable table(4, 42);
  const Rate rate{10, 1s};
  int given = 0;
  for (std::uint64_t key = 0; key < 100'000; ++key) given += table.take(key, rate, kNow) == 0ns ? 1 : 0;
  EXPECT_LE(given, 16 * 10);
  // After the attack everybody gets their burst again.
  for (int i = 0; i < 10; ++i) EXPECT_EQ(table.take(7, rate, kNow + 11'000'000'000), 0ns);
}

TEST(BucketTable, gives_no_token_twice_to_threads) {
  BucketTable table(16, 42);
  const Rate rate{1000, 1h};
  std::atomic<int> given{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 1000; ++j) given += table.take(1, rate, kNow) == 0ns ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(given, 1000);
}

}  // namespace
}  // namespace stagedoor
