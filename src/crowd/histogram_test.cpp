#include "crowd/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace stagedoor::crowd {
namespace {

using std::chrono::nanoseconds;

TEST(Histogram, percentiles_are_within_one_percent_of_the_sorted_values) {
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> latency(12, 2);  // around 160 µs, with a long tail
  std::vector<std::int64_t> values;
  Histogram histogram;
  for (int i = 0; i < 100'000; ++i) {
    values.push_back(static_cast<std::int64_t>(latency(random)));
    histogram.record(nanoseconds(values.back()));
  }
  std::sort(values.begin(), values.end());
  for (const double q : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999}) {
    const auto exact = static_cast<double>(values[static_cast<std::size_t>(std::ceil(q * 100'000)) - 1]);
    EXPECT_NEAR(static_cast<double>(histogram.percentile(q).count()), exact, exact * 0.01) << q;
  }
  EXPECT_EQ(histogram.percentile(0).count(), values.front());
  EXPECT_EQ(histogram.percentile(1).count(), values.back());
}

TEST(Histogram, no_single_value_is_off_by_more_than_one_percent) {
  for (std::int64_t value = 0; value < 1'000'000'000'000; value = value * 65 / 64 + 1) {
    Histogram histogram;
    histogram.record(nanoseconds(value));
    histogram.record(
        nanoseconds(value * 3));  // so that the answer comes from a bucket and not from the maximum
    EXPECT_NEAR(static_cast<double>(histogram.percentile(0.5).count()), static_cast<double>(value),
                static_cast<double>(value) * 0.004 + 0.5);
  }
}

TEST(Histogram, small_values_count_exactly) {
  Histogram histogram;
  for (int i = 1; i <= 200; ++i) histogram.record(nanoseconds(i));
  EXPECT_EQ(histogram.count(), 200u);
  EXPECT_EQ(histogram.percentile(0.5).count(), 100);
  EXPECT_EQ(histogram.percentile(0.99).count(), 198);
  EXPECT_EQ(histogram.mean().count(), 100);
}

TEST(Histogram, extremes_do_not_break_it) {
  Histogram histogram;
  EXPECT_EQ(histogram.percentile(0.5).count(), 0);
  histogram.record(nanoseconds(-5));
  histogram.record(nanoseconds(INT64_MAX));
  EXPECT_EQ(histogram.min().count(), 0);
  EXPECT_GT(histogram.max(), std::chrono::minutes(30));
}

TEST(Histogram, adding_counts_both) {
  Histogram one;
  Histogram two;
  Histogram all;
  for (int i = 1; i <= 1000; ++i) {
    (i % 3 == 0 ? one : two).record(nanoseconds(i * 1000));
    all.record(nanoseconds(i * 1000));
  }
  Histogram sum;
  sum.add(one);
  sum.add(two);
  sum.add(Histogram());
  EXPECT_EQ(sum.count(), 1000u);
  EXPECT_EQ(sum.min(), all.min());
  EXPECT_EQ(sum.max(), all.max());
  EXPECT_EQ(sum.mean(), all.mean());
  for (const double q : {0.1, 0.5, 0.99}) EXPECT_EQ(sum.percentile(q), all.percentile(q));
}

}  // namespace
}  // namespace stagedoor::crowd
