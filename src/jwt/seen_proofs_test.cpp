#include "jwt/seen_proofs.h"

#include <gtest/gtest.h>

#include <thread>

#include "support/issuer.h"

namespace stagedoor::jwt {
namespace {

const TimePoint kSeenAt = from_ms(1'800'000'000'000);

class SeenProof : public testing::Test {
 protected:
  static Proof proof(std::uint8_t user, const JwtKeys& keys, Millis lasts = Millis(1000)) {
    return {.user = {{user}}, .expires = kSeenAt + lasts, .issued = kSeenAt, .key = keys.keys().at(0).print};
  }

  const JwtKeys keys_ = *JwtKeys::parse(test::set_of({test::Issuer::ed25519("a").jwk()}));
  SeenProofs seen_{16, std::string(32, 's')};
};

TEST_F(SeenProof, is_found_again) {
  EXPECT_FALSE(seen_.find("a.b.c", keys_, kSeenAt));
  seen_.remember("a.b.c", proof(1, keys_));
  EXPECT_EQ(seen_.find("a.b.c", keys_, kSeenAt), proof(1, keys_));
  EXPECT_FALSE(seen_.find("a.b.d", keys_, kSeenAt));
}

TEST_F(SeenProof, ends_with_its_time) {
  seen_.remember("a.b.c", proof(1, keys_));
  EXPECT_TRUE(seen_.find("a.b.c", keys_, kSeenAt + Millis(999)));
  EXPECT_FALSE(seen_.find("a.b.c", keys_, kSeenAt + Millis(1000)));
  EXPECT_FALSE(seen_.find("a.b.c", keys_, kSeenAt)) << "it is gone";
}

TEST_F(SeenProof, ends_with_its_key) {
  const JwtKeys others = *JwtKeys::parse(test::set_of({test::Issuer::ed25519("a").jwk()}));
  seen_.remember("a.b.c", proof(1, keys_));
  EXPECT_FALSE(seen_.find("a.b.c", others, kSeenAt)) << "another key with the same id";
  EXPECT_FALSE(seen_.find("a.b.c", keys_, kSeenAt)) << "it is gone";
  seen_.remember("a.b.c", proof(1, keys_));
  EXPECT_FALSE(seen_.find("a.b.c", JwtKeys(), kSeenAt));
}

TEST_F(SeenProof, ends_when_its_user_is_revoked) {
  seen_.remember("a.b.c", proof(1, keys_));
  seen_.remember("a.b.d", proof(1, keys_));
  seen_.remember("a.b.e", proof(2, keys_));
  seen_.forget({{1}});
  EXPECT_FALSE(seen_.find("a.b.c", keys_, kSeenAt));
  EXPECT_FALSE(seen_.find("a.b.d", keys_, kSeenAt));
  EXPECT_TRUE(seen_.find("a.b.e", keys_, kSeenAt));
}

// The table does not grow; of a full set, the proof that ends first makes room.
TEST_F(SeenProof, gives_way_to_those_that_last_longer) {
  SeenProofs one_set(1, "s");
  for (int i = 0; i < 4; ++i) one_set.remember(std::to_string(i), proof(1, keys_, Millis(1000 + i)));
  one_set.remember("1", proof(1, keys_, Millis(5000)));
  one_set.remember("new", proof(1, keys_, Millis(9000)));
  EXPECT_FALSE(one_set.find("0", keys_, kSeenAt));
  for (const char* kept : {"1", "2", "3", "new"}) EXPECT_TRUE(one_set.find(kept, keys_, kSeenAt)) << kept;
}

TEST_F(SeenProof, is_found_while_others_are_remembered_and_forgotten) {
  std::vector<std::jthread> threads;
  for (std::uint8_t user = 1; user <= 4; ++user)
    threads.emplace_back([&, user] {
      for (int i = 0; i < 2000; ++i) {
        const std::string text = std::to_string(user) + "." + std::to_string(i % 50);
        const auto found = seen_.find(text, keys_, kSeenAt);
        EXPECT_TRUE(!found || found->user == UserId{{user}});
        seen_.remember(text, proof(user, keys_));
        if (i % 100 == 0) seen_.forget({{user}});
      }
    });
}

}  // namespace
}  // namespace stagedoor::jwt
