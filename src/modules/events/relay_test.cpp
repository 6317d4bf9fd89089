#include "modules/events/relay.h"

#include <gmock/gmock.h>

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>

#include "adapters/memory/memory_store.h"
#include "adapters/sqlite/sqlite_store.h"
#include "core/guarded.h"
#include "engine/worker.h"
#include "modules/events/envelope.h"
#include "modules/events/forwarding_outbox.h"
#include "ports/store_ports.h"

namespace stagedoor::events {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A store and its outbox; reopen() is a restart.
class Events {
 public:
  virtual ~Events() = default;
  virtual Store& store() = 0;
  virtual std::unique_ptr<Outbox> outbox() = 0;
  virtual void reopen() {}

  // The next versions of some keys, one transaction.
  void commit(int rows) {
    Batch batch;
    for (; rows > 0; --rows) {
      const std::string key = "wallet/" + std::to_string(next_ % 3);
      batch.outbox.push_back({.id = {++next_},
                              .key = key,
                              .version = ++versions_[key],
                              .type = "stagedoor.wallet.charged.v1",
                              .payload = "{}",
                              .created_at = from_ms(1'700'000'000'000 + next_)});
    }
    const auto transaction = store().begin();
    transaction->apply(batch);
    transaction->commit();
  }
  std::int64_t last() const { return next_; }

 private:
  std::int64_t next_ = 0;
  std::map<std::string, std::int64_t> versions_;
};

class InMemory final : public Events {
 public:
  Store& store() override { return store_; }
  std::unique_ptr<Outbox> outbox() override { return store_.outbox(); }

 private:
  memory::MemoryStore store_;
};

class InSqlite final : public Events {
 public:
  InSqlite() { reopen(); }
  ~InSqlite() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  Store& store() override { return *store_; }
  std::unique_ptr<Outbox> outbox() override { return store_->outbox(); }
  void reopen() override {
    store_.reset();
    store_ =
        std::make_unique<sqlite::SqliteStore>(sqlite::SqliteOptions{.path = (folder_ / "store.db").string()});
  }

 private:
  static std::filesystem::path new_folder() {
    std::string name = testing::TempDir() + "stagedoor-relay-XXXXXX";
    return ::mkdtemp(name.data());
  }
  const std::filesystem::path folder_ = new_folder();
  std::unique_ptr<sqlite::SqliteStore> store_;
};

struct Kind {
  const char* name;
  std::unique_ptr<Events> (*make)();
};

class RelayTest : public testing::TestWithParam<Kind> {
 protected:
  Relay relay(EventSink& sink, std::string name = "out", std::size_t batch_max = 3) {
    return Relay(std::move(name), sink, events().outbox(), batch_max);
  }
  // Runs until the sink has everything that is there.
  void deliver_all(EventSink& sink) {
    Relay all = relay(sink);
    while (all.accepted() != OutboxId{events().last()}) all.run_once({});
  }
  OutboxId progress() { return events().outbox()->progress("out"); }
  Events& events() { return *events_; }

 private:
  std::unique_ptr<Events> events_ = GetParam().make();
};
INSTANTIATE_TEST_SUITE_P(
    Stores, RelayTest,
    testing::Values(Kind{"memory", []() -> std::unique_ptr<Events> { return std::make_unique<InMemory>(); }},
                    Kind{"sqlite", []() -> std::unique_ptr<Events> { return std::make_unique<InSqlite>(); }}),
    [](const auto& kind) { return kind.param.name; });

// Remembers what it was given.
class Receiver : public EventSink {
 public:
  std::size_t accept(std::span<const OutboxEvent> events, const std::stop_token&) override {
    if (on_accept) std::exchange(on_accept, {})();
    const std::size_t count = std::min(events.size(), accepts_max);
    for (const OutboxEvent& event : events.first(count)) received.push_back(event.row);
    return count;
  }
  std::vector<std::int64_t> ids() const {
    std::vector<std::int64_t> ids;
    for (const auto& row : received) ids.push_back(row.id.value);
    return ids;
  }

