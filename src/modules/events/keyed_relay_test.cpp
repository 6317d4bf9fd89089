#include "modules/events/keyed_relay.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "adapters/memory/memory_store.h"
#include "ports/store_ports.h"
#include "support/manual_clock.h"

namespace stagedoor::events {
namespace {

using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::SizeIs;
using Result = Delivered::Result;

constexpr Millis kHour{3'600'000};
const TimePoint kNow = from_ms(1'700'000'000'000);

// A receiver that refuses some keys, or all.
class KeyedReceiver final : public KeyedSink {
 public:
  std::vector<Delivered> deliver(std::span<const OutboxEvent> events, const std::stop_token&) override {
    if (on_deliver) std::exchange(on_deliver, {})();
    std::vector<Delivered> results(events.size());
    std::set<std::string> refused;
    for (std::size_t i = 0; i < events.size() && refused.size() < refusals_max; ++i) {
      const OutboxRow& row = events[i].row;
      if (refused.contains(row.key)) continue;
      if (busy.contains(row.key)) {
        refused.insert(row.key);
        ++attempts[row.key];
        results[i] = {Result::put_off, "it answered with status 429", wait};
      } else if (is_down || bad.contains(row.key)) {
        refused.insert(row.key);
        ++attempts[row.key];
        results[i] = {Result::refused, "it answered with status 500"};
      } else {
        received.push_back(row.id.value);
        versions[row.key].push_back(row.version);
        results[i] = {Result::accepted, {}};
      }
    }
    return results;
  }

  std::set<std::string> bad;
  std::set<std::string> busy;  // keys that are put off
  std::optional<Millis> wait;  // for so long
  bool is_down = false;
  std::size_t refusals_max = 32;
  std::function<void()> on_deliver;  // once, before the events count as delivered
  std::vector<std::int64_t> received;
  std::map<std::string, std::vector<std::int64_t>> versions;
  std::map<std::string, int> attempts;
};

class KeyedRelays : public testing::Test {
 protected:
  KeyedRelay relay(KeyedRelay::Options options = {}) {
    return KeyedRelay(
        "crm", sink_, store_.outbox(), clock_, [](std::size_t bytes) { return std::string(bytes, '\0'); },
        options);
  }
  // An event of each key, in this order, in one transaction.
  void commit(const std::vector<std::string>& keys) {
    Batch batch;
    for (const auto& key : keys)
      batch.outbox.push_back({.id = {++next_},
                              .key = key,
                              .version = ++versions_[key],
                              .type = "stagedoor.wallet.charged.v1",
                              .payload = "{}",
                              .created_at = clock_.now()});
    const auto transaction = store_.begin();
    transaction->apply(batch);
    transaction->commit();
  }
  void run(KeyedRelay& relay, int rounds = 1) {
    while (rounds-- > 0) relay.run_once({});
  }
  OutboxId progress() { return store_.outbox()->progress("crm"); }
  std::size_t parked() {
    std::size_t events = 0;
    for (const auto& [key, count] : store_.outbox()->parked_keys("crm")) events += count;
    return events;
  }
  std::vector<std::int64_t> dead() {
    std::vector<std::int64_t> ids;
    for (const auto& row : store_.outbox()->dead_letters("crm", {1'000'000}, 1000))
      ids.push_back(row.event.id.value);
    return ids;
  }

