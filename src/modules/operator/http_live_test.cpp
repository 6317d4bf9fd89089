// The live numbers and their stream (R-O2).
#include "modules/operator/http_live_feed.h"

#include "support/console.h"

namespace stagedoor::operators {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

const LiveNumbers::SteadyClock::time_point kStart{seconds(1000)};

TEST(Percentile, is_the_bound_that_the_share_does_not_exceed) {
  Durations durations;
  EXPECT_EQ(percentile_ms(durations.counts(), 0.99), 0.1) << "of nothing";
  for (int i = 0; i < 98; ++i) durations.count(milliseconds(2));
  durations.count(milliseconds(20));
  durations.count(seconds(60));
  EXPECT_EQ(percentile_ms(durations.counts(), 0.50), 2.5);
  EXPECT_EQ(percentile_ms(durations.counts(), 0.98), 2.5);
  EXPECT_EQ(percentile_ms(durations.counts(), 0.99), 25);
  EXPECT_EQ(percentile_ms(durations.counts(), 1), 10'000);
}

class Live : public Console {
 protected:
  std::optional<std::string> heard(EventStream& stream) {
    std::string text;
    std::shared_ptr<const std::string> shared;
    if (!stream.next(text, shared)) return std::nullopt;
    return shared ? *shared : text;
  }
};

TEST_F(Live, shows_how_long_somebody_who_joins_now_would_wait) {
  ASSERT_EQ(world
                .call(test::admin("PATCH", "/admin/events/1/queue",
                                  R"({"admission":"interval","people":1,"every":"10s"})"))
                .status,
            200);
  for (std::uint64_t fan = 1; fan <= 4; ++fan) world.enter(fan);
  const auto wait = [&] {
    return json_of(ask("/admin/live")).at("data").at("events").at(0).at("estimatedWaitSeconds");
  };
  EXPECT_EQ(wait(), boost::json::value(30)) << "three wait, one is let in every ten seconds";
  world.call(test::admin("POST", "/admin/events/1/queue/pause"));
  EXPECT_TRUE(wait().is_null());
}

TEST_F(Live, counts_refusals_and_latencies_of_the_last_second_for_all_who_ask) {
  http::Router of_server;
  of_server.add(
      {.method = http::Method::GET, .path = "/x", .handler = [](const http::Request&, http::Reply) {}});
  of_server.add({.method = http::Method::PUT,
                 .path = "/pay",
                 .handler = [](const http::Request&, http::Reply) {},
                 .limit_class = http::LimitClass::payment});
  http::Metrics::Block& block = *metrics.open(of_server, 2)[1];
  LiveNumbers numbers(deps);
  block.count(0, 200, milliseconds(1));
  EXPECT_EQ(numbers.at(kStart).instance.seconds, 0) << "since when?";

  block.count(0, 200, milliseconds(2));
  block.count(1, 409, milliseconds(20));
  block.count_refusal(Code::SEAT_OCCUPIED);
  EXPECT_EQ(numbers.at(kStart + milliseconds(500)).instance.seconds, 0);
  for (const auto when : {milliseconds(1000), milliseconds(1400)}) {
    const LiveInstanceDto counted = numbers.at(kStart + when).instance;
    EXPECT_EQ(counted.seconds, 1);
    EXPECT_THAT(counted.refusals, ElementsAre(Pair("SEAT_OCCUPIED", 1)));
    ASSERT_EQ(counted.latency.size(), 3U);
    EXPECT_EQ(counted.latency[0].calls, "all");
    EXPECT_EQ(counted.latency[0].requests, 2);
    EXPECT_EQ(counted.latency[0].p99Ms, 25);
    EXPECT_EQ(counted.latency[1].calls, "read");
    EXPECT_EQ(counted.latency[1].p50Ms, 2.5);
    EXPECT_EQ(counted.latency[2].calls, "payment");
    block.count(0, 200, milliseconds(2));  // for the next second
  }
  EXPECT_EQ(numbers.at(kStart + milliseconds(2000)).instance.latency[0].requests, 2);
  const LiveInstanceDto much_later = numbers.at(kStart + seconds(60)).instance;
  EXPECT_EQ(much_later.seconds, 0);
  EXPECT_TRUE(much_later.latency.empty());
}

TEST_F(Live, is_rendered_once_a_second_for_all_consoles) {
  std::vector<absl::AnyInvocable<void()>> jobs;
  deps.render_aside = [&](absl::AnyInvocable<void()> job) { jobs.push_back(std::move(job)); };
  const auto feed = std::make_shared<LiveFeed>(deps);
  for (int console = 0; console < 10; ++console) EXPECT_FALSE(feed->after(0, kStart).text);
  ASSERT_EQ(jobs.size(), 1U);
  jobs[0]();
  const auto first = feed->after(0, kStart);
  ASSERT_TRUE(first.text);
  EXPECT_THAT(*first.text, HasSubstr("event: live\ndata: {\"at\":\"2030-01-01T00:00:00.000Z\""));
  EXPECT_EQ(feed->after(0, kStart + milliseconds(950)).text, first.text) << "the same bytes for all";
  EXPECT_FALSE(feed->after(first.version, kStart + milliseconds(950)).text);
  EXPECT_EQ(jobs.size(), 1U);
  EXPECT_FALSE(feed->after(first.version, kStart + seconds(1)).text);
  ASSERT_EQ(jobs.size(), 2U);
  jobs[1]();
  EXPECT_EQ(feed->after(first.version, kStart + seconds(1)).version, first.version + 1);
}

TEST_F(Live, is_streamed_whole_and_costs_nothing_without_a_listener) {
  const Answer answer = ask("/admin/live/stream");
  ASSERT_TRUE(answer.stream);
  const std::string text = heard(*answer.stream).value();
  const std::string_view begin = "event: live\ndata: ";
  ASSERT_TRUE(text.starts_with(begin) && text.ends_with("\n\n")) << text;
  EXPECT_EQ(boost::json::parse(text.substr(begin.size())), data_of(ask("/admin/live")));
  EXPECT_EQ(heard(*answer.stream), "") << "the next one in a second";
}

// The one bad client: 10,000 streams with one key.
TEST_F(Live, has_at_most_sixteen_streams_of_an_operator) {
  std::vector<Answer> open;
  for (int i = 0; i < 16; ++i) ASSERT_TRUE(open.emplace_back(ask("/admin/live/stream")).stream);
  const Answer refused = ask("/admin/live/stream");
  EXPECT_EQ(refused.refusal, Code::RATE_LIMITED);
  EXPECT_THAT(refused.headers, HasSubstr("Retry-After: 5\r\n"));
  EXPECT_TRUE(ask("/admin/live/stream", {.secret = "operator-secret"}).stream);
  open.pop_back();
  EXPECT_TRUE(ask("/admin/live/stream").stream);
}

// R-O1: a key that was disabled sees nothing from then on.
TEST_F(Live, streams_end_when_keys_are_changed) {
  const Answer answer = ask("/admin/live/stream");
  EXPECT_TRUE(heard(*answer.stream));
  keys.replace({"olga:owner:" + std::string(test::kOwnerKey)});
  EXPECT_FALSE(heard(*answer.stream));
  EXPECT_EQ(ask("/admin/live/stream").refusal, Code::ADMIN_KEY_INVALID);
}

TEST_F(Live, an_operator_asks_who_they_are_also_at_a_gate) {
  keys.replace({"gus:gate:gate-secret", "olga:owner:" + std::string(test::kOwnerKey)});
  EXPECT_EQ(ask("/admin/me", {.secret = "gate-secret"}).body,
            R"({"success":true,"data":{"name":"gus","role":"gate"}})");
  EXPECT_EQ(ask("/admin/live", {.secret = "gate-secret"}).refusal, Code::FORBIDDEN);
}

}  // namespace
}  // namespace stagedoor::operators
