// What every log of a line must do (ports/line_log.h).
#include <gmock/gmock.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <atomic>
#include <set>
#include <thread>

#include "adapters/kafka/kafka_log.h"
#include "adapters/memory/memory_log.h"
#include "adapters/redis/redis_log.h"
#include "log_under_test.h"
#include "support/redis_server.h"

namespace stagedoor::lines {

namespace {

// Brokers inside librdkafka. They do not check the sequence of an idempotent producer.
class MockBrokers {
 public:
  MockBrokers() {
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    char why[512];
    owner_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    cluster_ = rd_kafka_mock_cluster_new(owner_, 1);
    rd_kafka_mock_topic_create(cluster_, "line", 1, 1);
  }
  ~MockBrokers() {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(owner_);
  }
  MockBrokers(const MockBrokers&) = delete;
  MockBrokers& operator=(const MockBrokers&) = delete;
  kafka::KafkaLogOptions options() const {
    return {.brokers = rd_kafka_mock_cluster_bootstraps(cluster_), .topic = "line", .fetch_wait = Millis(5)};
  }

 private:
  rd_kafka_t* owner_;
  rd_kafka_mock_cluster_t* cluster_;
};

}  // namespace

std::vector<LogKind> log_kinds() {
  std::vector<LogKind> kinds = {{"memory", [] {
                                   auto log = std::make_unique<memory::MemoryLog>();
                                   auto wipe = [log = log.get()] { log->wipe(); };
                                   return LogUnderTest{nullptr, std::move(log), {}, wipe};
                                 }}};
  if (!test::RedisServer::missing()) {
    kinds.push_back({"redis", [] {
                       auto server = std::make_shared<test::RedisServer>();
                       auto log = std::make_unique<redis::RedisLog>(
                           redis::RedisLog::Options{.url = *redis::parse_url(server->url())});
                       auto wipe = [server = server.get()] { server->ask({"FLUSHALL"}); };
                       return LogUnderTest{std::move(server), std::move(log), {}, wipe};
                     }});
  }
  kinds.push_back({"kafka", [] {
                     auto brokers = std::make_shared<MockBrokers>();
                     const auto open = [brokers = brokers.get()] {
                       return std::make_unique<kafka::KafkaLog>(brokers->options());
                     };
                     auto log = open();
                     return LogUnderTest{std::move(brokers), std::move(log), open, {}};
                   }});
  return kinds;
}

namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Outcome = LineLog::Outcome;

class EveryLog : public testing::TestWithParam<LogKind> {
 protected:
  LineLog& log() { return *under_test_.log; }

 private:
  LogUnderTest under_test_ = GetParam().make();
};
INSTANTIATE_TEST_SUITE_P(Logs, EveryLog, testing::ValuesIn(log_kinds()),
                         [](const auto& kind) { return std::string(kind.param.name); });

TEST_P(EveryLog, has_the_records_of_an_event_in_the_order_of_their_appending) {
  for (std::uint32_t n = 1; n <= 250; ++n) {
    ASSERT_EQ(append(log(), join(n)), Outcome::appended);
    if (n % 50 == 0) {
      ASSERT_EQ(append(log(), join(n, kOther)), Outcome::appended);
    }
  }
  const auto all = read_all(log());
  ASSERT_EQ(all.size(), 250u);
  for (std::uint32_t n = 1; n <= 250; ++n) {
    EXPECT_EQ(all[n - 1].user, user(n));
    EXPECT_EQ(all[n - 1].random, random_id(n));
    EXPECT_EQ(all[n - 1].event, kEvent);
    EXPECT_EQ(all[n - 1].place, 0u);
    if (n > 1) {
      EXPECT_LT(all[n - 2].at, all[n - 1].at);
    }
  }
  EXPECT_THAT(users_of(read_all(log(), kOther)),
              ElementsAre(user(50), user(100), user(150), user(200), user(250)));
  EXPECT_EQ(log().head(kEvent), all.back().at);
  EXPECT_EQ(log().head(EventId{9}), LogPosition{});
}

// So that a reader sees whether the log still is what it was.
TEST_P(EveryLog, begins_a_page_with_the_record_at_the_position) {
  for (std::uint32_t n = 1; n <= 4; ++n) append(log(), join(n));
  const auto all = read_all(log());
  const auto page = log().read({{kEvent, all[1].at}}, 10, Millis(0));
  const auto users = users_of(page);
  ASSERT_GE(users.size(), 2u);  // the last one may still be on its way
  EXPECT_EQ(users[0], user(2));
  EXPECT_EQ(users[1], user(3));
  EXPECT_THAT(log().read({{kEvent, all[3].at}}, 10, Millis(10)), IsEmpty())
      << "nothing is behind the last one";
}

TEST_P(EveryLog, finds_a_record_by_its_position) {
  append(log(), join(1));
  append(log(), join(2));
  const auto all = read_all(log());
  ASSERT_EQ(all.size(), 2u);
  const auto found = log().find(kEvent, all[1].at);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->random, random_id(2));
  EXPECT_FALSE(log().find(kEvent, {all[1].at.high + 1, 0}));
  EXPECT_FALSE(log().find(kOther, all[1].at));
}

TEST_P(EveryLog, keeps_the_place_of_a_record_that_puts_one_back) {
  LogRecord record = join(7);
  record.place = 4'000'000'000;
  record.epoch = 3;
  append(log(), record);
  const auto all = read_all(log());
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].place, 4'000'000'000u);
  EXPECT_EQ(all[0].epoch, 3);
}

TEST_P(EveryLog, wakes_a_reader_that_waits) {
  append(log(), join(1));
  const LogPosition after = log().head(kEvent);
  std::thread later([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    append(log(), join(2));
  });
  const auto begun = std::chrono::steady_clock::now();
  const auto page = log().read({{kEvent, after}, {kOther, {}}}, 10, Millis(5000));
  later.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(4));
  EXPECT_THAT(users_of(page), ElementsAre(user(1), user(2)));
}

TEST_P(EveryLog, takes_joins_from_many_threads) {
  constexpr std::uint32_t kThreads = 4, kEach = 500;
  std::vector<std::thread> threads;
  std::atomic<std::uint32_t> appended{0};
  for (std::uint32_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint32_t n = 0; n < kEach; ++n)
        if (append(log(), join(t * kEach + n)) == Outcome::appended) ++appended;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(appended, kThreads * kEach);
  std::set<Uuid> randoms;
  for (const LogRecord& record : read_all(log())) randoms.insert(record.random);
  EXPECT_EQ(randoms.size(), kThreads * kEach);
}

}  // namespace
}  // namespace stagedoor::lines
