// The operators' calls on sinks, over a lane and a store. World has no threads for reads, so each call is
// answered only if it is done aside.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "adapters/memory/memory_store.h"
#include "modules/operator/http.h"
#include "support/world.h"

namespace stagedoor::operators {
namespace {

using namespace stagedoor::test;
using testing::HasSubstr;
using testing::SizeIs;

class SinkCalls : public testing::Test {
 protected:
  ApiReply ask(std::string_view method, std::string_view target, std::string_view body = "") {
    return world_.call(admin(method, target, body));
  }
  static ParkedEvent event(std::int64_t id, const std::string& key) {
    return {.event = {.id = {id},
                      .key = key,
                      .version = id,
                      .type = "stagedoor.wallet.charged.v1",
                      .payload = "{}",
                      .created_at = from_ms(1'700'000'000'000)},
            .attempts = 3,
            .parked_at = from_ms(1'700'000'001'000),
            .next_at = from_ms(2'000'000'000'000),
            .reason = "it answered with status 500"};
  }
  // `count` events with ids from 1 on, of the keys wallet/0 to wallet/9 in turn.
  static std::vector<ParkedEvent> events(std::int64_t count) {
    std::vector<ParkedEvent> rows;
    for (std::int64_t id = 1; id <= count; ++id)
      rows.push_back(event(id, "wallet/" + std::to_string(id % 10)));
    return rows;
  }
  void park(const std::string& sink, const std::vector<ParkedEvent>& rows) {
    EXPECT_TRUE(outbox().park(sink, outbox().progress(sink), outbox().progress(sink), {.park = rows}));
  }
  void bury(const std::string& sink, const std::vector<ParkedEvent>& rows) {
    EXPECT_TRUE(
        outbox().park(sink, outbox().progress(sink), outbox().progress(sink), {.park = rows, .bury = rows}));
  }
  std::size_t parked(const std::string& sink) {
    std::size_t count = 0;
    for (const auto& [key, events] : outbox().parked_keys(sink)) count += events;
    return count;
  }
  std::size_t dead(const std::string& sink) { return outbox().backlog(sink, {}).dead_letters; }
  std::string last_log() {
    const LogRow& row = store_.tables().log.rbegin()->second;
    return row.action + " " + row.detail;
  }
  Outbox& outbox() { return *outbox_; }

