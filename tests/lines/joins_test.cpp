// Joins through a log elsewhere, by instances that share a store in memory, on every log (R-Q18).
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>
#include <thread>

#include "adapters/memory/memory_log.h"
#include "log_under_test.h"
#include "modules/queue/joins_elsewhere.h"
#include "modules/queue/logged_line.h"
#include "support/manual_clock.h"
#include "support/shared_store.h"
#include "support/stage.h"

namespace stagedoor::lines {
namespace {

using namespace test;
using queue::Join;
using queue::Joined;
using queue::JoinsElsewhere;
using testing::ElementsAre;
using testing::Field;
using testing::SizeIs;

std::string next_random(std::size_t bytes) {
  static std::uint32_t count = 0;
  std::string random(bytes, '\0');
  ++count;
  std::memcpy(random.data(), &count, sizeof count);
  return random;
}

// An instance without its threads: a test runs its lane and its reader.
class OneInstance {
 public:
  OneInstance(SharedRows& rows, int number, LineLog& log, const Clock& clock,
              std::shared_ptr<const Catalogue> catalogue)
      : store_(rows, number),
        rooms_(
            clock, [catalogue] { return catalogue; }, &next_random),
        lane_(
            ports(log), clock, [catalogue] { return catalogue; },
            [](const Refusal& refusal) {
              Answer answer{.status = 500};
              answer.refusal = refusal.code;
              return answer;
            },
            LaneLimits{}),
        joins_(log, rooms_, clock, &next_random,
               [this](std::unique_ptr<Command> command) { lane_.submit(std::move(command)); }) {
    queue::LoggedLine line(
        log, [&](const StartupRows& wanted) { rows.memory.read(wanted); }, Millis(0));
    rooms_.restore(line, rows.memory);
    joins_.restore(rows.memory);
    lane_.add_observer(rooms_);
    lane_.add_observer(joins_);
    lane_.add_job(joins_);
  }

  // The answers arrive in `answers`.
  void join(std::uint32_t number) {
    joins_.join({kEvent, test::user_id(number)}, [this, number](Result<Joined> result) {
      answers.emplace(number, result ? fmt::format("{} {}", result->is_new ? 201 : 200, result->place.place)
                                     : boost::describe::enum_to_string(result.error().code, "?"));
    });
  }
  void read() { joins_.read({kEvent}, patience); }
  void run() {
    while (lane_.run_once()) {
    }
  }
  void hear() { store_.poll(); }
  // Until nothing happens any more.
  void settle() {
    for (int round = 0; round < 5; ++round) read(), run();
  }
  queue::Rooms& rooms() { return rooms_; }
  const queue::Rooms& rooms() const { return rooms_; }

  std::multimap<std::uint32_t, std::string> answers;
  Millis patience{10};  // with a log that has nothing new

 private:
  StorePorts ports(LineLog& log) {
    StorePorts all = store_.ports();
    all.log = &log;
    return all;
  }
  SharedStore store_;
  queue::Rooms rooms_;
  Lane lane_;
  JoinsElsewhere joins_;
};

class EveryLine : public testing::TestWithParam<LogKind> {
 protected:
  LineLog& log() { return *under_test_.log; }
  std::vector<std::pair<Place, UserId>> places_of(const OneInstance& one) {
    std::vector<std::pair<Place, UserId>> places;
    for (const LinePlace& row : one.rooms().everybody(kEvent)) places.emplace_back(row.place, row.user);
    return places;
  }

  // Until the log has so many records, some of which may be on their way.
  void await_records(std::size_t count) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (read_all(log()).size() < count) ASSERT_LT(std::chrono::steady_clock::now(), until);
  }

  // Of an instance, as a process has its own.
  LineLog& open() { return under_test_.open ? *opened_.emplace_back(under_test_.open()) : log(); }