  memory::MemoryStore store_;
  test::ManualClock clock_{kNow};
  KeyedReceiver sink_;
  std::int64_t next_ = 0;
  std::map<std::string, std::int64_t> versions_;
};

// R-E2
TEST(RetryPause, doubles_up_to_an_hour_and_is_reduced_by_chance) {
  EXPECT_EQ(retry_pause(1, 0), Millis(1000));
  EXPECT_EQ(retry_pause(2, 0), Millis(2000));
  EXPECT_EQ(retry_pause(12, 0), Millis(2'048'000));
  EXPECT_EQ(retry_pause(13, 0), kHour);
  EXPECT_EQ(retry_pause(1'000'000, 0), kHour);
  EXPECT_THAT(retry_pause(3, 255), testing::AllOf(Ge(Millis(2000)), Le(Millis(2100))));
}

TEST_F(KeyedRelays, a_refusal_parks_the_key_and_others_go_on) {
  sink_.bad = {"b"};
  commit({"a", "b", "c", "b"});
  KeyedRelay crm = relay();
  run(crm);
  EXPECT_THAT(sink_.received, ElementsAre(1, 3));
  EXPECT_EQ(progress(), OutboxId{4});
  EXPECT_EQ(parked(), 2u);
  EXPECT_EQ(crm.oldest_unaccepted(), std::nullopt);
  commit({"b", "a"});
  run(crm);
  EXPECT_THAT(sink_.received, ElementsAre(1, 3, 6)) << "a later event of a parked key waits behind it";
  EXPECT_EQ(crm.numbers().parked_keys, 1);
}

TEST_F(KeyedRelays, a_later_event_does_not_pass_the_parked_one_even_if_it_would_be_accepted) {
  sink_.bad = {"b"};
  commit({"a", "b"});
  KeyedRelay crm = relay();
  run(crm);
  sink_.bad.clear();
  commit({"b", "a"});
  run(crm);
  EXPECT_THAT(sink_.received, ElementsAre(1, 4));
  clock_.advance(Millis(1000));
  run(crm, 2);
  EXPECT_THAT(sink_.versions["b"], ElementsAre(1, 2));
}

TEST_F(KeyedRelays, a_parked_key_is_tried_again_with_pauses_and_delivered_in_order) {
  sink_.bad = {"b"};
  commit({"a", "b", "b", "b"});
  KeyedRelay crm = relay();
  run(crm, 5);
  EXPECT_EQ(sink_.attempts["b"], 1) << "not before its pause";
  clock_.advance(Millis(1000));
  run(crm, 5);
  EXPECT_EQ(sink_.attempts["b"], 2);
  clock_.advance(Millis(1000));
  run(crm, 5);
  EXPECT_EQ(sink_.attempts["b"], 2) << "the pause is two seconds now";
  sink_.bad.clear();
  clock_.advance(Millis(1000));
  run(crm, 5);
  EXPECT_THAT(sink_.versions["b"], ElementsAre(1, 2, 3));
  EXPECT_EQ(parked(), 0u);
}

// Otherwise an outage would fill the table, and events would be tried in thousands of pauses.
TEST_F(KeyedRelays, nothing_is_parked_while_the_receiver_refuses_everything) {
  sink_.is_down = true;
  commit({"a", "b", "c"});
  KeyedRelay crm = relay();
  for (int i = 0; i < 5; ++i) EXPECT_THROW(run(crm), SinkUnavailable);
  EXPECT_EQ(parked(), 0u);
  EXPECT_EQ(progress(), OutboxId{});
  EXPECT_EQ(crm.oldest_unaccepted(), kNow);
  sink_.is_down = false;
  run(crm);
  EXPECT_THAT(sink_.received, ElementsAre(1, 2, 3));
}

TEST_F(KeyedRelays, refused_keys_at_the_front_do_not_hide_that_others_are_accepted) {
  std::vector<std::string> keys;
  for (int i = 0; i < 40; ++i) {
    keys.push_back("bad/" + std::to_string(i));
    sink_.bad.insert(keys.back());
  }
  keys.push_back("good");
  commit(keys);
  KeyedRelay crm = relay();
  EXPECT_THROW(run(crm), SinkUnavailable) << "32 refusals in a row end the round";
  for (int i = 0; i < 4; ++i) {
    try {
      run(crm);
    } catch (const SinkUnavailable&) {
    }
  }
  EXPECT_THAT(sink_.received, ElementsAre(41)) << "once";
  EXPECT_THAT(parked(), Ge(24u));
}

TEST_F(KeyedRelays, more_refused_keys_than_a_round_reads_do_not_stop_the_sink) {
  std::vector<std::string> keys;
  for (int i = 0; i < 450; ++i) {
    keys.push_back("bad/" + std::to_string(i));
    sink_.bad.insert(keys.back());
  }
  keys.push_back("good");
  commit(keys);
  KeyedRelay crm = relay();
  for (int i = 0; i < 40; ++i) {
    try {
      run(crm);
    } catch (const SinkUnavailable&) {
    }
  }
  EXPECT_THAT(sink_.received, ElementsAre(451));
  EXPECT_THAT(parked(), Ge(24u));
}

TEST_F(KeyedRelays, an_event_that_is_refused_for_three_days_becomes_a_dead_letter_and_the_next_is_tried) {
  sink_.bad = {"b"};
  commit({"a", "b", "b"});
  KeyedRelay crm = relay();
  run(crm);
  for (int hour = 0; hour < 71; ++hour) {
    clock_.advance(kHour);
    commit({"a"});
    run(crm, 2);
  }
  EXPECT_THAT(dead(), IsEmpty());
  EXPECT_THAT(sink_.attempts["b"], Ge(60)) << "an hour is the longest pause";
  clock_.advance(kHour);
  commit({"a"});
  run(crm);
  EXPECT_THAT(dead(), ElementsAre(2));
  EXPECT_EQ(crm.numbers().dead_letters, 1);
  sink_.bad.clear();
  run(crm);
  EXPECT_THAT(sink_.versions["b"], ElementsAre(2));
  EXPECT_EQ(parked(), 0u);
}

TEST_F(KeyedRelays, nothing_is_given_up_while_the_receiver_is_down) {
  sink_.bad = {"b"};
  commit({"a", "b"});
  KeyedRelay crm = relay();
  run(crm);
  for (int hour = 0; hour < 100; ++hour) {
    clock_.advance(kHour + Millis(1));
    run(crm);
  }
  EXPECT_THAT(dead(), IsEmpty());
  EXPECT_EQ(parked(), 1u);
  commit({"a"});
  clock_.advance(kHour);
  run(crm);
  EXPECT_THAT(dead(), ElementsAre(2)) << "it accepts others again";
}

TEST_F(KeyedRelays, the_sink_stops_when_too_many_events_are_parked_and_goes_on_when_some_are_delivered) {
  sink_.bad = {"b", "c", "d"};
  commit({"a", "b", "c", "d", "a"});
  KeyedRelay crm = relay({.parked_max = 2});
  run(crm);
  EXPECT_EQ(parked(), 2u);
  EXPECT_EQ(progress(), OutboxId{3});
  try {
    run(crm);
    FAIL() << "the sink stops";
  } catch (const SinkUnavailable& why) {
    EXPECT_THAT(why.what(), HasSubstr("2 events are parked"));
  }
  EXPECT_THAT(sink_.received, ElementsAre(1, 5));
  EXPECT_EQ(sink_.attempts["d"], 1) << "nothing is tried that could not be parked";
  EXPECT_EQ(crm.oldest_unaccepted(), kNow) << "the lag is seen";
  sink_.bad.clear();
  clock_.advance(Millis(1000));
  run(crm, 3);
  EXPECT_THAT(sink_.received, ElementsAre(1, 5, 2, 3, 4));
}

// The fence: the progress has moved while the batch was delivered.
TEST_F(KeyedRelays, one_that_wakes_up_late_parks_nothing) {
  sink_.bad = {"b"};
  commit({"a", "b"});
  KeyedRelay late = relay();
  sink_.on_deliver = [&] {
    sink_.bad.clear();
    KeyedRelay other = relay();
    run(other);
    sink_.bad = {"b"};
  };
  run(late);
  EXPECT_EQ(parked(), 0u);
  EXPECT_EQ(progress(), OutboxId{2});
  EXPECT_THAT(sink_.received, ElementsAre(1, 2, 1)) << "a repeat";
}

TEST_F(KeyedRelays, one_that_wakes_up_late_does_not_say_that_its_batch_was_accepted) {
  commit({"a", "b"});
  KeyedRelay late = relay();
  sink_.on_deliver = [&] { EXPECT_TRUE(store_.outbox()->advance("crm", {}, {1})); };
  run(late);
  EXPECT_LE(late.accepted(), progress()) << "events up to there are removed";
}

TEST_F(KeyedRelays, what_was_accepted_behind_an_event_that_was_not_tried_is_not_sent_again) {
  sink_.refusals_max = 1;
  sink_.bad = {"b"};
  commit({"b", "a"});
  KeyedRelay crm = relay();
  EXPECT_THROW(run(crm), SinkUnavailable);
  run(crm);  // `a` first now
  EXPECT_THAT(sink_.received, ElementsAre(2));
  EXPECT_EQ(progress(), OutboxId{2});
  EXPECT_EQ(parked(), 1u);
  run(crm, 3);
  EXPECT_THAT(sink_.received, ElementsAre(2));
}

TEST_F(KeyedRelays, deliver_again_what_an_operator_asks_for) {
  commit({"a", "b", "a"});
  KeyedRelay crm = relay();
  run(crm);
  EXPECT_TRUE(store_.outbox()->advance("crm", {3}, {1}));
  run(crm);
  EXPECT_THAT(sink_.received, ElementsAre(1, 2, 3, 2, 3));
}

TEST_F(KeyedRelays, try_a_dead_letter_again_that_is_parked_again) {
  sink_.bad = {"b"};
  commit({"a", "b"});
  KeyedRelay crm = relay({.give_up_after = Millis(1000)});
  run(crm);
  clock_.advance(Millis(1000));
  run(crm);
  ASSERT_THAT(dead(), ElementsAre(2));
  sink_.bad.clear();
  const auto outbox = store_.outbox();
  const ParkedChanges changes{.revive = outbox->dead_letters("crm", {3}, 1)};
  EXPECT_TRUE(outbox->park("crm", {2}, {2}, changes));
  run(crm);
  EXPECT_THAT(sink_.versions["b"], ElementsAre(1));
  EXPECT_EQ(parked(), 0u);
}

// Otherwise a key with many events needs a round, and a transaction, for each.
TEST_F(KeyedRelays, what_waits_behind_a_parked_event_is_sent_on_in_the_same_round) {
  sink_.bad = {"b"};
  commit({"a"});
  commit(std::vector<std::string>(40, "b"));
  KeyedRelay crm = relay({.batch_max = 41});
  run(crm);
  ASSERT_EQ(parked(), 40u);
  sink_.bad.clear();
  clock_.advance(Millis(1000));
  run(crm);
  EXPECT_EQ(parked(), 0u);
  EXPECT_THAT(sink_.versions["b"], SizeIs(40));
  EXPECT_TRUE(std::ranges::is_sorted(sink_.versions["b"]));
}

TEST_F(KeyedRelays, a_round_sends_no_more_of_the_parked_events_than_a_batch_and_stops_at_a_refusal) {
  sink_.bad = {"b", "c"};
  commit({"a"});
  for (int i = 0; i < 20; ++i) commit({"b", "c"});
  KeyedRelay crm = relay({.batch_max = 50});
  run(crm);
  ASSERT_EQ(parked(), 40u);
  KeyedRelay small = relay({.batch_max = 10});
  sink_.bad = {"c"};
  clock_.advance(Millis(1000));
  run(small);
  EXPECT_THAT(sink_.versions["b"], ElementsAre(1, 2, 3, 4, 5));
  EXPECT_EQ(sink_.attempts["c"], 2) << "nothing behind it";
  EXPECT_EQ(parked(), 35u);
}

// The progress stays where it is in these rounds, so it is no fence.
TEST_F(KeyedRelays, one_that_wakes_up_late_does_not_park_again_what_its_successor_delivered) {
  sink_.bad = {"b"};
  commit({"a", "b"});
  KeyedRelay late = relay();
  run(late);
  clock_.advance(Millis(1000));
  sink_.on_deliver = [&] {
    sink_.bad.clear();
    KeyedRelay successor = relay();
    run(successor);
    sink_.bad = {"b"};
  };
  run(late);
  EXPECT_THAT(sink_.versions["b"], ElementsAre(1));
  EXPECT_EQ(parked(), 0u);
}

TEST_F(KeyedRelays, one_that_wakes_up_late_does_not_give_up_again_what_its_successor_gave_up) {
  sink_.bad = {"b"};
  commit({"a", "b"});
  KeyedRelay late = relay({.give_up_after = Millis(1000)});
  run(late);
  commit({"a"});
  KeyedRelay successor = relay({.give_up_after = Millis(1000)});
  run(successor);
  clock_.advance(Millis(1000));
  sink_.on_deliver = [&] {
    run(successor);
    ASSERT_THAT(dead(), ElementsAre(2));
    EXPECT_TRUE(store_.outbox()->park("crm", {3}, {3}, {.drop = {{2}}}));  // by an operator
  };
  run(late);
  EXPECT_EQ(progress(), OutboxId{3});
  EXPECT_THAT(dead(), IsEmpty());
}

TEST_F(KeyedRelays, nothing_is_tried_or_counted_while_the_receiver_asks_for_time) {
  sink_.busy = {"b", "c"};
  sink_.wait = Millis(7000);
  commit({"a", "b", "c"});
  KeyedRelay crm = relay();
  run(crm);
  EXPECT_THAT(sink_.received, ElementsAre(1));
  EXPECT_EQ(parked(), 0u) << "it says nothing about the event";
  commit({"a"});
  clock_.advance(Millis(6999));
  run(crm, 3);
  EXPECT_EQ(sink_.attempts["b"], 1);
  EXPECT_THAT(sink_.received, ElementsAre(1)) << "nor is another key tried";
  EXPECT_EQ(crm.lag(), 3u) << "which is seen";
  sink_.busy.clear();
  clock_.advance(Millis(1));
  run(crm);
  EXPECT_THAT(sink_.received, ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(progress(), OutboxId{4});
}

TEST_F(KeyedRelays, a_receiver_can_ask_for_an_hour_at_most_and_gets_growing_pauses_if_it_does_not_say) {
  sink_.busy = {"a"};
  sink_.wait = 30 * kHour;
  commit({"a"});
  KeyedRelay crm = relay();
  run(crm);
  clock_.advance(kHour - Millis(1));
  run(crm);
  EXPECT_EQ(sink_.attempts["a"], 1);
  sink_.wait = std::nullopt;
  clock_.advance(Millis(1));
  run(crm);
  EXPECT_EQ(sink_.attempts["a"], 2);
  clock_.advance(Millis(1999));
  run(crm);
  EXPECT_EQ(sink_.attempts["a"], 2);
  clock_.advance(Millis(1));
  run(crm);
  EXPECT_EQ(sink_.attempts["a"], 3);
  clock_.advance(Millis(3999));
  run(crm);
  EXPECT_EQ(sink_.attempts["a"], 3);
}

TEST_F(KeyedRelays, a_parked_event_is_not_given_up_because_it_is_put_off) {
  sink_.bad = {"b"};
  commit({"a", "b"});
  KeyedRelay crm = relay({.give_up_after = kHour});
  run(crm);
  sink_.busy = {"b"};
  sink_.wait = Millis(60'000);
  for (int hour = 0; hour < 5; ++hour) {
    clock_.advance(kHour);
    commit({"a"});
    run(crm, 2);
  }
  EXPECT_THAT(dead(), IsEmpty());
  EXPECT_EQ(store_.outbox()->due("crm", kNever, 1).at(0).attempts, 1);
  EXPECT_EQ(sink_.attempts["b"], 6) << "its key waits as the receiver asks";
  sink_.busy.clear();
  clock_.advance(kHour);
  commit({"a"});
  run(crm);
  EXPECT_THAT(dead(), ElementsAre(2)) << "a refusal counts";
}

TEST_F(KeyedRelays,
       a_key_that_is_put_off_again_and_again_beside_others_that_are_accepted_does_not_stop_them) {
  sink_.busy = {"b"};
  sink_.wait = Millis(1000);
  commit({"b"});
  KeyedRelay crm = relay();
  for (int i = 0; i < 8; ++i) {
    commit({"a"});
    run(crm);
    clock_.advance(Millis(1000));
  }
  EXPECT_THAT(sink_.versions["a"], SizeIs(8));
  EXPECT_EQ(parked(), 1u);
  EXPECT_THAT(dead(), IsEmpty());
  EXPECT_EQ(progress(), OutboxId{9});
}

}  // namespace
}  // namespace stagedoor::events
