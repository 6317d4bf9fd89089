// R-A7: the clock of the database is set while people queue, hold and pay at several instances; one restarts
// meanwhile, another one is started.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "clock/interval_sale.h"
#include "clock/set_clock.h"
#include "cluster/cluster.h"
#include "core/time.h"
#include "crash/rush.h"
#include "support/calls.h"
#include "support/catalogue.h"

namespace stagedoor::test {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;

class ClockOfTheDatabase : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = PostgresServer::missing()) GTEST_SKIP() << *why;
    cluster_ = std::make_unique<Cluster>(
        hall(5000, kQueue), 2, std::vector<std::pair<std::string, std::string>>{},
        std::make_unique<PostgresServer>(std::vector<std::string>{}, clock_.environment()));
  }
  Cluster& cluster() { return *cluster_; }
  SetClock& clock() { return clock_; }
  // One more instance.
  std::unique_ptr<ServerProcess> start_another() {
    return std::make_unique<ServerProcess>(
        ServerOptions{.settings = {{"store.url", cluster().postgres().url("sale")}},
                      .environment = {{"STAGEDOOR_AUTH_KEYS", "the-same-signing-key-on-all-instances"}}});
  }

 private:
  SetClock clock_;
  std::unique_ptr<Cluster> cluster_;
};

TEST_F(ClockOfTheDatabase, may_go_forward_and_back_an_hour_while_people_queue_hold_and_pay) {
  std::vector<std::int64_t> seats;
  {
    Api api(cluster().urls());
    seats = free_seats(api, enter(api, user(1'000'000), 1), 1);
  }
  Rush rush(100, seats, 22);
  std::jthread fans([&](const std::stop_token& stop) {  // also stopped by an exception
    rush.run_through(cluster().urls(), [&] { return !stop.stop_requested(); });
  });
  // An instance that has heard nothing of the store for a second says so with a 503, which a busy machine can
  // cause.
  const auto admit = [](Api& api, const std::string& fan) {
    for (const auto until = std::chrono::steady_clock::now() + seconds(30);;) {
      try {
        enter(api, fan, 1, seconds(5));
        return;
      } catch (const std::exception&) {
        if (std::chrono::steady_clock::now() >= until) throw;
      }
      std::this_thread::sleep_for(milliseconds(100));
    }
  };
  auto expect_admissions = [&, next = 2'000'000u](const std::vector<std::string>& urls) mutable {
    std::this_thread::sleep_for(milliseconds(500));
    for (const auto& url : urls) {
      Api api(url);
      EXPECT_NO_THROW(admit(api, user(next++)));
      EXPECT_LT(std::chrono::abs(service_time(url) - true_time()), Millis(1000)) << url;
    }
  };
  expect_admissions(cluster().urls());
  for (const hours ahead : {hours(1), hours(0), hours(-1), hours(0)}) {
    SCOPED_TRACE(ahead.count());
    clock().set_ahead(ahead);
    expect_admissions(cluster().urls());
    cluster().server(1).restart();
    expect_admissions(cluster().urls());
    const auto third = start_another();
    expect_admissions({third->url(), cluster().urls()[0]});
    cluster().server(0).kill9();
    cluster().server(0).start();
    expect_admissions(cluster().urls());
  }
  if (HasFailure()) {
    for (std::size_t i = 0; i < cluster().size(); ++i) ADD_FAILURE() << cluster().server(i).log();
    ADD_FAILURE() << cluster().postgres().log();
  }
  fans.request_stop();
  fans.join();
  const Stored stored = cluster().stored();
  EXPECT_THAT(rush.broken_promises(stored), IsEmpty());
  EXPECT_THAT(rush.strange(), IsEmpty());
  EXPECT_LE(most_begun_within(stored, kWindowMs), kPeople);
  for (const auto& [kind, count] : rush.promised()) EXPECT_GT(count, 20u) << kind;
  const CommandResult audit = cluster().audit();
  EXPECT_EQ(audit.exit_code, 0) << audit.out << audit.err;
}

TEST_F(ClockOfTheDatabase, that_was_set_is_an_alarm_until_it_is_accepted) {
  const auto await_ready = [&](const std::string& url, const auto& expected) {
    std::string body;
    for (int i = 0; i < 250; ++i) {
      body = Api(url).send({.method = "GET", .target = "/readyz"}).body;
      if (testing::Matches(expected)(body)) break;
      std::this_thread::sleep_for(milliseconds(20));
    }
    EXPECT_THAT(body, expected) << url;
  };
  clock().set_ahead(hours(1));
  for (const auto& url : cluster().urls()) await_ready(url, HasSubstr("3600.0 s ahead of service time"));
  EXPECT_THAT(cluster().server(0).run({"clock"}).out,
              testing::ContainsRegex("difference    \\+(3600\\.0|3599\\.9)"));

  // Through one instance, for all.
  ASSERT_TRUE(Api(cluster().urls()[0]).send(admin("POST", "/admin/clock", R"({"accept":true})")).ok());
  for (const auto& url : cluster().urls()) {
    await_ready(url, testing::Not(HasSubstr("clock")));
    EXPECT_LT(std::chrono::abs(service_time(url) - true_time() - hours(1)), Millis(1000)) << url;
  }

  // Beside them: backwards by standing still.
  clock().set_ahead({});
  for (const auto& url : cluster().urls()) await_ready(url, HasSubstr("3600.0 s behind service time"));
  const CommandResult accepted = cluster().server(1).run({"clock", "--accept"});
  EXPECT_EQ(accepted.exit_code, 0) << accepted.err;
  std::this_thread::sleep_for(milliseconds(300));
  for (const auto& url : cluster().urls()) {
    const TimePoint stands_at = service_time(url);
    std::this_thread::sleep_for(seconds(1));
    EXPECT_LT(service_time(url) - stands_at, Millis(500)) << url << ": at most a read of the clock";
  }
}

}  // namespace
}  // namespace stagedoor::test
