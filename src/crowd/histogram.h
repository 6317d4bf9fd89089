// A histogram of durations, with the layout of HdrHistogram: 128 buckets per power of two, so the error of a
// percentile is below 0.4 %. 36 KB for values up to half an hour, however many are recorded.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace stagedoor::crowd {

class Histogram {
 public:
  using Duration = std::chrono::nanoseconds;

  // Negative values count as 0, values above 36 minutes as 36 minutes.
  void record(Duration value);
  void add(const Histogram& other);

  std::uint64_t count() const { return count_; }
  // The value that a share `q` (0 to 1) of the recorded values does not exceed; 0 when there are none. Exact
  // for q = 0 and q = 1.
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
