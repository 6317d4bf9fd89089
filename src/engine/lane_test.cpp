// The lane's own promises, with commands that know nothing of seats: each adds to the balance of one wallet.
// What the real commands do in a lane: tests/lane.
#include "engine/lane.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/describe/enum_to_string.hpp>
#include <future>
#include <map>
#include <optional>
#include <set>

#include "adapters/memory/memory_store.h"
#include "core/log.h"
#include "support/faulty_store.h"
#include "support/manual_clock.h"

namespace stagedoor {
namespace {

using namespace test;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

constexpr TimePoint kStart = from_ms(1'800'000'000'000);
constexpr Millis kDay{24 * 3'600'000};

UserId user(std::uint32_t n) {
  UserId id;
  for (std::size_t i = 0; i < 4; ++i) id.bytes[15 - i] = static_cast<std::uint8_t>(n >> (8 * i));
  return id;
}

Answer render_refusal(const Refusal& refusal) {
  return {.status = 500, .body = boost::describe::enum_to_string(refusal.code, "?")};
}

// What a command came to. `answers` counts how often it was told.
struct Told {
  int answers = 0;
  Answer answer;
  TimePoint decided_at{};
  std::int64_t id = 0;
  int decisions = 0;
};

struct Give {
  std::uint32_t to = 1;
  std::int64_t amount = 1;
  LaneClass lane_class = LaneClass::wallet;
  std::string key = {};      // idempotency
  std::string request = {};  // what the key is used for
  bool ends_batch = false;
  bool is_refused = false;  // the decision is a refusal, with no changes
  std::string trace = {};   // of the request
  bool has_event = false;
  std::uint32_t late = 0;  // whose wallet it loads late, too; 0: it has no late rows
};

class GiveCommand : public Command {
 public:
  GiveCommand(Give give, std::shared_ptr<Told> told, std::vector<std::string>* journal = nullptr)
      : Command(give.lane_class, {user(give.to), give.key, give.request, TraceContext(give.trace)}),
        give_(std::move(give)),
        told_(std::move(told)),
        journal_(journal) {}

  void rows_to_load(const View& view, Keys& wanted) const override {
    want(view.wallets, wanted.wallets, user(give_.to));
  }
  void rows_to_load_late(const View& view, TimePoint, Keys& wanted) const override {
    if (has_late_rows()) want(view.wallets, wanted.wallets, user(give_.late));
  }
  bool has_late_rows() const override { return give_.late != 0; }
  CommandResult decide(const View& view, BatchContext& context) override {
    ++told_->decisions;
    told_->decided_at = context.now;
    if (give_.is_refused) return {{409, "refused", {}, nullptr}, {}, false};
    const Wallet* stored = view.wallets.find(user(give_.to));
    Wallet wallet = stored ? *stored : Wallet{context.ids.next<WalletId>(), user(give_.to), {}, 0};
    wallet.balance += Won{give_.amount};
    ++wallet.seq;
    Posting posting;
    posting.id = context.ids.next<PostingId>();
    posting.wallet = wallet.id;
    posting.seq = wallet.seq;
    posting.amount = Won{give_.amount};
    posting.balance_after = wallet.balance;
    posting.debit_account = kChargesAccount;
    posting.credit_account = wallet.id.value;
    posting.created_at = context.now;
    told_->id = posting.id.value;
    Changes changes;
    changes.wallets.push_back(wallet);
    changes.postings.push_back(posting);
    if (give_.has_event)
      changes.outbox.push_back({.id = context.ids.next<OutboxId>(), .key = std::to_string(give_.to)});
    return {{200, std::to_string(wallet.balance.amount), {}, nullptr}, std::move(changes), true};
  }
  void reply(Answer answer) override {
    ++told_->answers;
    told_->answer = std::move(answer);
    if (journal_) journal_->push_back("answer");
  }
  bool ends_batch() const override { return give_.ends_batch; }

 private:
  Give give_;
  std::shared_ptr<Told> told_;
  std::vector<std::string>* journal_;
};

// What is logged while it lives.
class LogLines {
 public:
  LogLines() {
    g_lines.clear();
    set_log_writer(
        [](LogLevel, std::string_view message, std::span<const LogField>) { g_lines.emplace_back(message); });
  }
  ~LogLines() { set_log_writer(nullptr); }
  const std::vector<std::string>& lines() const { return g_lines; }

 private:
  inline static std::vector<std::string> g_lines;
};

class LaneTest : public testing::Test, public CommitObserver {
 protected:
  LaneTest() { restart(); }

