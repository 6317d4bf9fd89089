#include "adapters/kafka/client.h"

#include <fmt/format.h>
#include <syslog.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "core/log.h"

namespace stagedoor::kafka {
namespace {

// The library reports each attempt to connect, so its lines are for the search for a cause. The reason of an
// outage is part of the exceptions. Threads of librdkafka.
void log_line(const rd_kafka_t*, int level, const char*, const char* text) {
  log(level <= LOG_CRIT ? LogLevel::error : LogLevel::debug, "message of the Kafka client",
      {{"error.message", text}});
}

}  // namespace

void set(rd_kafka_conf_t& conf, const char* name, const char* value) {
  std::array<char, 512> why{};
  const auto result = rd_kafka_conf_set(&conf, name, value, why.data(), why.size());
  if (result == RD_KAFKA_CONF_OK) return;
  // librdkafka names a value that it refuses, which may be a secret.
  const bool is_shown = result == RD_KAFKA_CONF_UNKNOWN;
  throw std::runtime_error(is_shown ? std::string(why.data())
                                    : fmt::format("invalid value of the property \"{}\"", name));
}

Conf configure(std::span<const Property> defaults,
               const std::vector<std::pair<std::string, std::string>>& properties,
               std::span<const std::string_view> refused, std::span<const Property> fixed) {
  Conf conf(rd_kafka_conf_new());
  rd_kafka_conf_set_log_cb(conf.get(), &log_line);
  for (const auto& [name, value] : defaults) set(*conf, name, value);
  for (const auto& [name, value] : properties) {
    if (std::ranges::find(refused, name) != refused.end())
      throw std::runtime_error(fmt::format("the property \"{}\" cannot be set", name));
    set(*conf, name.c_str(), value.c_str());
  }
  for (const auto& [name, value] : fixed) set(*conf, name, value);
  return conf;
}

Handle make_client(rd_kafka_type_t type, Conf conf) {
  std::array<char, 512> why{};
  Handle handle(rd_kafka_new(type, conf.get(), why.data(), why.size()));
  if (!handle) throw std::runtime_error(why.data());
  (void)conf.release();  // is the handle's now
  return handle;
}

}  // namespace stagedoor::kafka