  LogUnderTest under_test_ = GetParam().make();
  std::vector<std::unique_ptr<LineLog>> opened_;
  Stage stage_;
  ManualClock clock_{kNow};
  SharedRows rows_;
  OneInstance one_{rows_, 1, open(), clock_, stage_.view.catalogue};
  OneInstance two_{rows_, 2, open(), clock_, stage_.view.catalogue};
};
INSTANTIATE_TEST_SUITE_P(Logs, EveryLine, testing::ValuesIn(log_kinds()),
                         [](const auto& kind) { return std::string(kind.param.name); });

// Only rounds of faults make a Kafka broker lose records (tests/lines/kafka_faults_test.py).
class LostLine : public EveryLine {};
INSTANTIATE_TEST_SUITE_P(Logs, LostLine, testing::ValuesIn([] {
                           auto kinds = log_kinds();
                           std::erase_if(
                               kinds, [](const LogKind& kind) { return kind.name == std::string("kafka"); });
                           return kinds;
                         }()),
                         [](const auto& kind) { return std::string(kind.param.name); });

// R-Q9
TEST_P(EveryLine, gives_places_in_the_order_of_the_log) {
  for (std::uint32_t n = 1; n <= 5; ++n) {
    one_.join(n);
    while (log().head(kEvent) == LogPosition{}) std::this_thread::yield();
  }
  for (int round = 0; round < 5; ++round) one_.settle();
  EXPECT_THAT(one_.answers, ElementsAre(std::pair(1, "201 1"), std::pair(2, "201 2"), std::pair(3, "201 3"),
                                        std::pair(4, "201 4"), std::pair(5, "201 5")));
  EXPECT_TRUE(rows_.memory.tables().line.empty()) << "the store has no places";
  two_.hear();
  EXPECT_EQ(places_of(two_), places_of(one_)) << "heard by the journal";
}

// R-Q7
TEST_P(EveryLine, gives_a_user_one_place_through_two_instances) {
  one_.join(1);
  two_.join(1);
  await_records(2);
  for (int round = 0; round < 5; ++round) one_.settle(), two_.settle();
  two_.join(1);
  await_records(3);
  two_.settle();
  std::multiset<std::string> answers;
  for (const OneInstance* each : {&one_, &two_})
    for (const auto& [user, answer] : each->answers) answers.insert(answer);
  EXPECT_THAT(answers, ElementsAre("200 1", "200 1", "201 1"));
}

// R-M1: an instance that died after the append.
TEST_P(EveryLine, gives_a_place_for_an_instance_that_is_gone) {
  two_.join(7);
  while (log().head(kEvent) == LogPosition{}) std::this_thread::yield();
  one_.settle();
  EXPECT_THAT(places_of(one_), SizeIs(0)) << "it may be about to do so itself";
  clock_.advance(JoinsElsewhere::kTakenForOthers);
  one_.settle();
  EXPECT_THAT(places_of(one_), ElementsAre(std::pair(Place{1}, test::user_id(7))));
  two_.settle();
  EXPECT_THAT(two_.answers, ElementsAre(std::pair(7, "201 1"))) << "it was only slow";
}

TEST_P(EveryLine, says_after_five_seconds_that_the_outcome_is_not_known) {
  one_.join(1);
  clock_.advance(JoinsElsewhere::kAnsweredAfter);
  one_.run();
  EXPECT_THAT(one_.answers, ElementsAre(std::pair(1, "OUTCOME_UNKNOWN")));
  await_records(1);
  one_.settle();
  one_.join(1);
  await_records(2);
  clock_.advance(JoinsElsewhere::kTakenForOthers);
  one_.settle();
  EXPECT_THAT(one_.answers, ElementsAre(std::pair(1, "OUTCOME_UNKNOWN"), std::pair(1, "200 1")));
}

// R-Q9, R-Q18
TEST_P(EveryLine, has_the_same_places_after_a_start) {
  for (std::uint32_t n = 1; n <= 6; ++n) {
    (n % 2 ? one_ : two_).join(n);
    await_records(n);
    for (int round = 0; round < 3; ++round) one_.settle(), two_.settle();
  }
  one_.join(3);
  await_records(7);
  one_.settle();
  const OneInstance three(rows_, 3, open(), clock_, stage_.view.catalogue);
  EXPECT_THAT(places_of(three), SizeIs(6));
  EXPECT_EQ(places_of(three), places_of(one_));
}

// R-Q18: an instance that runs puts back what it knows.
TEST_P(LostLine, is_whole_again_after_the_log_was_wiped) {
  for (std::uint32_t n = 1; n <= 5; ++n) one_.join(n);
  for (int round = 0; round < 3; ++round) one_.settle();
  two_.hear();
  const auto before = places_of(one_);
  ASSERT_THAT(before, SizeIs(5));
  under_test_.wipe();
  two_.join(6);  // nobody has noticed yet
  for (int round = 0; round < 4; ++round) {
    clock_.advance(JoinsElsewhere::kChecked);
    one_.settle();
    two_.settle();
  }
  two_.join(7);
  two_.join(1);
  for (int round = 0; round < 4; ++round) one_.settle(), two_.settle();
  const auto after = places_of(two_);
  ASSERT_THAT(after, SizeIs(7));
  EXPECT_THAT(std::vector(after.begin(), after.begin() + 5), testing::ElementsAreArray(before));
  EXPECT_EQ(two_.answers.find(7)->second, "201 7");
  EXPECT_EQ(two_.answers.find(1)->second, "200 1");
  one_.hear();
  EXPECT_EQ(places_of(one_), after);
  const OneInstance three(rows_, 3, open(), clock_, stage_.view.catalogue);
  EXPECT_EQ(places_of(three), after) << "made again from the log and the marks";
}

// R-Q18: nobody runs while the log is wiped.
TEST_P(LostLine, keeps_places_that_nobody_knows_for_those_who_have_their_tokens) {
  for (std::uint32_t n = 1; n <= 3; ++n) one_.join(n);
  for (int round = 0; round < 3; ++round) one_.settle();
  const auto before = places_of(one_);
  ASSERT_THAT(before, SizeIs(3));
  under_test_.wipe();
  OneInstance three(rows_, 3, log(), clock_, stage_.view.catalogue);
  EXPECT_THAT(places_of(three), testing::Each(Field(&std::pair<Place, UserId>::second, UserId{})));
  EXPECT_EQ(three.rooms().numbers(kEvent).present, 0u) << "nobody is counted";
  const PlaceRef first{kEvent, before[0].first, before[0].second},
      second{kEvent, before[1].first, before[1].second};
  EXPECT_TRUE(three.rooms().poll(first).told);
  EXPECT_FALSE(three.rooms().poll({kEvent, first.place, second.user}).told) << "it has an owner now";
  EXPECT_EQ(three.rooms().numbers(kEvent).present, 1u);
  three.join(9);
  three.join(2);  // of place 2, without the token
  for (int round = 0; round < 4; ++round) clock_.advance(JoinsElsewhere::kChecked), three.settle();
  EXPECT_THAT(three.answers, ElementsAre(testing::Pair(2, testing::AnyOf("201 4", "201 5")),
                                         testing::Pair(9, testing::AnyOf("201 4", "201 5"))));

  OneInstance four(rows_, 4, log(), clock_, stage_.view.catalogue);
  EXPECT_EQ(four.rooms().owner(kEvent, first.place), first.user) << "the log has it again";
  EXPECT_EQ(four.rooms().owner(kEvent, second.place), UserId{});

  const auto newer = three.rooms().place_of(kEvent, second.user, clock_.now());
  ASSERT_TRUE(newer);
  EXPECT_TRUE(three.rooms().poll(second).told);
  for (int round = 0; round < 4; ++round) {
    clock_.advance(JoinsElsewhere::kChecked);
    three.settle(), four.settle();
    three.hear(), four.hear();
  }
  for (const OneInstance* each : {&three, &four}) {
    EXPECT_EQ(each->rooms().owner(kEvent, second.place), second.user);
    EXPECT_EQ(each->rooms().look({kEvent, newer->place, second.user})->standing.reason,
              queue::EndReason::LEFT)
        << "the older place stays";
  }
  const OneInstance five(rows_, 5, log(), clock_, stage_.view.catalogue);
  EXPECT_EQ(places_of(five), places_of(three));
}

TEST(MemoryLine, is_whole_again_after_it_lost_its_tail_again_and_again) {
  for (std::size_t lost = 1; lost <= 9; ++lost) {
    SCOPED_TRACE(lost);
    Stage stage;
    ManualClock clock{kNow};
    SharedRows rows;
    memory::MemoryLog log;
    OneInstance one(rows, 1, log, clock, stage.view.catalogue),
        two(rows, 2, log, clock, stage.view.catalogue);
    one.patience = two.patience = Millis(0);
    std::uint32_t user = 0;
    const auto all = [](const OneInstance& each) {
      std::vector<std::pair<Place, UserId>> places;
      for (const LinePlace& row : each.rooms().everybody(kEvent)) places.emplace_back(row.place, row.user);
      return places;
    };
    for (int loss = 0; loss < 4; ++loss) {
      for (int n = 0; n < 3; ++n) one.join(++user), two.join(++user);
      for (int round = 0; round < 3; ++round) one.settle(), two.settle();
      const auto before = all(one);
      log.lose(kEvent, lost);
      two.join(++user);
      for (int round = 0; round < 8; ++round) {
        clock.advance(JoinsElsewhere::kChecked);
        one.settle();
        two.settle();
      }
      one.hear();
      two.hear();
      const auto after = all(one);
      ASSERT_GE(after.size(), before.size());
      EXPECT_TRUE(std::equal(before.begin(), before.end(), after.begin()));
      EXPECT_EQ(all(two), after);
      const OneInstance three(rows, 3, log, clock, stage.view.catalogue);
      EXPECT_EQ(all(three), after);
    }
  }
}

// R-Q9: one instance read a record that the log has lost since, and another record is at its position now.
TEST(MemoryLine, tells_a_place_as_a_new_one_only_once_whatever_the_log_loses) {
  for (const std::uint32_t behind : {0u, 1u}) {  // joins that the other instance took besides
    SCOPED_TRACE(behind);
    Stage stage;
    ManualClock clock{kNow};
    SharedRows rows;
    memory::MemoryLog log;
    OneInstance one(rows, 1, log, clock, stage.view.catalogue),
        two(rows, 2, log, clock, stage.view.catalogue);
    two.join(7);
    two.read();
    log.lose(kEvent, 1);
    one.join(7);
    for (std::uint32_t n = 1; n <= behind; ++n) one.join(n);
    one.settle();
    two.hear();
    two.read();
    EXPECT_EQ(one.answers.find(7)->second, "201 1");
    EXPECT_THAT(two.answers, ElementsAre(std::pair(7, "200 1")));
  }
}

// Somebody joins whenever it is read.
class RushedLog final : public LineLog {
 public:
  explicit RushedLog(LineLog& log) : log_(log) {}
  void append(const LogRecord& record, Done done) override { log_.append(record, std::move(done)); }
  std::vector<LogRecord> read(const std::map<EventId, LogPosition>& after, std::size_t limit,
                              Millis wait) override {
    if (++reads_ > 100) throw std::logic_error("the log is read for ever");
    LogRecord record{.event = kEvent, .user = user_id(1000 + reads_)};
    std::memcpy(record.random.bytes.data(), next_random(16).data(), 16);
    append(record, [](Outcome) {});
    return log_.read(after, limit, wait);
  }
  std::optional<LogRecord> find(EventId event, LogPosition at) override { return log_.find(event, at); }
  LogPosition head(EventId event) override { return log_.head(event); }

