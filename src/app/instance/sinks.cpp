#include "app/instance/sinks.h"

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "adapters/kafka/kafka_sink.h"
#include "adapters/stdout/stdout_sink.h"
#include "adapters/system/clock.h"
#include "adapters/webhook/webhook_sink.h"
#include "app/config/kafka_url.h"
#include "core/ensure.h"

namespace stagedoor {
namespace {

std::unique_ptr<EventSink> make_kafka_sink(const KafkaUrl& url, const Config& config) {
  kafka::KafkaOptions options{.brokers = url.brokers, .topic = url.topic};
  for (const auto& text : config.events.kafka) {
    const auto equals = text.find('=');
    options.properties.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  try {
    return std::make_unique<kafka::KafkaSink>(std::move(options));
  } catch (const std::runtime_error& why) {
    throw std::runtime_error(std::string("events.kafka: ") + why.what());
  }
}

}  // namespace

std::unique_ptr<EventSink> make_sink(const SinkSetting& setting, const Config& config) {
  if (is_kafka_url(setting.url)) {
    const auto url = parse_kafka_url(setting.url);
    ensure(url.has_value(), "events.sinks was checked");
    return make_kafka_sink(*url, config);
  }
  if (is_webhook(setting.url)) {
    return std::make_unique<webhook::WebhookSink>(
        webhook::WebhookOptions{.url = setting.url,
                                .secrets = config.events.webhook_secrets,
                                .private_targets = config.events.private_targets,
                                .wall_clock = [] { return system::SystemClock().now(); }});
  }
  ensure(setting.url == "stdout:", "events.sinks was checked");
  return std::make_unique<standard_output::StdoutSink>();
}

void check_sinks(const Config& config) {
  for (const auto& text : config.events.sinks) {
    const auto setting = parse_sink(text);
    ensure(setting.has_value(), "events.sinks was checked");
    make_sink(*setting, config);
  }
}

}  // namespace stagedoor