  memory::MemoryStore store_;
  ManualClock clock_{*parse_rfc3339("2030-01-01T00:00:00Z")};
  World world_{store_.ports(), clock_, {.sinks = {"crm"}, .outbox = [this] { return store_.outbox(); }}};
  std::unique_ptr<Outbox> outbox_ = store_.outbox();
};

// R-E2
TEST_F(SinkCalls, send_dead_letters_again_in_several_transactions_and_in_order) {
  bury("crm", events(1200));
  const ApiReply reply = ask("POST", "/admin/sinks/crm/dead-letters/send", R"({"all":true})");
  EXPECT_EQ(number(reply.data(), "letters"), 1200) << reply.body;
  EXPECT_EQ(dead("crm"), 0u);
  EXPECT_EQ(parked("crm"), 1200u);
  const auto rows = outbox().parked("crm", "wallet/1", {}, 1000);
  ASSERT_THAT(rows, SizeIs(120));
  EXPECT_EQ(rows.front().attempts, 0);
  EXPECT_EQ(rows.front().next_at, clock_.now());
}

TEST_F(SinkCalls, send_the_oldest_dead_letters_when_there_is_no_room_for_all) {
  park("crm", {event(20'000, "wallet/0")});
  bury("crm", events(10'400));
  const ApiReply reply = ask("POST", "/admin/sinks/crm/dead-letters/send", R"({"all":true})");
  EXPECT_EQ(number(reply.data(), "letters"), 9999) << reply.body;
  EXPECT_EQ(parked("crm"), 10'000u);
  EXPECT_EQ(outbox().dead_letters("crm", {100'000}, 1000).back().event.id, OutboxId{10'000});
}

TEST_F(SinkCalls, drop_some_dead_letters_or_all) {
  bury("crm", events(1200));
  bury("out", events(3));
  EXPECT_EQ(
      number(ask("POST", "/admin/sinks/crm/dead-letters/drop", R"({"ids":[1,1200,5000]})").data(), "letters"),
      2);
  EXPECT_EQ(dead("crm"), 1198u);
  EXPECT_EQ(number(ask("POST", "/admin/sinks/crm/dead-letters/drop", R"({"all":true})").data(), "letters"),
            1198);
  EXPECT_EQ(dead("crm"), 0u);
  EXPECT_EQ(dead("out"), 3u) << "another sink";
}

TEST_F(SinkCalls, list_parked_keys_with_the_event_that_was_refused) {
  park("crm", {event(1, "wallet/1"), event(2, "wallet/2"), event(3, "wallet/1")});
  const ApiReply all = ask("GET", "/admin/sinks/crm/parked");
  ASSERT_THAT(all.data().as_array(), SizeIs(2)) << all.body;
  EXPECT_EQ(text(all.data().at(0), "subject"), "wallet/2");
  const auto& first = all.data().at(1);
  EXPECT_EQ(text(first, "subject"), "wallet/1");
  EXPECT_EQ(number(first, "events"), 2);
  EXPECT_EQ(number(first, "id"), 1);
  EXPECT_EQ(number(first, "attempts"), 3);
  EXPECT_EQ(text(first, "reason"), "it answered with status 500");
  const ApiReply page = ask("GET", "/admin/sinks/crm/parked?limit=1");
  EXPECT_THAT(page.body, HasSubstr(R"("nextCursor":"2")"));
  const ApiReply rest = ask("GET", "/admin/sinks/crm/parked?limit=1&cursor=2");
  EXPECT_EQ(text(rest.data().at(0), "subject"), "wallet/1");
}

TEST_F(SinkCalls, try_parked_keys_now) {
  park("crm", events(1200));
  EXPECT_EQ(outbox().due("crm", clock_.now(), 10).size(), 0u);
  const ApiReply some =
      ask("POST", "/admin/sinks/crm/parked/retry", R"({"subjects":["wallet/3","wallet/4","wallet/99"]})");
  EXPECT_EQ(number(some.data(), "keys"), 2) << some.body;
  EXPECT_EQ(number(some.data(), "events"), 240);
  EXPECT_THAT(last_log(), HasSubstr("sink.retry_parked"));
  const auto due = outbox().due("crm", clock_.now(), 10);
  ASSERT_THAT(due, SizeIs(2));
  EXPECT_EQ(due.front().attempts, 0);
  EXPECT_EQ(number(ask("POST", "/admin/sinks/crm/parked/retry", R"({"all":true})").data(), "keys"), 10);
  EXPECT_THAT(outbox().due("crm", clock_.now(), 100), SizeIs(10));
}

TEST_F(SinkCalls, give_parked_keys_up) {
  park("crm", events(1200));
  ParkedEvent behind = event(1201, "wallet/3");
  behind.reason = "";
  park("crm", {behind});
  const ApiReply some = ask("POST", "/admin/sinks/crm/parked/give-up", R"({"subjects":["wallet/3"]})");
  EXPECT_EQ(number(some.data(), "keys"), 1) << some.body;
  EXPECT_EQ(number(some.data(), "events"), 121);
  EXPECT_EQ(parked("crm"), 1080u);
  const auto newest = outbox().dead_letters("crm", {100'000}, 1).at(0);
  EXPECT_EQ(newest.event.id, OutboxId{1201});
  EXPECT_EQ(newest.reason, "an operator gave up its key");
  EXPECT_EQ(newest.next_at, clock_.now());
  const ApiReply all = ask("POST", "/admin/sinks/crm/parked/give-up", R"({"all":true})");
  EXPECT_EQ(number(all.data(), "events"), 1080) << all.body;
  EXPECT_EQ(parked("crm"), 0u);
  EXPECT_EQ(dead("crm"), 1201u);
  for (const char* body : {"{}", R"({"subjects":[]})", R"({"subjects":["a"],"all":true})"})
    EXPECT_EQ(ask("POST", "/admin/sinks/crm/parked/give-up", body).code(), "INVALID_REQUEST") << body;
}

TEST_F(SinkCalls, show_a_removed_sink_as_long_as_it_has_something_and_drop_that) {
  EXPECT_TRUE(outbox().advance("empty", {}, {5}));
  park("old", events(4));
  bury("old", {event(7, "wallet/7")});
  const ApiReply all = ask("GET", "/admin/sinks");
  ASSERT_THAT(all.data().as_array(), SizeIs(2)) << all.body;
  EXPECT_EQ(text(all.data().at(0), "name"), "crm");
  EXPECT_EQ(all.data().at(0).at("configured"), true);
  EXPECT_EQ(text(all.data().at(1), "name"), "old");
  EXPECT_EQ(all.data().at(1).at("configured"), false);
  EXPECT_THAT(ask("GET", "/admin/sinks/old/dead-letters").data().as_array(), SizeIs(1));
  EXPECT_THAT(ask("GET", "/admin/sinks/old/parked").data().as_array(), SizeIs(4));

  for (const char* call : {"parked/retry", "dead-letters/send"})
    EXPECT_EQ(ask("POST", std::string("/admin/sinks/old/") + call, R"({"all":true})").code(), "NOT_FOUND");
  EXPECT_EQ(ask("POST", "/admin/sinks/old/replay", R"({"from":1})").code(), "NOT_FOUND");
  EXPECT_EQ(ask("GET", "/admin/sinks/none/parked").code(), "NOT_FOUND");
  EXPECT_EQ(ask("POST", "/admin/sinks/none/dead-letters/drop", R"({"all":true})").code(), "NOT_FOUND");

  EXPECT_EQ(number(ask("POST", "/admin/sinks/old/parked/give-up", R"({"all":true})").data(), "events"), 4);
  EXPECT_EQ(number(ask("POST", "/admin/sinks/old/dead-letters/drop", R"({"all":true})").data(), "letters"),
            5);
  EXPECT_THAT(last_log(), HasSubstr("sink.drop_dead_letters"));
  EXPECT_THAT(ask("GET", "/admin/sinks").data().as_array(), SizeIs(1));
}

}  // namespace
}  // namespace stagedoor::operators
