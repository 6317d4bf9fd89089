// R-A7: what service time does when the wall clock is set. Times are in seconds.
#include "core/service_time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace stagedoor {
namespace {

Micros s(double seconds) { return Micros(std::int64_t(seconds * 1e6)); }
double seconds(Micros of) { return double(of.count()) / 1e6; }

const auto kQuiet = [](TimePoint, TimePoint) { return true; };
const auto kOnSale = [](TimePoint, TimePoint) { return false; };

// A machine whose boot-time clock shows 1000 when its wall clock shows 50,000.
struct Machine {
  ServiceTime time{{.since = s(1000), .from = s(49'000), .to = s(49'000)}};
  double boot = 1000;
  double set_by = 0;  // how far the wall clock was set ahead

  ServiceTime::Reading now() const { return {s(boot), s(boot + 49'000 + set_by)}; }
  // Compares once a second, as the product does.
  void run(double for_seconds, const ServiceTime::IsQuiet& is_quiet = kOnSale) {
    for (double left = for_seconds; left > 0; left -= 1) {
      boot += std::min(1.0, left);
      time.compare(now(), is_quiet);
    }
  }
  double service() const { return seconds(time.at(s(boot))); }
  double difference() const { return seconds(time.difference(now())); }
};

struct Case {
  const char* what;
  double set_by;
  double then_for;
  bool is_quiet;
  bool accepts;  // an operator, after that time; and 30 s go by
  double ahead;  // of where service time would be without the change
};

TEST(ServiceTime, follows_the_table) {
  const Case table[] = {
      {"nothing was set", 0, 100, false, false, 0},
      {"a second ahead is slewed: 1 part in 100", 1, 50, false, false, 0.49},
      {"until it is taken over", 1, 200, false, false, 1},
      {"a second back is slewed", -1, 50, false, false, -0.49},
      {"5 s are slewed", 5, 101, false, false, 1},
      {"5 s back, too", -5, 101, false, false, -1},
      {"an hour ahead is not taken over", 3600, 10'000, false, false, 0},
      {"an hour back is not taken over", -3600, 10'000, false, false, 0},
      {"nor for the first 60 s of a quiet time", 3600, 60, true, false, 0},
      {"then in one step", 3600, 62, true, false, 3600},
      {"backwards by standing still", -3600, 161, true, false, -100},
      {"until the wall clock is reached", -3600, 4000, true, false, -3600},
      {"an operator accepts: in one step", 3600, 10, false, true, 3600},
      {"an operator accepts: stands still", -3600, 10, false, true, -30},
      {"an operator accepts what is slewed", 2, 1, false, true, 2},
  };
  for (const Case& row : table) {
    Machine machine;
    machine.run(10);
    machine.set_by = row.set_by;
    machine.run(row.then_for, row.is_quiet ? ServiceTime::IsQuiet(kQuiet) : kOnSale);
    if (row.accepts) {
      machine.time.accept(machine.now());
      machine.run(30);
    }
    EXPECT_NEAR(machine.service() - machine.boot - 49'000, row.ahead, 0.02) << row.what;
  }
}

TEST(ServiceTime, never_goes_back) {
  for (const double set_by : {-0.5, -4.9, -3600.0}) {
    Machine machine;
    machine.run(3);
    machine.set_by = set_by;
    double before = machine.service();
    for (int i = 0; i < 20'000; ++i) {
      machine.boot += 0.25;
      machine.time.compare(machine.now(), kQuiet);
      EXPECT_GE(machine.service(), before) << set_by;
      before = machine.service();
    }
    EXPECT_NEAR(machine.difference(), 0, 0.02);
  }
}

TEST(ServiceTime, goes_on_when_the_wall_clock_is_right_again) {
  Machine machine;
  machine.set_by = 3600;
  machine.run(50, kQuiet);
  EXPECT_TRUE(ServiceTime::is_alarm(machine.time.difference(machine.now())));
  machine.set_by = 0;
  machine.run(100, kQuiet);
  EXPECT_NEAR(machine.service(), machine.boot + 49'000, 0.02);
  EXPECT_FALSE(ServiceTime::is_alarm(machine.time.difference(machine.now())));
}

TEST(ServiceTime, each_new_difference_has_to_last) {
  Machine machine;
  machine.set_by = 3600;
  machine.run(50, kQuiet);
  machine.set_by = 7200;
  machine.run(50, kQuiet);
  EXPECT_NEAR(machine.difference(), 7200, 0.02);
  machine.run(20, kQuiet);
  EXPECT_NEAR(machine.difference(), 0, 0.02);
}

TEST(ServiceTime, an_accepted_clock_that_is_set_again_is_an_alarm) {
  Machine machine;
  machine.set_by = -3600;
  machine.run(5);
  machine.time.accept(machine.now());
  machine.run(5);
  machine.set_by = -7200;
  machine.run(20);
  EXPECT_NEAR(machine.service() - machine.boot - 49'000, -5, 1.1) << "it stood still for 5 s only";
  EXPECT_TRUE(ServiceTime::is_alarm(machine.time.difference(machine.now())));
}

TEST(ServiceTime, is_taken_over_between_the_two_times_only) {
  Machine machine;
  machine.set_by = 3600;
  std::vector<std::pair<TimePoint, TimePoint>> asked;
  machine.run(63, [&](TimePoint service, TimePoint wall) {
    asked.emplace_back(service, wall);
    return true;
  });
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].second - asked[0].first, Millis(3'600'000));
}

// Several instances: the clock is the database's, the offset their correction.
TEST(ServiceTime, goes_on_when_its_own_clock_was_set) {
  for (const double set_by : {3600.0, -3600.0, 3.0, -3.0}) {
    ServiceTime time({.since = {}, .from = {}, .to = {}, .percent = ClockCourse::kSlew});
    time.compare({s(1000), s(1000)}, kOnSale);
    EXPECT_EQ(time.course().since, s(0)) << "unchanged: nothing to write";
    const double now = 1001 + set_by;
    time.clock_was_set(s(1001), s(set_by));
    time.compare({s(now), s(now)}, kOnSale);
    EXPECT_NEAR(seconds(time.at(s(now))), 1001, 0.001) << set_by;
    const bool is_slewed = std::abs(set_by) < 5;
    EXPECT_EQ(time.course().percent, is_slewed ? ClockCourse::kSlew : ClockCourse::kHold);
    const ClockCourse before = time.course();
    time.compare({s(now + 100), s(now + 100)}, kOnSale);
    EXPECT_EQ(time.course(), before) << "unchanged: nothing to write";
    EXPECT_NEAR(seconds(time.at(s(now + 100))), 1101 + (is_slewed ? std::copysign(1, set_by) : 0), 0.001);
  }
}

TEST(ServiceTime, is_right_again_when_its_clock_is_set_back) {
  ServiceTime time({.since = {}, .from = {}, .to = {}, .percent = ClockCourse::kSlew});
  time.clock_was_set(s(1000), s(3600));
  time.compare({s(4600), s(4600)}, kOnSale);
  time.clock_was_set(s(4610), s(-3600));
  time.compare({s(1010), s(1010)}, kOnSale);
  EXPECT_NEAR(seconds(time.at(s(1010))), 1010, 0.001);
  EXPECT_EQ(time.course().from, s(0));
}

TEST(FirstCourse, follows_the_table) {
  struct Start {
    const char* what;
    std::int64_t kept_boot;
    double kept_offset;
    double last_moment;
    bool accepts;
    std::optional<double> service;
  };
  // The boot-time clock shows 1000, the wall clock 50,000, and the boot has id 7.
  const Start table[] = {
      {"a new store: the wall clock", 0, 0, 0, false, 50'000},
      {"another boot: the wall clock", 6, 45'000, 40'000, false, 50'000},
      {"the same boot carries on", 7, 45'000, 40'000, false, 46'000},
      {"the same boot carries on, an hour and more ahead", 7, 58'000, 58'900, false, 59'000},
      {"never before the last moment", 7, 45'000, 46'500, false, 46'500},
      {"another boot: the last moment", 6, 0, 53'000, false, 53'000},
      {"an hour ahead", 6, 0, 53'600, false, 53'600},
      {"more than an hour ahead", 6, 0, 53'601, false, std::nullopt},
      {"more than an hour ahead, accepted", 6, 0, 53'601, true, 53'601},
      {"no boot id here", 0, 45'000, 53'601, false, std::nullopt},
  };
  for (const Start& row : table) {
    const auto course = first_course({.now = {s(1000), s(50'000)},
                                      .boot_id = 7,
                                      .kept = {row.kept_boot, s(row.kept_offset)},
                                      .last_moment = to_time(s(row.last_moment)),
                                      .accepts_ahead = row.accepts});
    ASSERT_EQ(course.has_value(), row.service.has_value()) << row.what;
    if (course) {
      EXPECT_EQ(ServiceTime(*course).at(s(1000)), s(*row.service)) << row.what;
    }
  }
}

}  // namespace
}  // namespace stagedoor
