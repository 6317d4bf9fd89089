// Token buckets by key, in a table of fixed size that all threads use without a lock: one line of the cache
// for each look-up.
//
// A key has its place in one of 2^n sets of four slots. When all four are in use, the newcomer takes over the
// slot that is nearest to full, with its debt. So memory never grows; a bucket that is full again is
// forgotten without a loss; and whoever sends under ever new keys (an attacker with an IPv6 /32) cannot free
// a debt: the tokens that a set gives are those of four buckets. An honest newcomer then finds at most the
// smallest debt of its set.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/rate.h"

namespace stagedoor {

class BucketTable {
 public:
  static constexpr std::size_t kSlotsPerSet = 4;

  // `sets` is a power of two; a set has 64 bytes. `seed` is random, so that nobody can choose their set.
  BucketTable(std::size_t sets, std::uint64_t seed);

  // take_token() on the bucket of this key. Any thread.
  std::chrono::nanoseconds take(std::uint64_t key, const Rate& rate, std::int64_t now_ns);

 private:
  struct Slot {
    std::atomic<std::uint64_t> key{0};  // mixed with the seed; 0: free
    std::atomic<std::int64_t> full_at{0};
  };
  struct alignas(64) Set {
    std::array<Slot, kSlotsPerSet> slots;
  };
  static_assert(sizeof(Set) == 64);

  std::unique_ptr<Set[]> sets_;
  std::uint64_t mask_;
  std::uint64_t seed_;
};

// One key of two numbers. Not for secrets.
std::uint64_t mix_key(std::uint64_t a, std::uint64_t b);

}  // namespace stagedoor
