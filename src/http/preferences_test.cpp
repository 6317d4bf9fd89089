#include "http/preferences.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stagedoor::http {
namespace {

TEST(Preferences, have_the_weights_of_the_header) {
  const auto found = preferences("de-AT, ko;q=0.5 , en; q=0,,*;q=x");
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[0].name, "de-AT");
  EXPECT_EQ(found[0].weight, 1);
  EXPECT_EQ(found[1].weight, 0.5);
  EXPECT_EQ(found[2].name, "en");
  EXPECT_EQ(found[2].weight, 0);
  EXPECT_EQ(found[3].weight, 1) << "malformed";
  EXPECT_THAT(preferences(""), ::testing::IsEmpty());
}

TEST(Preferences, gzip_is_sent_to_who_takes_it) {
  for (const char* taken : {"gzip", "br, gzip", "GZIP;q=0.1", "identity;q=1, gzip ; q=0.5"})
    EXPECT_TRUE(accepts_gzip(taken)) << taken;
  for (const char* not_taken : {"", "gzip;q=0", "gzip;q=0.000", "x-gzip", "br"})
    EXPECT_FALSE(accepts_gzip(not_taken)) << not_taken;
}

}  // namespace
}  // namespace stagedoor::http
