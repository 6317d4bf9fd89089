#include "core/bucket_table.h"

#include <bit>

#include "core/ensure.h"

namespace stagedoor {

std::uint64_t mix_key(std::uint64_t a, std::uint64_t b) {
  // The finalizer of MurmurHash3 over both, one after the other.
  const auto mix = [](std::uint64_t x) {
    x = (x ^ (x >> 33)) * 0xff51afd7ed558ccd;
    x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53;
    return x ^ (x >> 33);
  };
  return mix(mix(a + 0x9e3779b97f4a7c15) ^ b);
}

BucketTable::BucketTable(std::size_t sets, std::uint64_t seed)
    : sets_(std::make_unique<Set[]>(sets)), mask_(sets - 1), seed_(seed) {
  ensure(std::has_single_bit(sets), "the sets of a table are a power of two");
}

std::chrono::nanoseconds BucketTable::take(std::uint64_t key, const Rate& rate, std::int64_t now_ns) {
  if (rate.is_off()) return {};
  const std::uint64_t mixed = mix_key(key, seed_) | 1;
  Set& set = sets_[(mixed >> 32) & mask_];
  Slot* fullest = &set.slots[0];
  for (Slot& slot : set.slots) {
    if (slot.key.load(std::memory_order_relaxed) == mixed) return take_token(slot.full_at, rate, now_ns);
    if (slot.full_at.load(std::memory_order_relaxed) < fullest->full_at.load(std::memory_order_relaxed))
      fullest = &slot;
  }
  // Two newcomers at once may share a slot for a moment: then both pay into one bucket.
  fullest->key.store(mixed, std::memory_order_relaxed);
  return take_token(fullest->full_at, rate, now_ns);
}

}  // namespace stagedoor
