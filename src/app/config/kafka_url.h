// kafka://HOST:PORT[,HOST:PORT…]/TOPIC, as in events.sinks.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stagedoor {

struct KafkaUrl {
  std::string brokers;  // "HOST:PORT,HOST:PORT"
  std::string topic;
};

inline bool is_kafka_url(std::string_view url) { return url.starts_with("kafka:"); }
std::optional<KafkaUrl> parse_kafka_url(std::string_view url);  // nullopt if it has another form

}  // namespace stagedoor
