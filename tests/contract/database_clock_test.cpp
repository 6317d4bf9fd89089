// R-A7: the clock of several instances: the database's, and the correction that they share.
#include <gmock/gmock.h>

#include <future>
#include <thread>

#include "adapters/postgres/clock_report.h"
#include "adapters/postgres/postgres_store.h"
#include "core/boot_time.h"
#include "sample.h"
#include "store_under_test.h"

namespace stagedoor::contract {
namespace {

using postgres::DatabaseClock;
using test::PostgresServer;

Micros s(double seconds) { return Micros(std::int64_t(seconds * 1e6)); }
const ClockCourse kNone{.percent = ClockCourse::kSlew};

// So far service time is ahead of the boot-time clock, in seconds.
double ahead(const DatabaseClock& clock) {
  return std::chrono::duration<double>(clock.now().time_since_epoch() - boot_time()).count();
}
double wall_ahead(const DatabaseClock& clock) {
  return std::chrono::duration<double>(clock.status().wall.time_since_epoch() - boot_time()).count();
}

TEST(DatabaseClock, is_measured_by_fast_answers) {
  DatabaseClock clock(s(0));
  clock.note({s(1000), s(1000.4), s(6000.2), kNone});  // 4999.8 s to 5000.2 s ahead
  EXPECT_NEAR(ahead(clock), 4999.8, 0.002);
  clock.note({s(1001), s(1001.002), s(6001.091), kNone});
  EXPECT_NEAR(ahead(clock), 5000.089, 0.002) << "a fast answer is better";
  clock.note({s(1002), s(1004.5), s(7004.5 - 1000), kNone});
  EXPECT_NEAR(ahead(clock), 5000.089, 0.002) << "a slow one says nothing new";
  clock.note({s(1005), s(1005.4), s(6005.4), kNone});
  EXPECT_NEAR(ahead(clock), 5000.089, 0.06) << "nor later";
  EXPECT_FALSE(clock.correction());
}

TEST(DatabaseClock, follows_drift_and_not_a_jump) {
  DatabaseClock clock(s(0));
  clock.note({s(1000), s(1000), s(6000), kNone});
  clock.note({s(1010), s(1010), s(6010.19), kNone});
  EXPECT_NEAR(ahead(clock), 5000.19, 0.002) << "0.1 s, and 1 part in 100 of 10 s";
  clock.note({s(1010.05), s(1010.05), s(6010.05 + 0.19 + 0.11), kNone});
  EXPECT_NEAR(ahead(clock), 5000.19, 0.002) << "more was set";
  EXPECT_NEAR(wall_ahead(clock), 5000.3, 0.002);
  ASSERT_TRUE(clock.correction());
  EXPECT_NEAR(double(clock.correction()->from.count()), -0.11e6, 1000);
  EXPECT_EQ(clock.correction()->percent, ClockCourse::kSlew);
  clock.note({s(1010.1), s(1010.1), s(6010.1 + 0.19), kNone});
  EXPECT_FALSE(clock.correction()) << "it was set back";
}

TEST(DatabaseClock, the_first_that_writes_corrects_and_the_others_believe_it) {
  for (const double set_by : {3600.0, -3600.0}) {
    DatabaseClock one(s(0)), two(s(0)), stopped(s(0));
    for (DatabaseClock* clock : {&one, &two, &stopped}) clock->note({s(1000), s(1000), s(6000), kNone});
    one.note({s(1001), s(1001), s(6001 + set_by), kNone});
    const auto course = one.correction();
    ASSERT_TRUE(course);
    one.written(*course);
    for (DatabaseClock* clock : {&one, &two}) {
      clock->note({s(1002), s(1002), s(6002 + set_by), *course});
      EXPECT_NEAR(ahead(*clock), 5000, 0.002);
      EXPECT_FALSE(clock->correction());
      EXPECT_TRUE(clock->status().is_alarm);
    }
    stopped.note({s(1060), s(1060), s(6060 + set_by), *course});
    EXPECT_NEAR(ahead(stopped), 5000, 0.002);
    EXPECT_FALSE(stopped.correction());
    // Back: the correction goes as well.
    two.note({s(1061), s(1061), s(6061), *course});
    EXPECT_NEAR(ahead(two), 5000, 0.002);
    ASSERT_TRUE(two.correction());
    EXPECT_EQ(two.correction()->from, s(0));
  }
}

TEST(DatabaseClock, is_believed_when_batches_of_others_are_as_late) {
  DatabaseClock clock(s(0));
  clock.note({s(1000), s(1000), s(6000), kNone});
  clock.note({s(1001), s(1001), s(6011), kNone});  // this machine stood still for 10 s
  clock.note_batch(to_time(s(6001)));
  EXPECT_TRUE(clock.correction()) << "a batch from before";
  clock.note_batch(to_time(s(6010.9)));
  EXPECT_FALSE(clock.correction());
  EXPECT_NEAR(ahead(clock), 5010, 0.002);
}

TEST(DatabaseClock, is_taken_over_when_an_operator_or_a_quiet_minute_allows_it) {
  DatabaseClock clock(s(0));
  clock.note({s(1000), s(1000), s(6000), kNone});
  clock.note({s(1001), s(1001), s(9601), kNone});
  ClockCourse course = *clock.correction();
  clock.note({s(1061), s(1061), s(9661), course});
  EXPECT_FALSE(clock.correction()) << "something is for sale";
  clock.compare([](TimePoint, TimePoint) { return true; });
  ASSERT_TRUE(clock.correction());
  EXPECT_EQ(clock.correction()->from, s(0)) << "forwards in one step";

  clock.compare([](TimePoint, TimePoint) { return false; });
  EXPECT_FALSE(clock.correction());
  clock.accept();
  ASSERT_TRUE(clock.correction());
  course = *clock.correction();
  clock.written(course);
  clock.note({s(1062), s(1062), s(9662), course});
  EXPECT_FALSE(clock.correction());
  EXPECT_NEAR(ahead(clock), 8600, 0.002);
}

// --- over a database ---

class ClockOfPostgres : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = PostgresServer::missing()) GTEST_SKIP() << *why;
    database_.emplace();
  }
  postgres::PostgresOptions options() const { return {.url = database_->url(), .settle_limit = Millis(500)}; }
  // As if the database's clock had been set by so much, for all that reads the correction.
  void correct_by(double seconds) const {
    database_->ask(
        "INSERT INTO meta (name, value) VALUES ('clock_since', 1), ('clock_percent', 0), "
        "('clock_correction', " +
        std::to_string(s(seconds).count()) + ") ON CONFLICT (name) DO UPDATE SET value = excluded.value");
  }
  std::string correction() const {
    return database_->ask(
        "SELECT coalesce((SELECT value FROM meta WHERE name = 'clock_correction'), 0) / 1000000");
  }
  static Millis off(postgres::PostgresStore& store) {
    return std::chrono::abs(store.clock().now() - to_time(wall_time()));
  }

  std::optional<FreshDatabase> database_;
};

