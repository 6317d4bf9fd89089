// One partition of a Kafka topic with one consumer. acks=all, idempotent producer; the answer comes after the
// consumer's commit in PostgreSQL, so nothing depends on the broker's disk. How an answer gets back to who
// asked is left out: it is an array in this process.
#include "work.h"

#ifdef LOCKS_HAVE_KAFKA
#include <librdkafka/rdkafka.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <thread>

#include "consumer.h"

namespace locks {
namespace {

struct Destroy {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
using Kafka = std::unique_ptr<rd_kafka_t, Destroy>;
using Topic = std::unique_ptr<rd_kafka_topic_t, Destroy>;

Kafka connect(rd_kafka_type_t type, const std::string& broker,
              std::initializer_list<std::pair<const char*, const char*>> settings) {
  char why[512];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", broker.c_str(), nullptr, 0);
  for (const auto& [name, value] : settings)
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK)
      throw std::runtime_error(why);
  Kafka client(rd_kafka_new(type, conf, why, sizeof why));
  if (!client) throw std::runtime_error(why);
  return client;
}

class Partition final : public Way {
 public:
  Partition(const Work& work, const Servers& servers, std::size_t batch) : servers_(servers), batch_(batch) {
    Cells::create(servers.postgres, work);
    producer_ = connect(RD_KAFKA_PRODUCER, servers.kafka,
                        {{"acks", "all"},
                         {"enable.idempotence", "true"},
                         {"linger.ms", "1"},
                         {"queue.buffering.max.messages", "1000000"}});
    consumer_ = connect(RD_KAFKA_CONSUMER, servers.kafka,
                        {{"fetch.wait.max.ms", "5"}, {"group.id", "locks"}, {"enable.auto.commit", "false"}});
    const std::string name = "locks-" + std::to_string(getpid());
    to_.reset(rd_kafka_topic_new(producer_.get(), name.c_str(), nullptr));
    from_.reset(rd_kafka_topic_new(consumer_.get(), name.c_str(), nullptr));
    wait_for_topic();
  }
  Cell cell(std::int64_t id) override { return Cells(servers_.postgres).read(id); }
  void run(const Work& work, Tally& tally) override {
    if (rd_kafka_consume_start(from_.get(), 0, RD_KAFKA_OFFSET_BEGINNING) != 0)
      throw std::runtime_error("cannot consume");
    Consumer consumer(servers_.postgres, work, tally);
    produce(kWarmUp, kWarmUp + 1);  // both ways are open then
    while (receive().empty()) continue;
    tally.start();
    std::jthread producer([&] { produce(0, work.size); });
    while (!consumer.is_finished()) {
      if (const auto numbers = receive(); !numbers.empty()) consumer.take(numbers);
    }
    rd_kafka_consume_stop(from_.get(), 0);
  }

 private:
  static constexpr int kWarmUp = -1;  // no task has this number

  std::vector<int> receive() {
    std::vector<rd_kafka_message_t*> messages(batch_);
    const auto count = rd_kafka_consume_batch(from_.get(), 0, 5, messages.data(), batch_);
    std::vector<int> numbers;
    for (ssize_t i = 0; i < count; ++i) {
      rd_kafka_message_t* message = messages[static_cast<std::size_t>(i)];
      if (!message->err) std::memcpy(&numbers.emplace_back(), message->payload, sizeof(int));
      rd_kafka_message_destroy(message);
    }
    return numbers;
  }
  void produce(int from, int to) {
    for (int number = from; number < to; ++number) {
      while (rd_kafka_produce(to_.get(), 0, RD_KAFKA_MSG_F_COPY, &number, sizeof number, nullptr, 0,
                              nullptr) != 0)
        rd_kafka_poll(producer_.get(), 10);
    }
    rd_kafka_flush(producer_.get(), 60'000);
  }
  void wait_for_topic() {
    for (int tries = 0; tries < 200; ++tries) {
      const rd_kafka_metadata_t* metadata = nullptr;
      bool is_there = false;
      if (rd_kafka_metadata(producer_.get(), 0, to_.get(), &metadata, 5000) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        is_there = metadata->topic_cnt == 1 && metadata->topics[0].partition_cnt > 0 &&
                   metadata->topics[0].partitions[0].leader >= 0;
        rd_kafka_metadata_destroy(metadata);
      }
      if (is_there) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    throw std::runtime_error("the topic was not made");
  }
  const Servers servers_;
  const std::size_t batch_;
  Kafka producer_, consumer_;
  Topic to_, from_;
};

}  // namespace

std::unique_ptr<Way> make_kafka_way(const std::string& name, const Work& work, const Servers& servers) {
  if (name == "kafka") return std::make_unique<Partition>(work, servers, 1);
  if (name == "kafka batches") return std::make_unique<Partition>(work, servers, 1000);
  return nullptr;
}

}  // namespace locks
#else
std::unique_ptr<locks::Way> locks::make_kafka_way(const std::string&, const Work&, const Servers&) {
  return nullptr;
}
#endif
