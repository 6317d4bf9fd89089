// `stagedoor crowd` against the real server: it sells out, nobody was told anything that breaks a rule, and
// the API says the same afterwards.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "core/time.h"
#include "support/calls.h"
#include "support/catalogue.h"
#include "support/server_process.h"

namespace stagedoor::test {
namespace {

boost::json::value crowd(const ServerProcess& server, std::vector<std::string> options) {
  options.insert(options.begin(), {"crowd", "--url", server.url(), "--json"});
  const CommandResult result = server.run(options);
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  return boost::json::parse(result.out);
}

TEST(CrowdSale, sells_the_club_night_out_by_the_rules) {  // R-K5
  // Forty are let in each second, so that some wait; a hold or a visit never ends by itself here.
  ServerProcess server({.catalogue = club_night(
                            "admission: interval, people: 40, every: 1s, active_ttl: 5m, poll_min: 100ms")});
  const auto report = crowd(server, {"--rate", "0", "--abandon", "0.2", "--fans", "75"});
  EXPECT_TRUE(report.at("rulesKept").as_bool()) << report;
  EXPECT_EQ(number(report.at("fans"), "arrived"), 75);
  EXPECT_EQ(number(report.at("fans"), "failed"), 0);
  EXPECT_EQ(number(report.at("fans"), "paid") + number(report.at("seats"), "left"), 50);
  EXPECT_GT(number(report.at("fans"), "abandoned"), 0);

  Api api(server.url());
  const auto event = api.send(get_event(1)).data();
  EXPECT_EQ(number(event, "seatCount"), number(report.at("seats"), "left"));
  server.stop();
  const CommandResult audit = server.run({"audit"});
  EXPECT_EQ(audit.exit_code, 0) << audit.out << audit.err;
}

// R-K5, R-C9: the same, one seat after the other from the map.
TEST(CrowdSale, fans_may_pick_their_seats_from_the_map) {
  const ServerProcess server({.catalogue = club_night()});
  const auto report =
      crowd(server, {"--rate", "0", "--abandon", "0", "--fans", "60", "--pick", "--seed", "1"});
  EXPECT_TRUE(report.at("rulesKept").as_bool()) << report;
  EXPECT_EQ(number(report.at("fans"), "paid"), 50);
  // Who comes when all is sold asks for neither.
  const auto layouts = number(report.at("calls").at("layout"), "count");
  EXPECT_GE(layouts, 50);
  EXPECT_LE(layouts, 60);
  EXPECT_GE(number(report.at("calls").at("availability"), "count"), layouts);
}

TEST(CrowdSale, fans_buy_several_seats_each) {
  const ServerProcess server({.catalogue = club_night()});
  const auto report =
      crowd(server, {"--rate", "200", "--abandon", "0", "--fans", "12", "--seats-per-fan", "4"});
  EXPECT_EQ(number(report.at("fans"), "paid"), 12);
  const auto paid = number(report.at("seats"), "paid");
  EXPECT_GE(paid, 40) << "who finds no four side by side takes fewer";
  EXPECT_EQ(number(report.at("seats"), "wonPaid"), paid * 110'000);
  EXPECT_EQ(number(report.at("seats"), "left"), 50 - paid);
}

// R-Q13, R-K5: three hundred gather before an opening, and later ones come behind them.
TEST(CrowdSale, gathers_before_an_opening_and_finds_the_draw_fair) {
  ServerProcess server({.catalogue = club_night()});
  Api api(server.url());
  const TimePoint now = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
  const auto made = api.send(
      admin("POST", "/admin/events",
            fmt::format(R"({{"name":"Premiere","on_sale":{{"from":"{}","until":"2096-01-01T00:00:00Z"}},
                       "queue":{{"order":"draw","gather_from":"{}","admission":"interval","people":20,
                                 "every":"200ms","poll_min":"200ms"}}}})",
                        to_rfc3339(now + Millis(2500)), to_rfc3339(now))));
  ASSERT_TRUE(made.ok()) << made.body;
  const std::int64_t event = number(made.data(), "id");
  ASSERT_TRUE(api.send(admin("POST", fmt::format("/admin/events/{}/dates", event),
                             R"({"starts_at":"2096-05-01T14:00:00Z","layout":"club",
                                 "prices":{"Standard":9000}})"))
                  .ok());
  const std::string id = std::to_string(event);
  const auto report = crowd(
      server, {"--event", id, "--prequeue", "300", "--fans", "30", "--rate", "1000", "--abandon", "0.7"});
  EXPECT_TRUE(report.at("rulesKept").as_bool()) << report;
  EXPECT_EQ(number(report.at("fans"), "arrived"), 330);
  const auto& draw = report.at("draw");
  EXPECT_TRUE(draw.at("drawn").as_bool());
  EXPECT_TRUE(draw.at("fair").as_bool());
  EXPECT_TRUE(draw.at("listRecomputed").as_bool());
  EXPECT_EQ(number(draw, "gathered"), 300);
  EXPECT_GT(number(draw, "positionsCompared"), 100);
  EXPECT_GT(number(draw, "admissionsCompared"), 49);

  // Once is enough: there is no second draw.
  const CommandResult again = server.run({"crowd", "--url", server.url(), "--event", id, "--prequeue", "10"});
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.err, testing::HasSubstr("already taken place"));
}

TEST(CrowdSale, what_it_cannot_do_is_refused_with_code_2) {
  const ServerProcess server({.catalogue = club_night()});
  const CommandResult prequeue =
      server.run({"crowd", "--url", server.url(), "--event", "1", "--prequeue", "10"});
  EXPECT_EQ(prequeue.exit_code, 2);
  EXPECT_THAT(prequeue.err, testing::HasSubstr("event 1 has no draw"));
  const CommandResult unknown = server.run({"crowd", "--url", server.url(), "--event", "99"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, testing::HasSubstr("EVENT_NOT_FOUND"));
}

}  // namespace
}  // namespace stagedoor::test
