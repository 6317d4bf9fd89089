#include "crowd/crowd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/describe/enum_to_string.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "support/fake_sale.h"

namespace stagedoor::crowd {
namespace {

using testing::HasSubstr;

CrowdReport walk(FakeSale& sale, CrowdOptions options) {
  ScriptedServer server([&](const auto& request) { return sale.answer_to(request); });
  options.url = server.url();
  options.look_again = Millis(20);
  if (options.seed == 0) options.seed = 42;
  const std::atomic<int> never = 0;
  return walk_crowd(options, never, [](const CrowdReport&) {});
}

TEST(Crowd, sells_the_event_out_and_ends) {  // R-K5
  FakeSale sale({.seats = 40, .polls_before_turn = 2});
  const CrowdReport report = walk(sale, {.rate = 0, .abandon = 0});
  EXPECT_EQ(report.exit_code(), 0) << to_text(report);
  EXPECT_EQ(report.seats_left_before, 40);
  EXPECT_EQ(report.seats_left, 0);
  EXPECT_EQ(report.arrived, 45);  // a tenth more than there are seats, and one
  EXPECT_EQ(report.tally.in(Stage::paid), 40);
  EXPECT_EQ(report.tally.in(Stage::nothing_left), 5);
  EXPECT_EQ(sale.paid(), 40);
  EXPECT_EQ(report.tally.won_paid, sale.won());
  EXPECT_EQ(sale.polls_too_soon(), 0);
}

TEST(Crowd, counts_every_call_and_answer) {
  FakeSale sale({.seats = 30});
  const CrowdReport report = walk(sale, {.fans = 30, .rate = 0, .abandon = 0, .pick = true});
  EXPECT_EQ(report.exit_code(), 0) << to_text(report);
  const auto answers = [&](Step step) { return report.tally.answers[static_cast<std::size_t>(step)]; };
  EXPECT_EQ(answers(Step::join).at("201"), 30u);
  EXPECT_EQ(answers(Step::pay).at("200"), 30u);
  EXPECT_EQ(answers(Step::hold).at("201"), 30u);
  EXPECT_GT(answers(Step::hold)["409 SEAT_OCCUPIED"],
            0u);  // thirty at once, half of them after the best fifth
  EXPECT_GT(answers(Step::pay)["402 NOT_ENOUGH_BALANCE"], 0u);
  EXPECT_GT(answers(Step::join_again).at("200"), 0u);
  for (std::size_t step = 0; step < kSteps; ++step) {
    std::uint64_t total = 0;
    for (const auto& [name, count] : report.tally.answers[step]) total += count;
    EXPECT_EQ(report.latency[step].count(), total);
  }
}

TEST(Crowd, fans_come_at_their_rate_whatever_the_server_does) {
  FakeSale sale({.seats = 200});
  const CrowdReport report = walk(sale, {.fans = 100, .rate = 500, .abandon = 0});
  EXPECT_EQ(report.exit_code(), 0) << to_text(report);
  EXPECT_EQ(report.arrived, 100);
  EXPECT_GE(report.seconds, 0.198);
}

TEST(Crowd, those_who_give_up_leave_their_seats_to_others) {
  FakeSale sale({.seats = 25});
  const CrowdReport report = walk(sale, {.fans = 80, .rate = 0, .abandon = 0.5});
  EXPECT_EQ(report.exit_code(), 0) << to_text(report);
  EXPECT_GT(report.tally.in(Stage::abandoned), 10);
  EXPECT_EQ(report.tally.in(Stage::paid) + report.seats_left, 25);
  EXPECT_GT(report.tally.in(Stage::paid), 15);
  EXPECT_GT(report.tally.answers[static_cast<std::size_t>(Step::cancel)].at("200"), 0u);
}

TEST(Crowd, a_fan_may_want_several_seats) {
  FakeSale sale({.seats = 30});
  const CrowdReport report = walk(sale, {.fans = 10, .rate = 0, .abandon = 0, .seats_per_fan = 3});
  EXPECT_EQ(report.exit_code(), 0) << to_text(report);
  EXPECT_EQ(report.tally.in(Stage::paid), 10);
  EXPECT_EQ(report.tally.seats_paid, 30u);
}

// R-S13: three seats side by side, or as many as there are.
TEST(Crowd, a_fan_who_finds_no_three_together_takes_fewer) {
  FakeSale sale({.seats = 10});
  const CrowdReport report = walk(sale, {.fans = 4, .rate = 0, .abandon = 0, .seats_per_fan = 3});
  EXPECT_EQ(report.exit_code(), 0) << to_text(report);
  EXPECT_EQ(report.tally.in(Stage::paid), 4);
  EXPECT_EQ(report.tally.seats_paid, 10u);
  EXPECT_EQ(report.tally.answers[static_cast<std::size_t>(Step::layout)].at("200"), 4u);
}

TEST(Crowd, vanished_fans_keep_their_seats_until_they_lapse) {
  FakeSale sale({.seats = 30});
  const CrowdReport report = walk(sale, {.fans = 10, .rate = 0, .abandon = 0, .vanish = 1});
  EXPECT_EQ(report.tally.in(Stage::vanished), 10);
  EXPECT_EQ(report.seats_left, 20);
}

// R-K5: their seats come back.
TEST(Crowd, does_not_end_while_vanished_fans_hold_the_last_seats) {
  FakeSale sale({.seats = 3});
  const CrowdReport report = walk(sale, {.fans = 15, .rate = 5, .abandon = 0, .vanish = 1});
  EXPECT_EQ(report.tally.in(Stage::vanished), 3);
  EXPECT_EQ(report.seats_left, 0);
  EXPECT_EQ(report.arrived, 15) << report.ended_because;
}

TEST(Crowd, overload_with_retry_after_is_tried_again_and_breaks_no_rule) {
  FakeSale sale({.seats = 20, .overloaded_every = 7});
  const CrowdReport report = walk(sale, {.fans = 20, .rate = 500, .abandon = 0});
  EXPECT_EQ(report.exit_code(), 0) << to_text(report);
  EXPECT_EQ(report.tally.in(Stage::paid), 20);
  EXPECT_GT(report.tally.overloaded, 0u);
  EXPECT_EQ(report.tally.overloaded, static_cast<std::uint64_t>(sale.overloads()));
}

class CrowdFindsBroken : public testing::TestWithParam<Rule> {};

TEST_P(CrowdFindsBroken, rule) {
  const Rule rule = GetParam();
  FakeSale sale({.seats = 40, .polls_before_turn = 3, .break_a_rule = true, .broken = rule});
  // Fans who are told to come again would do so for long.
  const bool long_way = rule == Rule::server_error || rule == Rule::retry_after_missing;
  const CrowdOptions options{.fans = 30, .rate = 0, .abandon = 0, .limit = Millis(long_way ? 500 : 0)};
  const CrowdReport report = walk(sale, options);
  EXPECT_GT(report.breaches.count(rule), 0u) << to_text(report);
  EXPECT_EQ(report.exit_code(), 1);
  EXPECT_THAT(to_text(report), HasSubstr("BROKEN"));
}

INSTANTIATE_TEST_SUITE_P(EachRule, CrowdFindsBroken,
                         testing::Values(Rule::position_grew, Rule::place_not_kept, Rule::seat_held_twice,
                                         Rule::seat_sold_twice, Rule::wrong_balance,
                                         Rule::negative_seat_count, Rule::server_error,
                                         Rule::retry_after_missing, Rule::unexpected_answer,
                                         Rule::malformed_answer),
                         [](const auto& of) { return boost::describe::enum_to_string(of.param, "rule"); });

TEST(Crowd, when_the_time_is_up_everybody_leaves) {
  FakeSale sale({.seats = 20, .polls_before_turn = 1'000'000});
  const CrowdReport report = walk(sale, {.fans = 50, .rate = 0, .limit = Millis(100)});
  EXPECT_EQ(report.exit_code(), 0) << to_text(report);
  EXPECT_EQ(report.ended_because, "the time limit was reached");
  EXPECT_EQ(report.tally.in(Stage::sent_home) + report.tally.in(Stage::abandoned), 50);
  EXPECT_EQ(report.seats_left, 20);
}

TEST(Crowd, an_interrupt_ends_it_politely) {
  FakeSale sale({.seats = 20, .polls_before_turn = 1'000'000});
  ScriptedServer server([&](const auto& request) { return sale.answer_to(request); });
  const std::atomic<int> stop = 1;
  const CrowdReport report =
      walk_crowd({.url = server.url(), .fans = 50, .rate = 0}, stop, [](const CrowdReport&) {});
  EXPECT_EQ(report.ended_because, "stopped");
}

TEST(Crowd, the_same_seed_makes_the_same_crowd) {
  for (const std::uint64_t seed : {7, 8}) {
    FakeSale sale({.seats = 20});
    FakeSale again({.seats = 20});
    const CrowdOptions options{.fans = 15, .rate = 0, .abandon = 0.5, .connections = 1, .seed = seed};
    EXPECT_EQ(walk(sale, options).tally.fans, walk(again, options).tally.fans);
  }
}

TEST(Crowd, says_what_keeps_it_from_starting) {
  const std::atomic<int> never = 0;
  const auto start = [&](const CrowdOptions& options) {
    try {
      walk_crowd(options, never, [](const CrowdReport&) {});
    } catch (const std::runtime_error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_THAT(start({.prequeue = 5}), HasSubstr("name the event"));
  std::string url;
  const auto refuse_prequeue = [&](const char* draw_page) {
    ScriptedServer draw([&](const auto& request) {
      if (request.target == "/events/1") return answer(200, R"({"data":{"id":1,"name":"A","seatCount":5}})");
      if (request.target == "/queue") return answer(409, R"({"code":"EVENT_NOT_ON_SALE"})");
      return answer(*draw_page ? 200 : 404, draw_page);
    });
    return start({.url = draw.url(), .event = 1, .prequeue = 5});
  };
  EXPECT_THAT(refuse_prequeue(""), HasSubstr("queue.order: draw"));
  EXPECT_THAT(refuse_prequeue(R"({"data":{"algorithm":"stagedoor-draw-1","commitment":"ab","people":1,
                                  "opensAt":"2027-01-15T08:01:00Z","drawnAt":"2027-01-15T08:01:00Z",
                                  "digest":"cd","seed":"ef"}})"),
              HasSubstr("already taken place"));
  EXPECT_THAT(refuse_prequeue(R"({"data":{"algorithm":"stagedoor-draw-1","commitment":"ab",
                                  "opensAt":"2096-01-15T08:01:00Z"}})"),
              HasSubstr("queue.gather_from"));
  {
    ScriptedServer none([](const auto&) { return answer(200, R"({"data":[]})"); });
    url = none.url();
    EXPECT_THAT(start({.url = url}), HasSubstr("no event is on sale"));
  }
  EXPECT_THAT(start({.url = url}), HasSubstr("refused"));
  ScriptedServer several([](const auto&) {
    return answer(200, R"({"data":[{"id":3,"name":"A","seatCount":5},{"id":4,"name":"B","seatCount":6}]})");
  });
  EXPECT_THAT(start({.url = several.url()}), HasSubstr("--event 4   B, 6 seats left"));
  EXPECT_EQ(run_crowd({.url = url}), 2);
}

TEST(CrowdReport, as_json_holds_the_same_counts) {
  FakeSale sale({.seats = 10});
  const CrowdReport report = walk(sale, {.fans = 10, .rate = 0, .abandon = 0});
  const boost::json::value json = boost::json::parse(to_json(report));
  EXPECT_EQ(json.at("fans").at("paid").to_number<int>(), 10);
  EXPECT_EQ(json.at("seats").at("left").to_number<int>(), 0);
  EXPECT_EQ(json.at("calls").at("pay").at("answers").at("200").to_number<int>(), 10);
  EXPECT_TRUE(json.at("rulesKept").as_bool());
  EXPECT_THAT(progress_line(report), HasSubstr("paid 10"));
  CrowdReport large;
  for (const auto& [count, text] : {std::pair{-1234, "arrived -1,234 "},
                                    {-123, "arrived -123 "},
                                    {999, "arrived 999 "},
                                    {1'000'000, "arrived 1,000,000 "}}) {
    large.arrived = count;
    EXPECT_THAT(progress_line(large), HasSubstr(text));
  }
}

}  // namespace
}  // namespace stagedoor::crowd