  // A new lane on the same store, as after a restart of the process.
  // Nothing is refused for its wait: tests may be slow.
  void restart(LaneLimits limits = {.wait_max = {}}) {
    lane.emplace(
        store.ports(), clock, [] { return std::make_shared<const Catalogue>(); }, &render_refusal, limits);
    lane->add_observer(*this);
  }
  void on_commit(const Batch& batch) override {
    store.journal.emplace_back("told");
    told_of.push_back(batch.postings.size());
  }

  std::shared_ptr<Told> give(Give what = {}) {
    auto told = std::make_shared<Told>();
    lane->submit(std::make_unique<GiveCommand>(std::move(what), told, &store.journal));
    return told;
  }
  std::vector<std::shared_ptr<Told>> give_many(std::size_t count, LaneClass lane_class = LaneClass::wallet) {
    std::vector<std::shared_ptr<Told>> all;
    for (std::size_t i = 0; i < count; ++i)
      all.push_back(give({.to = static_cast<std::uint32_t>(i + 1), .lane_class = lane_class}));
    return all;
  }
  void run() {
    while (lane->run_once()) {
    }
  }
  std::int64_t balance(std::uint32_t n = 1) {
    const auto at = memory.tables().wallets.find(user(n));
    return at == memory.tables().wallets.end() ? 0 : at->second.balance.amount;
  }