TEST_F(ClockOfPostgres, is_that_of_this_machine_here) {
  postgres::PostgresStore store(options());
  store.settle_clock(false);
  store.poll();
  EXPECT_LT(off(store), Millis(100));
  EXPECT_EQ(correction(), "0");
}

TEST_F(ClockOfPostgres, an_instance_that_starts_waits_for_a_correction) {
  { const postgres::PostgresStore makes_the_tables(options()); }
  correct_by(3600);
  auto corrects = std::async(std::launch::async, [&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    correct_by(0);
  });
  postgres::PostgresStore store(options());
  store.settle_clock(false);
  EXPECT_LT(off(store), Millis(100));
}

TEST_F(ClockOfPostgres, begins_at_the_last_moment_of_the_store) {
  { const postgres::PostgresStore makes_the_tables(options()); }
  const auto set_last_moment = [&](double ahead) {
    database_->ask("UPDATE meta SET value = " + std::to_string((wall_time() + s(ahead)).count() / 1000) +
                   " WHERE name = 'latest_moment'");
  };
  set_last_moment(600);
  postgres::PostgresStore store(options());
  store.settle_clock(false);
  EXPECT_NEAR(double((store.clock().now() - to_time(wall_time())).count()), 600'000, 1000);
  EXPECT_NEAR(std::stod(correction()), 600, 5);
  postgres::PostgresStore another(options());
  another.settle_clock(false);
  EXPECT_NEAR(double((another.clock().now() - to_time(wall_time())).count()), 600'000, 1000);

  set_last_moment(600 + 3700);
  postgres::PostgresStore refused(options());
  EXPECT_THROW(refused.settle_clock(false), ClockRefused);
  refused.settle_clock(true);
  EXPECT_NEAR(std::stod(correction()), 4300, 5);
}

TEST_F(ClockOfPostgres, is_accepted_beside_an_instance) {
  postgres::PostgresStore store(options());
  store.poll();
  correct_by(-3600);
  store.poll();
  EXPECT_NEAR(double(off(store).count()), 3'600'000, 1000);
  EXPECT_TRUE(postgres::read_clock_postgres(database_->url()).clock.is_alarm);
  postgres::accept_clock_postgres(database_->url());
  store.poll();
  EXPECT_LT(off(store), Millis(100));
  EXPECT_EQ(correction(), "0");
  EXPECT_FALSE(postgres::read_clock_postgres(database_->url()).clock.is_alarm);
}

}  // namespace
}  // namespace stagedoor::contract
