#include "adapters/kafka/topic_settings.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>

#include "adapters/kafka/client.h"
#include "adapters/kafka/kafka_log.h"
#include "core/log.h"

namespace stagedoor::kafka {
namespace {

// With these nothing is ever deleted.
constexpr Property kKeeping[] = {
    {"cleanup.policy", "delete"}, {"retention.ms", "-1"}, {"retention.bytes", "-1"}};
constexpr Millis kRest{100};

struct DeleteQueue {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};
struct DeleteEvent {
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};
using Event = std::unique_ptr<rd_kafka_event_t, DeleteEvent>;
struct DeleteOptions {
  void operator()(rd_kafka_AdminOptions_t* options) const { rd_kafka_AdminOptions_destroy(options); }
};
struct DeleteResource {
  void operator()(rd_kafka_ConfigResource_t* resource) const { rd_kafka_ConfigResource_destroy(resource); }
};
struct DeleteNewTopic {
  void operator()(rd_kafka_NewTopic_t* topic) const { rd_kafka_NewTopic_destroy(topic); }
};

// The result of a request that `ask(options, queue)` sends. Throws LogUnavailable.
template <class Ask>
Event result_of(rd_kafka_t& client, rd_kafka_admin_op_t operation, Millis timeout, Ask ask) {
  const std::unique_ptr<rd_kafka_queue_t, DeleteQueue> queue(rd_kafka_queue_new(&client));
  const std::unique_ptr<rd_kafka_AdminOptions_t, DeleteOptions> options(
      rd_kafka_AdminOptions_new(&client, operation));
  std::array<char, 512> why{};
  rd_kafka_AdminOptions_set_request_timeout(options.get(), static_cast<int>(timeout.count()), why.data(),
                                            why.size());
  ask(options.get(), queue.get());
  // The library gives up a bit after its own time-out.
  Event event(rd_kafka_queue_poll(queue.get(), static_cast<int>((2 * timeout).count())));
  if (!event) throw LogUnavailable("the brokers do not answer");
  const rd_kafka_resp_err_t error = rd_kafka_event_error(event.get());
  if (error) throw LogUnavailable(rd_kafka_event_error_string(event.get()));
  return event;
}

using Settings = std::map<std::string, std::string, std::less<>>;

bool is_forbidden(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
         error == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED;
}

std::string how_to_make(std::string_view topic) {
  std::string settings;
  for (const auto& [name, value] : kKeeping) settings += fmt::format(" --config {}={}", name, value);
  return fmt::format("kafka-topics.sh --create --topic {} --partitions 1{}", topic, settings);
}

// nullopt: the topic is not there. Empty: it may not be seen.
std::optional<Settings> settings_of(rd_kafka_t& client, const std::string& topic, Millis timeout) {
  const std::unique_ptr<rd_kafka_ConfigResource_t, DeleteResource> asked(
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  const Event event =
      result_of(client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout, [&](auto* options, auto* queue) {
        rd_kafka_ConfigResource_t* resource = asked.get();
        rd_kafka_DescribeConfigs(&client, &resource, 1, options, queue);
      });
  std::size_t count = 0;
  const auto* const resources =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  if (count != 1) throw LogUnavailable("the brokers answered about another topic");
  const rd_kafka_resp_err_t error = rd_kafka_ConfigResource_error(resources[0]);
  if (error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) return std::nullopt;
  if (is_forbidden(error)) return Settings{};
  if (error) throw LogUnavailable(rd_kafka_ConfigResource_error_string(resources[0]));
  const auto* const entries = rd_kafka_ConfigResource_configs(resources[0], &count);
  Settings settings;
  for (std::size_t i = 0; i < count; ++i) {
    const char* const value = rd_kafka_ConfigEntry_value(entries[i]);
    settings.emplace(rd_kafka_ConfigEntry_name(entries[i]), value ? value : "");
  }
  return settings;
}

void demand_keeping(const Settings& settings, const std::string& topic) {
  if (settings.empty())
    return log(LogLevel::warn,
               "the settings of the line's topic may not be seen; nothing may delete its records",
               {{"messaging.destination.name", topic}});
  std::string wrong;
  for (const auto& [name, value] : kKeeping) {
    const auto found = settings.find(name);
    if (found != settings.end() && found->second != value)
      wrong += fmt::format("{}{}={} (must be {})", wrong.empty() ? "" : ", ", name, found->second, value);
  }
  if (!wrong.empty())
    throw TopicUnusable(fmt::format(
        "the topic {} would lose joins: it has {}. Change it with kafka-configs.sh --alter --topic {} "
        "--add-config …",
        topic, wrong, topic));
  const auto unclean = settings.find("unclean.leader.election.enable");
  if (unclean != settings.end() && unclean->second == "true")
    log(LogLevel::warn,
        "the line's topic has unclean.leader.election.enable=true: a fail-over may lose joins",
        {{"messaging.destination.name", topic}});
}

// Also well if another instance was faster.
void make(rd_kafka_t& client, const std::string& topic, Millis timeout) {
  std::array<char, 512> why{};
  const std::unique_ptr<rd_kafka_NewTopic_t, DeleteNewTopic> made(
      rd_kafka_NewTopic_new(topic.c_str(), 1, -1, why.data(), why.size()));
  if (!made) throw TopicUnusable(why.data());
  for (const auto& [name, value] : kKeeping) rd_kafka_NewTopic_set_config(made.get(), name, value);
  const Event event =
      result_of(client, RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout, [&](auto* options, auto* queue) {
        rd_kafka_NewTopic_t* one = made.get();
        rd_kafka_CreateTopics(&client, &one, 1, options, queue);
      });
  std::size_t count = 0;
  const auto* const topics =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  const rd_kafka_resp_err_t error =
      count == 1 ? rd_kafka_topic_result_error(topics[0]) : RD_KAFKA_RESP_ERR_UNKNOWN;
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
    return log(LogLevel::info, "made the topic of the line", {{"messaging.destination.name", topic}});
  if (error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) return;
  throw TopicUnusable(fmt::format("the topic {} is not there and cannot be made ({}). Make it: {}", topic,
                                  rd_kafka_err2str(error), how_to_make(topic)));
}

}  // namespace

void demand_keeping_topic(rd_kafka_t& client, const std::string& topic, Millis timeout) {
  if (const auto settings = settings_of(client, topic, timeout)) demand_keeping(*settings, topic);
}

void make_keeping_topic(rd_kafka_t& client, const std::string& topic, Millis timeout) {
  const auto until = std::chrono::steady_clock::now() + timeout;
  for (bool is_made = false;; std::this_thread::sleep_for(kRest)) {
    const auto settings = settings_of(client, topic, timeout);
    if (settings) return demand_keeping(*settings, topic);
    if (!std::exchange(is_made, true)) make(client, topic, timeout);
    // The brokers tell each other.
    if (std::chrono::steady_clock::now() > until)
      throw LogUnavailable("the brokers do not know the new topic");
  }
}

}  // namespace stagedoor::kafka
