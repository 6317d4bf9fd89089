#include "core/sha256.h"

#include <gtest/gtest.h>

#include "core/hex.h"

namespace stagedoor {
namespace {

// Vectors of FIPS 180-2.
TEST(Sha256, gives_the_published_digests) {
  const auto hex = [](std::string_view bytes) {
    const Sha256 digest = sha256(bytes);
    return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
  };
  EXPECT_EQ(hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, of_two_parts_is_that_of_their_whole) {
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(sha256("a", "bc"), sha256("abc"));
    EXPECT_EQ(sha256("", "abc"), sha256("abc"));
    EXPECT_NE(sha256("a", "bd"), sha256("abc"));
  }
}

}  // namespace
}  // namespace stagedoor
