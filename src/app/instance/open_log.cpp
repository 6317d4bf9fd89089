#include "app/instance/open_log.h"

#include <stdexcept>

#include "adapters/redis/redis_log.h"

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

}  // namespace

std::string line_source(const Config& config) {
  return config.room.url.empty() ? "" : redis_url(config).shown();
}

std::unique_ptr<LineLog> open_log(const Config& config) {
  if (config.room.url.empty()) return nullptr;
  return std::make_unique<redis::RedisLog>(redis::RedisLog::Options{.url = redis_url(config)});
}

}  // namespace stagedoor
