#include "crowd/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>

namespace stagedoor::crowd {
namespace {

constexpr int kBits = 7;  // 2^7 buckets to each power of two
constexpr std::int64_t kPerOctave = std::int64_t{1} << kBits;
constexpr std::int64_t kMax = (std::int64_t{1} << 41) - 1;  // 36 minutes

// Values below 2 × kPerOctave have a bucket each; above, a value's leading kBits + 1 bits name its bucket.
std::size_t bucket_of(std::int64_t value) {
  const int shift =
      std::max(0, static_cast<int>(std::bit_width(static_cast<std::uint64_t>(value))) - kBits - 1);
  return static_cast<std::size_t>(shift * kPerOctave + (value >> shift));
}

std::int64_t middle_of(std::size_t bucket) {
  const auto index = static_cast<std::int64_t>(bucket);
  const std::int64_t shift = std::max<std::int64_t>(0, index / kPerOctave - 1);
  const std::int64_t low = (index - shift * kPerOctave) << shift;
  return low + ((std::int64_t{1} << shift) - 1) / 2;
}

}  // namespace

void Histogram::record(Duration duration) {
  if (buckets_.empty()) buckets_.resize(bucket_of(kMax) + 1);
  const std::int64_t value = std::clamp<std::int64_t>(duration.count(), 0, kMax);
  ++buckets_[bucket_of(value)];
  min_ = count_ == 0 ? value : std::min(min_, value);
  max_ = std::max(max_, value);
  sum_ += static_cast<std::uint64_t>(value);
  ++count_;
}

void Histogram::add(const Histogram& other) {
  if (other.count_ == 0) return;
  if (buckets_.empty()) buckets_.resize(other.buckets_.size());
  for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
  count_ += other.count_;
}

Histogram::Duration Histogram::percentile(double q) const {
  if (count_ == 0 || q <= 0) return min();
  const auto wanted = static_cast<std::uint64_t>(std::ceil(std::min(q, 1.0) * static_cast<double>(count_)));
  if (wanted >= count_) return max();
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= wanted) return Duration(std::clamp(middle_of(i), min_, max_));
  }
  return max();
}

}  // namespace stagedoor::crowd
