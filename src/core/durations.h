// How long something took, counted in buckets for the metrics. One thread counts, any thread reads.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace stagedoor {

class Durations {
 public:
  // Upper bounds in microseconds; above them comes +Inf.
  static constexpr std::array<std::int64_t, 14> kBounds = {100,     250,       500,       1'000,     2'500,
                                                           5'000,   10'000,    25'000,    50'000,    100'000,
                                                           250'000, 1'000'000, 2'500'000, 10'000'000};

  struct Counts {
    std::array<std::uint64_t, kBounds.size() + 1> buckets{};
    std::uint64_t nanoseconds = 0;

    Counts& operator+=(const Counts& other) {
      for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] += other.buckets[i];
      nanoseconds += other.nanoseconds;
      return *this;
    }
  };

  void count(std::chrono::nanoseconds took) {
    const std::int64_t us = took.count() / 1000;
    std::size_t bucket = 0;
    while (bucket < kBounds.size() && us > kBounds[bucket]) ++bucket;
    add(buckets_[bucket], 1);
    add(nanoseconds_, static_cast<std::uint64_t>(took.count()));
  }

  Counts counts() const {
    Counts counts;
    for (std::size_t i = 0; i < buckets_.size(); ++i)
      counts.buckets[i] = buckets_[i].load(std::memory_order_relaxed);
    counts.nanoseconds = nanoseconds_.load(std::memory_order_relaxed);
    return counts;
  }

 private:
  // One thread writes, so no atomic read-modify-write is needed.
  static void add(std::atomic<std::uint64_t>& counter, std::uint64_t amount) {
    counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }

  std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> buckets_{};
  std::atomic<std::uint64_t> nanoseconds_{0};
};

}  // namespace stagedoor
