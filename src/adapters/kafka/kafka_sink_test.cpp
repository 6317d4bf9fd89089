#include "adapters/kafka/kafka_sink.h"

#include <gmock/gmock.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <pthread.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <map>
#include <thread>

namespace stagedoor::kafka {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr int kProduce = 0;  // ApiKey of Kafka's protocol

// Brokers inside librdkafka. Other than real ones they do not check the sequence of an idempotent producer.
class Brokers {
 public:
  explicit Brokers(int partitions = 1) { rd_kafka_mock_topic_create(cluster_, "events", partitions, 1); }
  ~Brokers() {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(owner_);
  }
  Brokers(const Brokers&) = delete;
  Brokers& operator=(const Brokers&) = delete;

  KafkaOptions options() const {
    return {.brokers = rd_kafka_mock_cluster_bootstraps(cluster_), .topic = "events"};
  }
  void fail(rd_kafka_resp_err_t error) { rd_kafka_mock_push_request_errors(cluster_, kProduce, 1, error); }
  void answer_after(Millis time) { rd_kafka_mock_broker_set_rtt(cluster_, 1, int(time.count())); }
  void go() { rd_kafka_mock_broker_set_down(cluster_, 1); }
  void come_back() { rd_kafka_mock_broker_set_up(cluster_, 1); }

  struct Record {
    std::string key, value;
    std::map<std::string, std::string> headers;
  };
  // All `count` records, of a partition in their order.
  std::vector<Record> read(std::size_t count) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    char why[512];
    for (const auto& [name, value] :
         {std::pair("bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster_)),
          {"group.id", "test"},
          {"auto.offset.reset", "earliest"}})
      EXPECT_EQ(rd_kafka_conf_set(conf, name, value, why, sizeof why), RD_KAFKA_CONF_OK) << why;
    rd_kafka_t* const consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    rd_kafka_poll_set_consumer(consumer);
    rd_kafka_topic_partition_list_t* const topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, "events", 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(consumer, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    std::vector<Record> records;
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (records.size() < count && std::chrono::steady_clock::now() < give_up) {
      rd_kafka_message_t* const message = rd_kafka_consumer_poll(consumer, 100);
      if (!message) continue;
      if (!message->err) records.push_back(record(*message));
      rd_kafka_message_destroy(message);
    }
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    return records;
  }

 private:
  static Record record(const rd_kafka_message_t& message) {
    Record record{{static_cast<const char*>(message.key), message.key_len},
                  {static_cast<const char*>(message.payload), message.len},
                  {}};
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return record;
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == 0; ++i)
      record.headers[name] = std::string(static_cast<const char*>(value), size);
    return record;
  }

  static rd_kafka_t* new_owner() {
    char why[512];
    return rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof why);
  }
  rd_kafka_t* const owner_ = new_owner();
  rd_kafka_mock_cluster_t* const cluster_ = rd_kafka_mock_cluster_new(owner_, 1);
};

std::vector<OutboxEvent> events(std::int64_t first, std::size_t count, std::size_t size = 0) {
  std::vector<OutboxEvent> made;
  for (std::int64_t id = first; made.size() < count; ++id) {
    made.push_back({.row = {.id = {id},
                            .key = "wallet/7",
                            .version = id,
                            .type = "stagedoor.wallet.charged.v1",
                            .payload = "{}",
                            .created_at = {}},
                    .json = "{\"id\":\"" + std::to_string(id) + "\"" + std::string(size, ' ') + "}"});
  }
  return made;
}

std::vector<std::string> values_of(const std::vector<Brokers::Record>& records) {
  std::vector<std::string> values;
  for (const auto& record : records) values.push_back(record.value);
  return values;
}

TEST(KafkaSink, writes_a_record_with_key_and_headers_for_each_event) {
  Brokers brokers;
  KafkaSink sink(brokers.options());
  EXPECT_EQ(sink.accept(events(4711, 2), {}), 2u);
  const auto records = brokers.read(2);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].key, "wallet/7");
  EXPECT_EQ(records[0].value, R"({"id":"4711"})");
  EXPECT_THAT(records[0].headers,
              ElementsAre(testing::Pair("ce_id", "4711"), testing::Pair("ce_keyversion", "4711"),
                          testing::Pair("ce_type", "stagedoor.wallet.charged.v1"),
                          testing::Pair("content-type", "application/cloudevents+json; charset=UTF-8")));
  EXPECT_EQ(records[1].value, R"({"id":"4712"})");
}

TEST(KafkaSink, goes_on_where_it_stopped_after_an_outage) {
  Brokers brokers;
  auto options = brokers.options();
  options.patience = Millis(500);
  KafkaSink sink(options);
  brokers.go();
  EXPECT_THROW(sink.accept(events(1, 3), {}), SinkUnavailable);
  brokers.come_back();
  EXPECT_EQ(sink.accept(events(1, 3), {}), 3u);
  EXPECT_EQ(sink.accept(events(4, 1), {}), 1u);
  EXPECT_THAT(values_of(brokers.read(4)),
              ElementsAre(R"({"id":"1"})", R"({"id":"2"})", R"({"id":"3"})", R"({"id":"4"})"));
}