 private:
  LineLog& log_;
  std::uint32_t reads_ = 0;
};

TEST(MemoryLine, starts_in_the_middle_of_a_rush) {
  memory::MemoryLog log;
  Stage stage;
  ManualClock clock(kNow);
  SharedRows rows;
  OneInstance one(rows, 1, log, clock, stage.view.catalogue);
  for (std::uint32_t n = 1; n <= 5; ++n) one.join(n);
  one.settle();
  RushedLog rushed(log);
  OneInstance two(rows, 2, rushed, clock, stage.view.catalogue);
  EXPECT_THAT(two.rooms().everybody(kEvent), SizeIs(5));
  EXPECT_EQ(two.rooms().owner(kEvent, 5), user_id(5));
}

TEST(MemoryLine, says_that_nothing_was_done_while_its_log_is_cut_off) {
  Stage stage;
  ManualClock clock{kNow};
  SharedRows rows;
  memory::MemoryLog log;
  OneInstance one(rows, 1, log, clock, stage.view.catalogue);
  one.join(1);
  one.settle();
  log.cut_off(true);
  one.join(2);
  EXPECT_THAT(one.answers, ElementsAre(std::pair(1, "201 1"), std::pair(2, "STORE_UNAVAILABLE")));
  EXPECT_THROW(one.read(), LogUnavailable);
  EXPECT_TRUE(one.rooms().look({kEvent, 1, test::user_id(1)})) << "polls go on";
  log.cut_off(false);
  one.join(3);
  one.settle();
  EXPECT_EQ(one.answers.find(3)->second, "201 2");
}

TEST(MemoryLine, appends_nothing_twice_and_passes_over_what_a_broker_doubles) {
  Stage stage;
  ManualClock clock{kNow};
  SharedRows rows;
  memory::MemoryLog log;
  OneInstance one(rows, 1, log, clock, stage.view.catalogue);
  log.lose_answers(true);
  log.repeat_each(true);
  one.join(1);
  one.join(2);
  one.settle();
  EXPECT_THAT(one.answers, ElementsAre(std::pair(1, "201 1"), std::pair(2, "201 2")));
  EXPECT_EQ(one.rooms().last_place(kEvent), 2u);
}

}  // namespace
}  // namespace stagedoor::lines
