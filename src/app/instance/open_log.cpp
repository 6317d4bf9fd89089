#include "app/instance/open_log.h"

#include <fmt/format.h>

#include <stdexcept>

#include "adapters/kafka/kafka_log.h"
#include "adapters/redis/redis_log.h"
#include "app/config/kafka_url.h"

namespace stagedoor {
namespace {

redis::RedisUrl redis_url(const Config& config) {
  auto url = redis::parse_url(config.room.url);
  if (!url)
    throw std::runtime_error(
        "room.url is not right; write redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE], or "
        "redis://HOST:PORT[,HOST:PORT]?sentinel=NAME with the addresses of Sentinel");
  return *std::move(url);
}

KafkaUrl kafka_url(const Config& config) {
  auto url = parse_kafka_url(config.room.url);
  if (!url)
    throw std::runtime_error(
        "room.url is not right; write kafka://HOST:PORT[,HOST:PORT]/TOPIC (passwords: room.kafka)");
  return *std::move(url);
}

std::unique_ptr<kafka::KafkaLog> kafka_log(const Config& config) {
  const KafkaUrl url = kafka_url(config);
  kafka::KafkaLogOptions options{.brokers = url.brokers, .topic = url.topic};
  for (const auto& text : config.room.kafka) {
    const auto equals = text.find('=');
    options.properties.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  try {
    return std::make_unique<kafka::KafkaLog>(std::move(options));
  } catch (const std::runtime_error& why) {
    throw std::runtime_error(fmt::format("room.kafka: {}", why.what()));
  }
}

}  // namespace

std::string line_source(const Config& config) {
  if (config.room.url.empty()) return "";
  if (!is_kafka_url(config.room.url)) return redis_url(config).shown();
  kafka_log(config);  // checks the properties; does not connect
  return config.room.url;
}

std::unique_ptr<LineLog> open_log(const Config& config, LogUse use) {
  if (config.room.url.empty()) return nullptr;
  if (!is_kafka_url(config.room.url))
    return std::make_unique<redis::RedisLog>(redis::RedisLog::Options{.url = redis_url(config)});
  auto log = kafka_log(config);
  if (use == LogUse::serve) log->prepare_topic();
  return log;
}

}  // namespace stagedoor