TEST(KafkaSink, says_why_nobody_acknowledges) {
  KafkaSink sink({.brokers = "127.0.0.1:1", .topic = "events", .patience = Millis(500)});
  try {
    sink.accept(events(1, 1), {});
    FAIL() << "nobody listens there";
  } catch (const SinkUnavailable& why) {
    EXPECT_THAT(why.what(), HasSubstr("no acknowledgement within 500ms"));
    EXPECT_THAT(why.what(), HasSubstr("Connection refused"));
  }
}

// Consumers would take the repeats of the refused events for old. The thread of the sink gets no CPU for a
// while, so that the client could go on before the sink learns of the refusal.
TEST(KafkaSink, stores_nothing_behind_an_event_that_was_refused) {
  Brokers brokers;
  auto options = brokers.options();
  options.properties = {{"batch.num.messages", "1"}};  // a request for each event
  KafkaSink sink(options);
  EXPECT_EQ(sink.accept(events(1, 1), {}), 1u);
  brokers.answer_after(Millis(300));
  brokers.fail(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
  std::signal(SIGUSR1, [](int) { ::sleep(2); });
  std::thread delivery([&] { EXPECT_THROW(sink.accept(events(2, 50), {}), SinkUnavailable); });
  std::this_thread::sleep_for(Millis(150));
  ::pthread_kill(delivery.native_handle(), SIGUSR1);
  delivery.join();
  brokers.answer_after(Millis(0));
  EXPECT_EQ(sink.accept(events(2, 1), {}), 1u);
  EXPECT_EQ(sink.accept(events(100, 1), {}), 1u);
  // The client may have sent event 3, in the sequence of event 2: real brokers refuse it.
  EXPECT_THAT(values_of(brokers.read(3)), testing::Not(testing::Contains(R"({"id":"4"})")));
}

// A late event that no broker takes does not keep those before it from being accepted.
TEST(KafkaSink, accepts_the_events_before_one_that_is_too_large) {
  Brokers brokers;
  KafkaSink sink(brokers.options());
  auto all = events(1, 3);
  all.push_back(events(4, 1, 2'000'000).front());
  std::size_t accepted = 0;
  while (accepted < 3) accepted += sink.accept(std::span(all).subspan(accepted), {});
  EXPECT_EQ(accepted, 3u);
  try {
    sink.accept(std::span(all).subspan(3), {});
    FAIL() << "it is too large";
  } catch (const SinkUnavailable& why) {
    EXPECT_THAT(why.what(), HasSubstr("event 4 was refused"));
    EXPECT_THAT(why.what(), HasSubstr("Message size too large"));
  }
}

TEST(KafkaSink, ends_soon_after_a_stop_request) {
  Brokers brokers;
  KafkaSink sink(brokers.options());
  brokers.go();
  std::stop_source stop;
  std::size_t accepted = 1;
  std::thread delivery([&] { accepted = sink.accept(events(1, 1), stop.get_token()); });
  std::this_thread::sleep_for(Millis(50));
  const auto begin = std::chrono::steady_clock::now();
  stop.request_stop();
  delivery.join();
  EXPECT_EQ(accepted, 0u);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, Millis(3000));
}

std::string refusal_of(std::vector<std::pair<std::string, std::string>> properties) {
  try {
    KafkaSink sink({.brokers = "127.0.0.1:1", .topic = "events", .properties = std::move(properties)});
    return "";
  } catch (const std::runtime_error& why) {
    return why.what();
  }
}

TEST(KafkaSink, refuses_what_librdkafka_refuses) {
  EXPECT_EQ(refusal_of({{"compression.type", "lz4"}, {"linger.ms", "20"}}), "");
  EXPECT_THAT(refusal_of({{"sasl.pasword", "hidden"}}),
              testing::AllOf(HasSubstr("No such configuration property: \"sasl.pasword\""),
                             testing::Not(HasSubstr("hidden"))));
  EXPECT_THAT(refusal_of({{"security.protocol", "geheim"}}),
              testing::AllOf(HasSubstr("security.protocol"), testing::Not(HasSubstr("geheim"))));
  EXPECT_THAT(refusal_of({{"security.protocol", "SASL_SSL"}, {"sasl.mechanism", "MAGIC"}}),
              HasSubstr("MAGIC"));
  EXPECT_THAT(refusal_of({{"security.protocol", "SSL"}, {"ssl.ca.location", "/no/such/file"}}),
              HasSubstr("ssl.ca.location"));
}

// The order of events rests on these.
TEST(KafkaSink, refuses_properties_that_it_sets_itself) {
  for (const char* name : {"acks", "enable.idempotence", "enable.gapless.guarantee", "message.timeout.ms",
                           "delivery.timeout.ms", "max.in.flight", "transactional.id", "bootstrap.servers",
                           "delivery.report.only.error", "queuing.strategy"})
    EXPECT_THAT(refusal_of({{name, "1"}}), HasSubstr("cannot be set")) << name;
  EXPECT_THAT(refusal_of({{"partitioner", "random"}}), HasSubstr("must go by the key"));
  EXPECT_EQ(refusal_of({{"partitioner", "murmur2_random"}}), "");
}

}  // namespace
}  // namespace stagedoor::kafka
