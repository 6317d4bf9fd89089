// How long things took, counted in buckets. Buckets are 128 to each power of two, so a percentile is off by
// less than 0.4 % of itself; values up to half an hour take 36 KB, however many are recorded. (The layout of
// HdrHistogram, without its settings.)
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace stagedoor::crowd {

class Histogram {
 public:
  using Duration = std::chrono::nanoseconds;

  // Negative counts as 0, more than about half an hour as that.
  void record(Duration value);
  void add(const Histogram& other);

  std::uint64_t count() const { return count_; }
  // The value that a share `q` (0 to 1) of the recorded ones does not exceed; 0 when there are none. q = 0
  // and q = 1 are exact.
  Duration percentile(double q) const;
  Duration min() const { return Duration(count_ == 0 ? 0 : min_); }
  Duration max() const { return Duration(max_); }
  Duration mean() const { return Duration(count_ == 0 ? 0 : static_cast<std::int64_t>(sum_ / count_)); }

 private:
  std::vector<std::uint64_t> buckets_;  // allocated by the first record()
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::int64_t min_ = 0;
  std::int64_t max_ = 0;
};

}  // namespace stagedoor::crowd