  memory::MemoryStore memory;
  FaultyStore store{memory.ports()};
  ManualClock clock{kStart};
  std::optional<Lane> lane;
  std::vector<std::size_t> told_of;
};

TEST_F(LaneTest, commits_everything_that_waits_in_one_transaction) {
  restart({.batch_time = Millis(60'000)});  // how fast this machine is must not split the batch
  const auto told = give_many(1000);
  EXPECT_TRUE(lane->run_once());
  EXPECT_FALSE(lane->run_once());
  for (const auto& one : told) EXPECT_EQ(one->answer.body, "1");
  EXPECT_EQ(lane->counters().commits, 1u);
  EXPECT_EQ(lane->counters().commands, 1000u);
  EXPECT_EQ(lane->counters().batch_sizes[10], 1u);
}

// I-18: nobody is answered before the commit, and readers hear of it before the answer.
TEST_F(LaneTest, answers_after_the_commit_and_after_the_observers) {
  give();
  give();
  run();
  EXPECT_THAT(store.journal, ElementsAre("begin", "load", "apply", "commit", "told", "answer", "answer"));
}

// DESIGN 3: a hot batch reads nothing.
TEST_F(LaneTest, loads_a_row_once_and_keeps_it_while_the_store_is_its_own) {
  give();
  run();
  store.journal.clear();
  give();
  run();
  EXPECT_THAT(store.journal, ElementsAre("begin", "apply", "commit", "told", "answer"));
  EXPECT_EQ(balance(), 2);
}

TEST_F(LaneTest, forgets_the_view_when_it_has_grown_too_great) {
  restart({.view_rows_max = 3});
  for (std::uint32_t n = 1; n <= 4; ++n) give({.to = n});
  run();
  store.journal.clear();
  give();
  run();
  EXPECT_THAT(store.journal, testing::Contains("load"));
  EXPECT_EQ(balance(), 2);
}

TEST_F(LaneTest, shows_each_command_what_the_ones_before_it_did) {
  std::vector<std::shared_ptr<Told>> told;
  for (int i = 0; i < 100; ++i) told.push_back(give());
  run();
  for (std::size_t i = 0; i < told.size(); ++i) EXPECT_EQ(told[i]->answer.body, std::to_string(i + 1));
  EXPECT_EQ(balance(), 100);
  EXPECT_THAT(told_of, ElementsAre(100));
}

TEST_F(LaneTest, does_not_commit_a_batch_that_changes_nothing) {
  const auto told = give({.is_refused = true});
  run();
  EXPECT_EQ(told->answer.status, 409);
  EXPECT_THAT(store.journal, testing::Not(testing::Contains("commit")));
  EXPECT_THAT(told_of, IsEmpty());
}

// DESIGN 4: one `now` for a batch.
TEST_F(LaneTest, decides_a_batch_at_one_moment) {
  struct Ticking : Clock {
    mutable std::int64_t ms = to_ms(kStart);
    TimePoint now() const override { return from_ms(++ms); }
  } ticking;
  Lane ticking_lane(store.ports(), ticking, [] { return std::make_shared<const Catalogue>(); },
                    &render_refusal, {});
  std::vector<std::shared_ptr<Told>> told;
  for (int i = 0; i < 50; ++i) {
    told.push_back(std::make_shared<Told>());
    ticking_lane.submit(std::make_unique<GiveCommand>(Give{}, told.back()));
  }
  EXPECT_TRUE(ticking_lane.run_once());
  for (const auto& one : told) EXPECT_EQ(one->decided_at, told.front()->decided_at);
}

// R-S4: a hold that ran out while the batch waited for other writers has run out.
TEST_F(LaneTest, decides_at_the_time_when_its_turn_came) {
  struct Contended : test::FaultyStore {
    Contended(const StorePorts& real, ManualClock& now) : FaultyStore(real), clock(now) {}
    std::unique_ptr<Transaction> begin() override {
      clock.set(kStart + Millis(700));
      return FaultyStore::begin();
    }
    ManualClock& clock;
  } contended(memory.ports(), clock);
  Lane waiting(contended.ports(), clock, [] { return std::make_shared<const Catalogue>(); }, &render_refusal,
               {});
  const auto told = std::make_shared<Told>();
  waiting.submit(std::make_unique<GiveCommand>(Give{}, told));
  EXPECT_TRUE(waiting.run_once());
  EXPECT_EQ(told->decided_at, kStart + Millis(700));
}

// R-Q10, R-S4: stamps never go back, whatever the clock does.
TEST_F(LaneTest, never_goes_back_in_time_even_across_a_restart) {
  clock.set(kStart + Millis(5000));
  give();
  run();
  clock.set(kStart);
  const auto behind = give();
  run();
  EXPECT_EQ(behind->decided_at, kStart + Millis(5000));
  restart();
  const auto after_restart = give();
  run();
  EXPECT_EQ(after_restart->decided_at, kStart + Millis(5000));
  clock.set(kStart + Millis(5001));
  const auto later = give();
  run();
  EXPECT_EQ(later->decided_at, kStart + Millis(5001));
}

// R-X5
TEST_F(LaneTest, gives_the_first_answer_again_to_the_same_request_with_the_same_key) {
  const auto first = give({.amount = 5, .key = "k", .request = "a"});
  const auto in_the_batch = give({.amount = 5, .key = "k", .request = "a"});
  run();
  const auto later = give({.amount = 5, .key = "k", .request = "a"});
  run();
  restart();
  const auto after_restart = give({.amount = 5, .key = "k", .request = "a"});
  run();
  EXPECT_EQ(first->answer.body, "5");
  EXPECT_EQ(first->answer.headers, "");
  for (const auto& again : {in_the_batch, later, after_restart}) {
    EXPECT_EQ(again->answer.status, 200);
    EXPECT_EQ(again->answer.body, "5");
    EXPECT_THAT(again->answer.headers, HasSubstr("Idempotency-Hit: true\r\n"));
    EXPECT_EQ(again->decisions, 0);
  }
  EXPECT_EQ(balance(), 5);
}

// R-X5
TEST_F(LaneTest, refuses_another_request_with_a_key_that_was_used) {
  give({.amount = 5, .key = "k", .request = "a"});
  const auto in_the_batch = give({.amount = 7, .key = "k", .request = "b"});
  run();
  const auto later = give({.amount = 7, .key = "k", .request = "b"});
  run();
  EXPECT_EQ(in_the_batch->answer.body, "IDEMPOTENCY_MISMATCH");
  EXPECT_EQ(later->answer.body, "IDEMPOTENCY_MISMATCH");
  EXPECT_EQ(balance(), 5);
}

// R-X5: a key belongs to its user.
TEST_F(LaneTest, knows_keys_by_their_user) {
  give({.to = 1, .key = "k", .request = "a"});
  const auto other = give({.to = 2, .key = "k", .request = "b"});
  run();
  EXPECT_EQ(other->answer.status, 200);
  EXPECT_EQ(balance(2), 1);
}

// R-X5
TEST_F(LaneTest, does_not_remember_a_refusal) {
  const auto refused = give({.key = "k", .request = "a", .is_refused = true});
  run();
  EXPECT_EQ(refused->answer.status, 409);
  const auto done = give({.key = "k", .request = "a"});
  run();
  EXPECT_EQ(done->answer.status, 200);
  EXPECT_EQ(balance(), 1);
}

// R-X5: kept 24 h, and then the key is free, though nobody has swept its row.
TEST_F(LaneTest, remembers_a_key_for_a_day) {
  give({.key = "k", .request = "a"});
  run();
  for (const bool restarts : {false, true}) {
    if (restarts) restart();
    clock.set(kStart + kDay - Millis(1));
    const auto again = give({.key = "k", .request = "a"});
    run();
    EXPECT_THAT(again->answer.headers, HasSubstr("Idempotency-Hit"));
    EXPECT_EQ(balance(), 1);
  }
  clock.set(kStart + kDay);
  const auto anew = give({.amount = 10, .key = "k", .request = "b"});
  run();
  EXPECT_EQ(anew->answer.body, "11");
  EXPECT_EQ(anew->answer.headers, "");
  restart();
  const auto remembered = give({.amount = 10, .key = "k", .request = "b"});
  run();
  EXPECT_THAT(remembered->answer.headers, HasSubstr("Idempotency-Hit"));
  EXPECT_EQ(balance(), 11);
}

TEST_F(LaneTest, does_not_remember_what_was_not_committed) {
  store.fail_at(4, StoreFault::unavailable);  // begin, load, apply, commit
  const auto lost = give({.key = "k", .request = "a"});
  run();
  EXPECT_EQ(lost->answer.body, "STORE_UNAVAILABLE");
  const auto done = give({.key = "k", .request = "a"});
  run();
  EXPECT_EQ(done->answer.headers, "");
  EXPECT_EQ(balance(), 1);
}

// Section 8
TEST_F(LaneTest, refuses_with_overloaded_when_a_class_is_full_and_accepts_the_others) {
  LaneLimits limits;
  limits.queue_max.fill(3);
  restart(limits);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(give({.lane_class = LaneClass::join})->answers, 0);
  const auto refused = give({.lane_class = LaneClass::join});
  EXPECT_EQ(refused->answers, 1);
  EXPECT_EQ(refused->answer.body, "OVERLOADED");
  EXPECT_EQ(give({.lane_class = LaneClass::payment})->answers, 0);
  EXPECT_EQ(lane->counters().overloaded, 1u);
  run();
  EXPECT_EQ(balance(), 4);
  EXPECT_EQ(give({.lane_class = LaneClass::join})->answers, 0);
}

// DESIGN 4: a million joins never delay a payment.
TEST_F(LaneTest, serves_every_class_in_every_batch_however_many_joins_wait) {
  LaneLimits limits;
  limits.queue_max.fill(100'000);
  restart(limits);
  const auto joins = give_many(100'000, LaneClass::join);
  std::vector<std::shared_ptr<Told>> others;
  for (const auto lane_class : {LaneClass::payment, LaneClass::hold, LaneClass::wallet, LaneClass::operation})
    others.push_back(give({.to = 1, .lane_class = lane_class}));
  lane->run_once();
  for (const auto& one : others) EXPECT_EQ(one->answers, 1);
  EXPECT_EQ(joins.front()->answers, 1);
}

// DESIGN 4: nor the other way round: no class waits for ever.
TEST_F(LaneTest, serves_joins_however_many_payments_wait) {
  for (int i = 0; i < 10'000; ++i) give({.lane_class = LaneClass::payment});
  const auto join = give({.lane_class = LaneClass::join});
  const auto operation = give({.lane_class = LaneClass::operation});
  lane->run_once();
  EXPECT_EQ(join->answers, 1);
  EXPECT_EQ(operation->answers, 1);
}

TEST_F(LaneTest, takes_no_more_than_a_batch_and_leaves_the_rest_in_order) {
  restart({.batch_max = 16, .batch_time = Millis(60'000)});
  std::vector<std::shared_ptr<Told>> told;
  for (int i = 0; i < 100; ++i) told.push_back(give());
  while (lane->run_once()) EXPECT_LE(told_of.back(), 16u);
  for (std::size_t i = 0; i < told.size(); ++i) EXPECT_EQ(told[i]->answer.body, std::to_string(i + 1));
}

// DESIGN 4: a batch stops at what its time can carry.
TEST_F(LaneTest, stops_deciding_after_its_time_limit_and_continues_in_the_next_batch) {
  restart({.batch_time = Millis(0)});
  const auto told = give_many(200);
  run();
  EXPECT_THAT(told_of, ElementsAre(64, 64, 64, 8));
  for (const auto& one : told) EXPECT_EQ(one->answers, 1);
}

// The writer lock is held while these are loaded.
TEST_F(LaneTest, looks_at_its_time_limit_after_each_command_with_late_rows) {
  restart({.batch_time = Millis(0)});
  for (const std::uint32_t late : {0u, 0u, 7u, 8u, 0u}) give({.late = late});
  run();
  EXPECT_THAT(told_of, ElementsAre(3, 1, 1));
}

TEST_F(LaneTest, ends_the_batch_after_a_command_that_says_so) {
  give();
  give({.ends_batch = true});
  give();
  run();
  EXPECT_THAT(told_of, ElementsAre(2, 1));
  EXPECT_EQ(balance(), 3);
}

// "A batch with one command that the store refuses: that one fails, its 999 neighbours succeed."
TEST_F(LaneTest, fails_only_the_command_that_the_store_refuses) {
  for (const std::uint32_t poisoned : {1u, 500u, 1000u}) {
    restart();
    store.refuses = [&](const Batch& batch) {
      return std::any_of(batch.wallets.rows().begin(), batch.wallets.rows().end(),
                         [&](const auto& write) { return write.row.user == user(poisoned); });
    };
    const std::int64_t before = balance(2);
    const auto told = give_many(1000);
    run();
    for (std::uint32_t n = 1; n <= 1000; ++n) {
      EXPECT_EQ(told[n - 1]->answers, 1);
      EXPECT_EQ(told[n - 1]->answer.status, n == poisoned ? 500 : 200) << n;
    }
    EXPECT_EQ(told[poisoned - 1]->answer.body, "INTERNAL");
    EXPECT_EQ(balance(2), before + 1);
    store.refuses = nullptr;
  }
}

// The same by a real constraint: the store's wallet is not what the batch believes.
TEST_F(LaneTest, fails_only_the_command_that_breaks_a_constraint) {
  struct Breaks : GiveCommand {
    using GiveCommand::GiveCommand;
    CommandResult decide(const View& view, BatchContext& context) override {
      CommandResult result = GiveCommand::decide(view, context);
      result.changes.postings.front().amount = Won{0};
      return result;
    }
  };
  const auto before = give({.to = 7});
  const auto broken = std::make_shared<Told>();
  lane->submit(std::make_unique<Breaks>(Give{.to = 7}, broken));
  const auto after = give({.to = 7});
  run();
  EXPECT_EQ(broken->answer.body, "INTERNAL");
  EXPECT_EQ(before->answer.body, "1");
  EXPECT_EQ(after->answer.body, "2");
  EXPECT_EQ(balance(7), 2);
}

// A bug that throws in one command does not take its neighbours with it either.
TEST_F(LaneTest, fails_only_the_command_that_throws) {
  struct Throws : GiveCommand {
    using GiveCommand::GiveCommand;
    CommandResult decide(const View&, BatchContext&) override { throw std::runtime_error("planted"); }
  };
  const auto before = give();
  const auto broken = std::make_shared<Told>();
  lane->submit(std::make_unique<Throws>(Give{}, broken));
  const auto after = give();
  run();
  EXPECT_EQ(broken->answer.body, "INTERNAL");
  EXPECT_EQ(before->answer.status, 200);
  EXPECT_EQ(after->answer.status, 200);
  EXPECT_EQ(balance(), 2);
}

// I-18, R-W6: an exception after the commit must not have the batch done a second time.
TEST_F(LaneTest, ends_the_process_when_answering_throws) {
  struct Throws : GiveCommand {
    using GiveCommand::GiveCommand;
    void reply(Answer) override { throw std::runtime_error("planted"); }
  };
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  lane->submit(std::make_unique<Throws>(Give{}, std::make_shared<Told>()));
  EXPECT_DEATH(lane->run_once(), "planted");
}

// A job whose command the store refuses is tried again, but not without rest.
TEST_F(LaneTest, lets_jobs_rest_after_a_refused_command) {
  struct Eager : Job {
    TimePoint next_due(TimePoint now) const override { return now; }
    void collect(TimePoint, std::vector<std::unique_ptr<Command>>& commands) override {
      commands.push_back(std::make_unique<GiveCommand>(Give{}, std::make_shared<Told>()));
    }
  } job;
  lane->add_job(job);
  store.fail_at(1, StoreFault::refused);
  EXPECT_TRUE(lane->run_once());
  EXPECT_FALSE(lane->run_once());
  clock.advance(Millis(1000));
  EXPECT_TRUE(lane->run_once());
  EXPECT_EQ(balance(), 1);
}

// Only the job whose command was refused rests: not the others, and none for a client's command.
TEST_F(LaneTest, lets_no_job_rest_for_the_command_of_somebody_else) {
  struct Eager : Job {
    TimePoint next_due(TimePoint now) const override { return now; }
    void collect(TimePoint, std::vector<std::unique_ptr<Command>>& commands) override {
      commands.push_back(std::make_unique<GiveCommand>(Give{.to = to}, std::make_shared<Told>()));
      ++rounds;
    }
    std::uint32_t to = 1;
    int rounds = 0;
  } refused, other;
  other.to = 2;
  lane->add_job(refused);
  lane->add_job(other);
  std::uint32_t poisoned = 3;
  store.refuses = [&](const Batch& batch) {
    return std::any_of(batch.wallets.rows().begin(), batch.wallets.rows().end(),
                       [&](const auto& write) { return write.row.user == user(poisoned); });
  };
  give({.to = 3});
  for (int i = 0; i < 3; ++i) lane->run_once();
  EXPECT_EQ(refused.rounds, 3);
  EXPECT_EQ(other.rounds, 3);
  poisoned = 1;
  for (int i = 0; i < 3; ++i) lane->run_once();
  EXPECT_EQ(refused.rounds, 4);
  EXPECT_EQ(other.rounds, 6);
  clock.advance(Millis(1000));
  lane->run_once();
  EXPECT_EQ(refused.rounds, 5);
}

// What a refused command did not touch is still known.
TEST_F(LaneTest, keeps_the_rows_of_others_when_the_store_refuses_a_command) {
  give({.to = 1});
  give({.to = 2});
  run();
  store.refuses = [&](const Batch& batch) {
    return std::any_of(batch.wallets.rows().begin(), batch.wallets.rows().end(),
                       [&](const auto& write) { return write.row.user == user(2); });
  };
  give({.to = 2});
  run();
  store.refuses = nullptr;
  store.journal.clear();
  give({.to = 1});
  run();
  EXPECT_THAT(store.journal, testing::Not(testing::Contains("load")));
  give({.to = 2});
  run();
  EXPECT_THAT(store.journal, testing::Contains("load"));
  EXPECT_EQ(balance(1), 2);
  EXPECT_EQ(balance(2), 2);
}

// Also what it read late, which nothing names.
TEST_F(LaneTest, forgets_the_late_rows_of_a_command_that_the_store_refuses) {
  give({.to = 2, .late = 3});
  run();
  store.refuses = [](const Batch&) { return true; };
  give({.to = 2, .late = 3});
  run();
  store.refuses = nullptr;
  store.journal.clear();
  give({.to = 3});
  run();
  EXPECT_THAT(store.journal, testing::Contains("load"));
}

// A read that failed has marked rows as absent that are there.
TEST_F(LaneTest, forgets_what_it_read_when_the_read_is_refused) {
  give({.to = 1});
  run();
  restart();
  struct Half : test::FaultyStore {
    using FaultyStore::FaultyStore;
    std::unique_ptr<Transaction> begin() override {
      struct Reads : Transaction {
        Reads(std::unique_ptr<Transaction> of, bool& fails_once) : real(std::move(of)), fails(fails_once) {}
        void load(const Keys& keys, View& view) override {
          if (!std::exchange(fails, false)) return real->load(keys, view);
          for (const UserId& key : keys.wallets) view.wallets.put(key, std::nullopt);
          throw StoreRefused("planted");
        }
        void apply(const Batch& batch) override { real->apply(batch); }
        void commit() override { real->commit(); }
        std::unique_ptr<Transaction> real;
        bool& fails;
      };
      return std::make_unique<Reads>(FaultyStore::begin(), fails);
    }
    bool fails = true;
  } half(memory.ports());
  Lane reading(half.ports(), clock, [] { return std::make_shared<const Catalogue>(); }, &render_refusal, {});
  std::vector<std::shared_ptr<Told>> told;
  for (int i = 0; i < 2; ++i) {
    told.push_back(std::make_shared<Told>());
    reading.submit(std::make_unique<GiveCommand>(Give{.to = 1}, told.back()));
  }
  while (reading.run_once()) {
  }
  EXPECT_EQ(told[1]->answer.body, "3");
}

// Its further commands would cost the lane as much again.
TEST_F(LaneTest, refuses_a_user_whom_the_store_refused_again_and_again_before_they_wait) {
  store.refuses = [&](const Batch& batch) {
    return std::any_of(batch.wallets.rows().begin(), batch.wallets.rows().end(),
                       [&](const auto& write) { return write.row.user == user(2); });
  };
  for (int i = 0; i < 3; ++i) {
    const auto told = give({.to = 2});
    run();
    EXPECT_EQ(told->answer.body, "INTERNAL");
  }
  const auto refused = give({.to = 2});
  EXPECT_EQ(refused->answer.body, "RATE_LIMITED");
  EXPECT_EQ(refused->answers, 1);
  EXPECT_EQ(give({.to = 2, .lane_class = LaneClass::operation})->answers, 0) << "no operator is refused";
  const auto other = give({.to = 1});
  run();
  EXPECT_EQ(other->answer.status, 200);
  store.refuses = nullptr;
  clock.advance(Millis(60'000));
  const auto again = give({.to = 2});
  run();
  EXPECT_EQ(again->answer.status, 200);
}

// "Fail the Nth store call for every N": all or nothing, one answer, and a success only for what is there.
TEST_F(LaneTest, is_all_or_nothing_whichever_store_call_fails) {
  for (const StoreFault how : {StoreFault::unavailable, StoreFault::refused}) {
    for (int nth = 1;; ++nth) {
      SCOPED_TRACE(nth);
      restart();
      const std::int64_t before = balance();
      store.calls = 0;
      store.fail_at(nth, how);
      std::vector<std::shared_ptr<Told>> told;
      for (int i = 0; i < 3; ++i) told.push_back(give());
      run();
      std::int64_t done = 0;
      for (const auto& one : told) {
        EXPECT_EQ(one->answers, 1);
        if (one->answer.status == 200) EXPECT_EQ(one->answer.body, std::to_string(before + ++done));
        else EXPECT_THAT(one->answer.body, testing::AnyOf("STORE_UNAVAILABLE", "INTERNAL"));
      }
      EXPECT_EQ(balance(), before + done);
      if (store.calls < nth) {
        EXPECT_EQ(done, 3);
        break;
      }
    }
    store.fail_at(0, how);
  }
}

TEST_F(LaneTest, refuses_with_unavailable_during_an_outage_and_recovers_after_it) {
  give();
  run();
  store.is_down = true;
  EXPECT_FALSE(lane->is_store_away());
  const auto told = give_many(100);
  run();
  for (const auto& one : told) EXPECT_EQ(one->answer.body, "STORE_UNAVAILABLE");
  EXPECT_EQ(balance(), 1);
  EXPECT_TRUE(lane->is_store_away());
  store.is_down = false;
  const auto back = give();
  run();
  EXPECT_EQ(back->answer.body, "2");
  EXPECT_FALSE(lane->is_store_away());
}

// An operator sees when an outage began and when it ended, each once.
TEST_F(LaneTest, logs_that_the_store_went_away_and_that_it_came_back) {
  const LogLines log;
  for (const bool is_down : {false, true, true, false, false}) {
    store.is_down = is_down;
    give();
    run();
  }
  EXPECT_THAT(log.lines(), ElementsAre("store unavailable", "store available again"));
}

struct Peers : PeerFeed {
  void subscribe(OnBatch, OnWait) override {}
  void poll() override {
    if (is_down) throw StoreUnavailable("planted");
  }
  Millis poll_interval() const override { return Millis(0); }
  bool is_down = false;
};

// R-A8: a batch does not wait for the writer lock a second time after it has waited in vain.
TEST_F(LaneTest, fails_a_batch_with_the_first_exception) {
  Peers peers;
  struct Taken : Store {
    std::unique_ptr<Transaction> begin() override {
      ++times;
      throw StoreUnavailable("planted: the lock is taken");
    }
    int times = 0;
  } taken;
  Lane waiting({taken, memory, memory, memory, &peers}, clock,
               [] { return std::make_shared<const Catalogue>(); }, &render_refusal, {});
  for (int round = 1; round <= 2; ++round) {
    const auto told = std::make_shared<Told>();
    waiting.submit(std::make_unique<GiveCommand>(Give{}, told));
    EXPECT_TRUE(waiting.run_once());
    EXPECT_EQ(told->answer.body, "STORE_UNAVAILABLE");
    EXPECT_EQ(taken.times, round);
  }
}

TEST_F(LaneTest, logs_that_the_sync_failed_and_that_it_works_again) {
  Peers peers;
  Lane idle({store, memory, memory, memory, &peers}, clock,
            [] { return std::make_shared<const Catalogue>(); }, &render_refusal, {});
  const LogLines log;
  for (const bool is_down : {false, true, true, false, false}) {
    peers.is_down = is_down;
    idle.run_once();
  }
  EXPECT_THAT(log.lines(), ElementsAre("sync with the store failed", "sync with the store works again"));
}

// Ids of a batch that failed, or of a process that died, are never used again.
TEST_F(LaneTest, never_uses_an_id_twice) {
  std::set<std::int64_t> seen;
  for (int round = 0; round < 20; ++round) {
    if (round % 3 == 0) restart();
    if (round % 4 == 0) store.fail_at(4, StoreFault::refused);
    const auto told = give_many(5);
    run();
    for (const auto& one : told) EXPECT_TRUE(seen.insert(one->id).second) << one->id;
  }
}

TEST_F(LaneTest, reserves_ids_in_the_batch_that_uses_them) {
  const auto told = give();
  run();
  const std::int64_t reserved = memory.ids_reserved_to();
  EXPECT_GT(reserved, told->id);
  restart();
  const auto next = give({.to = 2});
  run();
  EXPECT_GE(next->id, reserved);
}

// R-E2: those of a job have none.
TEST_F(LaneTest, gives_the_events_of_each_command_the_trace_of_its_request) {
  struct Once : Job {
    bool is_done = false;
    TimePoint next_due(TimePoint now) const override { return is_done ? kNever : now; }
    void collect(TimePoint, std::vector<std::unique_ptr<Command>>& commands) override {
      is_done = true;
      commands.push_back(
          std::make_unique<GiveCommand>(Give{.to = 4, .has_event = true}, std::make_shared<Told>()));
    }
  } job;
  lane->add_job(job);
  const std::string one = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                    other = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
  give({.to = 1, .trace = one, .has_event = true});
  give({.to = 2, .trace = other, .has_event = true});
  give({.to = 3, .has_event = true});
  EXPECT_TRUE(lane->run_once());
  EXPECT_EQ(lane->counters().commits, 1u);
  std::map<std::string, std::string> traces;
  for (const auto& [id, row] : memory.tables().outbox) traces[row.key] = row.trace;
  EXPECT_THAT(traces, ElementsAre(Pair("1", one), Pair("2", other), Pair("3", ""), Pair("4", "")));
}

// Jobs come due by the batch's clock, and rest after an outage.
TEST_F(LaneTest, runs_jobs_when_they_are_due_and_lets_them_rest_after_an_outage) {
  struct Hourly : Job {
    TimePoint due = kStart + Millis(100);
    std::shared_ptr<Told> told = std::make_shared<Told>();
    TimePoint next_due(TimePoint) const override { return due; }
    void collect(TimePoint, std::vector<std::unique_ptr<Command>>& commands) override {
      commands.push_back(std::make_unique<GiveCommand>(Give{}, told));
    }
  } job;
  lane->add_job(job);
  clock.set(kStart + Millis(99));
  EXPECT_FALSE(lane->run_once());
  clock.set(kStart + Millis(100));
  EXPECT_TRUE(lane->run_once());
  EXPECT_EQ(job.told->answer.status, 200);
  store.is_down = true;
  EXPECT_TRUE(lane->run_once());
  EXPECT_FALSE(lane->run_once());
  store.is_down = false;
  clock.advance(Millis(1000));
  EXPECT_TRUE(lane->run_once());
  EXPECT_EQ(balance(), 2);
}

// R-K1: nothing accepted is cut off by a graceful stop; what comes later is refused.
TEST_F(LaneTest, answers_what_waits_before_it_stops) {
  const auto told = give_many(5000);
  lane->start();
  lane->stop();
  for (const auto& one : told) EXPECT_EQ(one->answers, 1);
  EXPECT_EQ(balance(5000), 1);
  EXPECT_EQ(give()->answer.body, "OVERLOADED");
}

// R-W6: from many threads at once.
TEST_F(LaneTest, loses_nothing_that_many_threads_submit) {
  lane->start();
  std::vector<std::future<void>> threads;
  std::atomic<int> answered{0};
  struct Counts : GiveCommand {
    Counts(std::atomic<int>& count) : GiveCommand({}, std::make_shared<Told>()), count_(count) {}
    void reply(Answer) override { ++count_; }
    std::atomic<int>& count_;
  };
  for (int t = 0; t < 8; ++t) {
    threads.push_back(std::async(std::launch::async, [&] {
      for (int i = 0; i < 1000; ++i) lane->submit(std::make_unique<Counts>(answered));
    }));
  }
  for (auto& thread : threads) thread.get();
  lane->stop();
  EXPECT_EQ(answered, 8000);
  EXPECT_EQ(balance(), 8000);
}

}  // namespace
}  // namespace stagedoor