  std::vector<OutboxRow> received;
  std::function<void()> on_accept;  // once, before the events count as delivered
  std::size_t accepts_max = 1000;
};

// What a consumer keeps who drops repeats by (key, version): whether it is every version of every key in
// order.
void expect_complete_in_order(const std::vector<OutboxRow>& received, std::int64_t count) {
  std::map<std::string, std::int64_t> newest;
  std::int64_t kept = 0;
  for (const auto& row : received) {
    if (row.version <= newest[row.key]) continue;  // a repeat
    EXPECT_EQ(row.version, newest[row.key] + 1) << row.key;
    newest[row.key] = row.version;
    ++kept;
  }
  EXPECT_EQ(kept, count);
}

TEST_P(RelayTest, delivers_in_commit_order_and_remembers_it) {
  events().commit(4);
  events().commit(3);
  Receiver sink;
  deliver_all(sink);
  EXPECT_THAT(sink.ids(), ElementsAre(1, 2, 3, 4, 5, 6, 7));
  EXPECT_EQ(progress(), OutboxId{7});

  events().reopen();
  events().commit(1);
  Receiver after;
  deliver_all(after);
  EXPECT_THAT(after.ids(), ElementsAre(8)) << "what was accepted is not delivered again";
}

TEST_P(RelayTest, moves_only_past_what_was_accepted) {
  events().commit(3);
  Receiver sink;
  sink.accepts_max = 2;
  Relay some = relay(sink);
  some.run_once({});
  EXPECT_EQ(progress(), OutboxId{2});
  EXPECT_EQ(some.oldest_unaccepted(), from_ms(1'700'000'000'003));
  deliver_all(sink);
  EXPECT_THAT(sink.ids(), ElementsAre(1, 2, 3));
}

class Broken final : public EventSink {
 public:
  std::size_t accept(std::span<const OutboxEvent>, const std::stop_token&) override {
    throw SinkUnavailable("no broker");
  }
};

TEST_P(RelayTest, an_event_that_a_sink_did_not_accept_stays) {
  events().commit(2);
  Broken broken;
  Relay failing = relay(broken);
  EXPECT_THROW(failing.run_once({}), SinkUnavailable);
  EXPECT_EQ(progress(), OutboxId{});
  EXPECT_EQ(failing.oldest_unaccepted(), from_ms(1'700'000'000'001));
  EXPECT_EQ(failing.lag(), 2u);
  Receiver sink;
  deliver_all(sink);
  EXPECT_THAT(sink.ids(), ElementsAre(1, 2));
}

// The process ends between the delivery of a batch and the record of it, at each batch in turn.
struct Crash {};

TEST_P(RelayTest, a_crash_repeats_events_but_loses_none_and_keeps_the_order_of_a_key) {
  events().commit(10);
  Receiver sink;
  class CrashingOutbox final : public Forwarding {
   public:
    CrashingOutbox(std::unique_ptr<Outbox> real, int after) : Forwarding(std::move(real)), left_(after) {}
    bool advance(std::string_view sink, OutboxId expected, OutboxId next) override {
      if (left_-- == 0) throw Crash();
      return Forwarding::advance(sink, expected, next);
    }

   private:
    int left_;
  };
  for (const int batches : {0, 1, 0, 2}) {
    Relay crashing("out", sink, std::make_unique<CrashingOutbox>(events().outbox(), batches), 2);
    EXPECT_THROW(for (;;) crashing.run_once({}), Crash);
  }
  events().reopen();
  events().commit(5);
  deliver_all(sink);
  EXPECT_GT(sink.received.size(), 15u) << "the crashes were where they should be";
  expect_complete_in_order(sink.received, 15);
}

// The fence (R-E1): a relay that was paused after it had read a batch finds that another one went on.
TEST_P(RelayTest, one_that_wakes_up_late_is_fenced) {
  events().commit(9);
  Receiver sink;
  sink.on_accept = [&] { deliver_all(sink); };
  Relay late = relay(sink);
  late.run_once({});
  EXPECT_EQ(progress(), OutboxId{9});
  late.run_once({});
  EXPECT_THAT(sink.ids(), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3)) << "it repeats its batch, no more";
  expect_complete_in_order(sink.received, 9);
}

TEST_P(RelayTest, one_without_the_lease_only_follows) {
  class Taken final : public Forwarding {
   public:
    using Forwarding::Forwarding;
    bool claim(std::string_view) override { return false; }
    bool advance(std::string_view, OutboxId, OutboxId) override { return false; }
  };
  events().commit(2);
  EXPECT_TRUE(events().outbox()->advance("out", {}, {1}));
  Receiver sink;
  Relay follower("out", sink, std::make_unique<Taken>(events().outbox()));
  EXPECT_GT(follower.run_once({}), Millis(0));
  EXPECT_THAT(sink.received, IsEmpty());
  EXPECT_EQ(follower.accepted(), OutboxId{1});
  EXPECT_EQ(follower.oldest_unaccepted(), std::nullopt);
}

TEST_P(RelayTest, gives_a_row_of_the_version_before_the_type_of_today) {
  Batch batch;
  batch.outbox.push_back({.id = {1},
                          .key = "wallet/3",
                          .version = 1,
                          .type = "wallet.charged",
                          .payload = R"({"amount":5})",
                          .created_at = from_ms(1'700'000'000'000)});
  const auto event = to_event(batch.outbox.front(), "/stagedoor/x");
  EXPECT_EQ(event.json,
            R"({"specversion":"1.0","id":"1","source":"/stagedoor/x","type":"stagedoor.wallet.charged.v1",)"
            R"("subject":"wallet/3","keyversion":1,"time":"2023-11-14T22:13:20.000Z",)"
            R"("datacontenttype":"application/json","data":{"amount":5}})");
}

// Blocks until a stop is requested, as a pipe does that nobody reads.
class Blocked final : public EventSink {
 public:
  std::size_t accept(std::span<const OutboxEvent>, const std::stop_token& stop) override {
    MutexLock lock(mutex_);
    const std::stop_callback wake(stop, [this] { changed_.notify_all(); });
    while (!stop.stop_requested()) lock.wait_until(changed_, std::chrono::steady_clock::now() + Millis(100));
    return 0;
  }

 private:
  Mutex mutex_;
  std::condition_variable changed_;
};

// R-E5
TEST_P(RelayTest, a_blocked_sink_delays_neither_bookings_nor_another_sink) {
  Blocked blocked;
  Receiver sink;
  Relay to_blocked = relay(blocked, "blocked");
  Relay to_sink = relay(sink, "out");
  const auto no_chance = [](std::size_t bytes) { return std::string(bytes, '\0'); };
  const auto round_of = [](Relay& relay) {
    return [&relay](const std::stop_token& stop) { return relay.run_once(stop); };
  };
  Worker worker_of_blocked({.name = "blocked"}, round_of(to_blocked), no_chance);
  Worker worker({.name = "out"}, round_of(to_sink), no_chance);
  worker_of_blocked.start();
  worker.start();
  events().commit(1);
  while (!to_blocked.oldest_unaccepted()) std::this_thread::yield();
  for (int i = 0; i < 20; ++i) events().commit(5);
  worker.wake();
  while (to_sink.accepted() != OutboxId{101}) std::this_thread::yield();
  worker.stop();
  expect_complete_in_order(sink.received, 101);
  EXPECT_EQ(to_blocked.accepted(), OutboxId{});
  worker_of_blocked.stop();
}

}  // namespace
}  // namespace stagedoor::events
