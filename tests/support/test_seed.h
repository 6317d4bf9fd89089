// Seeds of rounds with random faults and loads: other ones in every run, so that runs add up, and printed, so
// that STAGEDOOR_TEST_SEED can repeat one.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace stagedoor::test {

// `number` tells apart the generators of a test.
inline unsigned test_seed(unsigned number) {
  static const unsigned base = [] {
    const char* const wanted = std::getenv("STAGEDOOR_TEST_SEED");
    const auto seed = wanted ? unsigned(std::strtoul(wanted, nullptr, 10))
                             : unsigned(std::chrono::system_clock::now().time_since_epoch().count());
    std::printf("STAGEDOOR_TEST_SEED=%u repeats the random choices of this run\n", seed);
    std::fflush(stdout);
    return seed;
  }();
  testing::Test::RecordProperty("seed", std::to_string(base));
  return base + number;
}

}  // namespace stagedoor::test
