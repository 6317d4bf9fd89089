// R-A7: the wall clock of a real server is set while people queue, hold and pay. Nobody loses a place or a
// hold, no limit is exceeded, and admissions go on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "clock/interval_sale.h"
#include "clock/set_clock.h"
#include "core/time.h"
#include "crash/rush.h"
#include "crash/stored.h"
#include "support/calls.h"
#include "support/catalogue.h"
#include "support/server_process.h"

namespace stagedoor::test {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

void keep_address(ServerProcess& server) {
  server.set("http.listen", server.url().substr(std::string_view("http://").size()));
}

// Asks until the answer is as expected, at most for 5 s; returns the last one.
template <class Expected>
std::string await(const std::string& url, const Call& call, const Expected& expected) {
  std::string body;
  for (int i = 0; i < 250; ++i) {
    body = Api(url).send(call).body;
    if (testing::Matches(expected)(body)) break;
    std::this_thread::sleep_for(milliseconds(20));
  }
  return body;
}

const Call kReady{.method = "GET", .target = "/readyz"};

// H4: a third of a second of wrong time.
TEST(WallClock, that_is_wrong_for_a_moment_stops_no_sale) {
  SetClock clock;
  ServerProcess server({.catalogue = club_night("admission: both, people: 3, every: 1s, capacity: 5, "
                                                "active_ttl: 1s, visit_max: 1s, poll_min: 0s"),
                        .environment = clock.environment()});
  keep_address(server);
  auto expect_admissions = [&, next = 1u]() mutable {
    Api api(server.url());
    for (int i = 0; i < 4; ++i) enter(api, user(next++), 1, seconds(5));
  };
  expect_admissions();
  clock.set_ahead(hours(1));
  {
    Api api(server.url());
    const auto until = std::chrono::steady_clock::now() + milliseconds(300);
    while (std::chrono::steady_clock::now() < until)
      EXPECT_TRUE(
          api.send(admin("POST", "/admin/users/" + user(1) + "/balance/charge", R"({"amount":1000})")).ok());
  }
  clock.set_ahead({});
  expect_admissions();
  server.restart();
  expect_admissions();
}

TEST(WallClock, may_go_forward_and_back_an_hour_while_people_queue_hold_and_pay) {
  SetClock clock;
  ServerProcess server({.catalogue = hall(5000, kQueue), .environment = clock.environment()});
  keep_address(server);
  std::vector<std::int64_t> seats;
  {
    Api api(server.url());
    seats = free_seats(api, enter(api, user(1'000'000), 1), 1);
  }
  Rush rush(100, seats, 21);
  std::jthread fans([&](const std::stop_token& stop) {  // also stopped by an exception
    rush.run_through({server.url()}, [&] { return !stop.stop_requested(); });
  });
  auto expect_admissions = [&, next = 2'000'000u]() mutable {
    std::this_thread::sleep_for(milliseconds(500));
    Api api(server.url());
    for (int i = 0; i < 3; ++i) EXPECT_NO_THROW(enter(api, user(next++), 1, seconds(5)));
  };
  expect_admissions();
  for (const hours ahead : {hours(1), hours(0), hours(-1), hours(0)}) {
    SCOPED_TRACE(ahead.count());
    clock.set_ahead(ahead);
    expect_admissions();
    server.restart();
    expect_admissions();
    server.kill9();
    server.start();
    expect_admissions();
  }
  EXPECT_LT(std::chrono::abs(service_time(server.url()) - true_time()), Millis(1000));
  fans.request_stop();
  fans.join();
  server.stop();
  const Stored stored = read_stored(server.folder() / "stagedoor.db");
  EXPECT_THAT(rush.broken_promises(stored), IsEmpty());
  EXPECT_THAT(rush.strange(), IsEmpty());
  EXPECT_LE(most_begun_within(stored, kWindowMs), kPeople);
  for (const auto& [kind, count] : rush.promised()) EXPECT_GT(count, 20u) << kind;
  const CommandResult audit = server.run({"audit"});
  EXPECT_EQ(audit.exit_code, 0) << audit.out << audit.err;
}

TEST(WallClock, that_was_set_is_an_alarm_until_an_operator_accepts_it) {
  SetClock clock;
  ServerProcess server({.catalogue = club_night(), .environment = clock.environment()});
  const Call metrics{.method = "GET", .target = "/metrics"};
  EXPECT_THAT(await(server.url(), kReady, HasSubstr("true")), Not(HasSubstr("clock")));
  EXPECT_THAT(await(server.url(), metrics, testing::_), HasSubstr("\nstagedoor_clock_difference_seconds 0"));

  clock.set_ahead(hours(1));
  EXPECT_THAT(await(server.url(), kReady, HasSubstr("ahead of")),
              AllOf(HasSubstr(R"("ready":true,"clock":"The wall clock was set: it is 3600.0 s ahead of)"),
                    HasSubstr("/admin/clock")));
  EXPECT_THAT(await(server.url(), metrics, HasSubstr("_difference_seconds 36")),
              HasSubstr("\nstagedoor_clock_difference_seconds 36"));
  EXPECT_LT(std::chrono::abs(service_time(server.url()) - true_time()), Millis(1000));
  std::this_thread::sleep_for(milliseconds(2500));

  Api api(server.url());
  EXPECT_EQ(api.send(admin("POST", "/admin/clock", R"({"accept":false})")).code(), "INVALID_REQUEST");
  const ApiReply accepted = api.send(admin("POST", "/admin/clock", R"({"accept":true})"));
  EXPECT_NEAR(double(number(accepted.data(), "differenceMs")), 3'600'000, 1000);
  EXPECT_LT(std::chrono::abs(service_time(server.url()) - true_time() - hours(1)), Millis(1000));
  EXPECT_THAT(await(server.url(), kReady, Not(HasSubstr("clock"))), Not(HasSubstr("clock")));

  clock.set_ahead({});
  EXPECT_THAT(await(server.url(), kReady, HasSubstr("behind")), HasSubstr("3600.0 s behind service time"));
  EXPECT_TRUE(api.send(admin("POST", "/admin/clock", R"({"accept":true})")).ok());
  const TimePoint stands_at = service_time(server.url());
  std::this_thread::sleep_for(milliseconds(300));
  EXPECT_EQ(service_time(server.url()), stands_at);
  server.restart();
  EXPECT_GE(service_time(server.url()), stands_at) << "never back";

  std::string log = server.log();
  int lines = 0;
  for (auto at = log.find("was set: it is 3600.0 s ahead"); at != std::string::npos;
       at = log.find("was set: it is 3600.0 s ahead", at + 1))
    ++lines;
  EXPECT_EQ(lines, 1) << log;
}

TEST(WallClock, of_another_boot_that_is_far_behind_the_store_has_to_be_accepted) {
  SetClock clock;
  clock.set_ahead(hours(2));
  ServerProcess server({.catalogue = club_night(), .environment = clock.environment()});
  Api(server.url()).send(join(user(1), 1));
  EXPECT_EQ(server.run({"clock", "--accept"}).exit_code, 2) << "it runs";
  const CommandResult shown = server.run({"clock"});
  EXPECT_EQ(shown.exit_code, 0);
  EXPECT_THAT(shown.out, AllOf(HasSubstr("wall clock    2"), HasSubstr("service time  2"),
                               HasSubstr("carried on in this boot"), HasSubstr("difference    +0.0"),
                               HasSubstr("last moment   2")))
      << shown.err;
  server.stop();
  clock.set_ahead({});
  EXPECT_THAT(server.run({"clock"}).out, AllOf(HasSubstr("difference    -7200."), HasSubstr("was set")));
  const CommandResult carried_on = server.run({"clock", "--accept"});  // as after another boot
  EXPECT_THAT(carried_on.out, HasSubstr("the later of wall clock and last moment")) << carried_on.err;

  const CommandResult refused = server.run({"serve"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("more than an hour later"), HasSubstr("--accept-clock")));
  server.set("accept-clock", "true");
  server.start();
  EXPECT_LT(std::chrono::abs(service_time(server.url()) - true_time() - hours(2)), Millis(20'000));
  Api api(server.url());
  enter(api, user(2), 1, seconds(5));
}

}  // namespace
}  // namespace stagedoor::test
