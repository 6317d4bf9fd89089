// Events as records of a Kafka topic, through librdkafka: the key is the event's subject, the value the event
// as a structured CloudEvent. All records of a key go to one partition, so Kafka keeps their order.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/time.h"
#include "ports/event_sink.h"

namespace stagedoor::kafka {

struct KafkaOptions {
  std::string brokers;  // "host:port,host:port"
  std::string topic;
  std::vector<std::pair<std::string, std::string>> properties = {};  // of librdkafka
  Millis patience{10'000};  // time without an acknowledgement after which the brokers count as unavailable
};

// Each partition gets, from one producer, an unbroken sequence of the events that it was offered, in their
// order. After any failure the producer is closed and a new one starts at the first event that was not
// acknowledged. So also records of the old one that arrive late are in order once repeats are dropped.
class KafkaSink final : public EventSink {
 public:
  // Does not connect. Throws std::runtime_error with librdkafka's text if it refuses a property.
  explicit KafkaSink(KafkaOptions options);
  ~KafkaSink() override;

  // Connects at the first call. May also return early when a later event was refused.
  std::size_t accept(std::span<const OutboxEvent> events, const std::stop_token& stop) override;
  std::size_t batch_max() const override { return 5000; }

 private:
  class Producer;

  const KafkaOptions options_;
  std::unique_ptr<Producer> producer_;  // null before the first call and after a failure
};

}  // namespace stagedoor::kafka
