#include "adapters/redis/redis_url.h"

#include <gtest/gtest.h>

namespace stagedoor::redis {
namespace {

TEST(RedisUrl, follows_the_table) {
  struct Row {
    const char* text;
    const char* shown;  // nullptr: not of the form
  };
  const Row rows[] = {
      {"redis://cache", "redis://cache:6379/0"},
      {"redis://cache/", "redis://cache:6379/0"},
      {"redis://10.0.0.1:7000/3", "redis://10.0.0.1:7000/3"},
      {"redis://[::1]:7000", "redis://[::1]:7000/0"},
      {"redis://line:s3cret@cache:6380/1", "redis://cache:6380/1"},
      {"redis://a,b:26380/0?sentinel=line", "redis://a:26379,b:26380/0?sentinel=line"},
      {"redis://a,b", nullptr},
      {"redis://", nullptr},
      {"redis://cache:0", nullptr},
      {"redis://cache:70000", nullptr},
      {"redis://cache:x", nullptr},
      {"redis://cache/x", nullptr},
      {"redis://cache?master=x", nullptr},
      {"redis://cache?sentinel=", nullptr},
      {"redis://user@cache", nullptr},
      {"redis://:%4@cache", nullptr},
      {"rediss://cache", nullptr},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.text);
    const auto url = parse_url(row.text);
    ASSERT_EQ(url.has_value(), row.shown != nullptr);
    if (url) {
      EXPECT_EQ(url->shown(), row.shown);
    }
  }
}

TEST(RedisUrl, has_user_and_password) {
  const auto url = parse_url("redis://li%6ee:a%40b%3Ac@cache");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->user, "line");
  EXPECT_EQ(url->password, "a@b:c");
  EXPECT_EQ(parse_url("redis://:only@cache")->user, "");
  EXPECT_EQ(parse_url("redis://:only@cache")->password, "only");
}

}  // namespace
}  // namespace stagedoor::redis
