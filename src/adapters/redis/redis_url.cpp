#include "adapters/redis/redis_url.h"

#include <fmt/format.h>

#include "core/parse_number.h"

namespace stagedoor::redis {
namespace {

constexpr int kRedisPort = 6379, kSentinelPort = 26379;

std::optional<std::string> unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain.push_back(text[i]);
      continue;
    }
    const auto byte = parse_number<unsigned>(text.substr(i + 1, 2), 16);
    if (!byte || i + 2 >= text.size()) return std::nullopt;
    plain.push_back(static_cast<char>(*byte));
    i += 2;
  }
  return plain;
}

// The text up to the separator, which is taken from `rest` with it; all of it if there is none.
std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return taken;
}

std::optional<Host> host_of(std::string_view text, int default_port) {
  const bool is_bracketed = text.starts_with('[');  // an IPv6 address
  const std::size_t name_end = is_bracketed ? text.find(']') : text.find(':');
  if (is_bracketed && name_end == std::string_view::npos) return std::nullopt;
  Host host{std::string(is_bracketed ? text.substr(1, name_end - 1) : text.substr(0, name_end)),
            default_port};
  std::string_view port = name_end == std::string_view::npos ? "" : text.substr(name_end + is_bracketed);
  if (host.name.empty()) return std::nullopt;
  if (port.empty()) return host;
  const auto number = port.front() == ':' ? parse_number<int>(port.substr(1)) : std::nullopt;
  if (!number || *number < 1 || *number > 65'535) return std::nullopt;
  host.port = *number;
  return host;
}

}  // namespace

std::optional<RedisUrl> parse_url(std::string_view text) {
  constexpr std::string_view kScheme = "redis://";
  if (!text.starts_with(kScheme)) return std::nullopt;
  text.remove_prefix(kScheme.size());
  RedisUrl url;
  std::string_view before_query = take_until(text, '?');
  if (!text.empty()) {
    constexpr std::string_view kSentinel = "sentinel=";
    if (!text.starts_with(kSentinel) || text.size() == kSentinel.size()) return std::nullopt;
    url.sentinel = text.substr(kSentinel.size());
  }
  std::string_view hosts = take_until(before_query, '/');
  if (!before_query.empty()) {
    const auto database = parse_number<int>(before_query);
    if (!database || *database < 0) return std::nullopt;
    url.database = *database;
  }
  if (const std::size_t at = hosts.rfind('@'); at != std::string_view::npos) {
    std::string_view who = hosts.substr(0, at);
    const auto user = unescaped(take_until(who, ':'));
    const auto password = unescaped(who);
    if (!user || !password || password->empty()) return std::nullopt;
    url.user = *user;
    url.password = *password;
    hosts.remove_prefix(at + 1);
  }
  do {
    const auto host = host_of(take_until(hosts, ','), url.sentinel.empty() ? kRedisPort : kSentinelPort);
    if (!host) return std::nullopt;
    url.hosts.push_back(*host);
  } while (!hosts.empty());
  if (url.sentinel.empty() && url.hosts.size() > 1) return std::nullopt;
  return url;
}

std::string RedisUrl::shown() const {
  std::string text = "redis://";
  for (const Host& host : hosts) {
    const bool is_v6 = host.name.find(':') != std::string::npos;
    text += fmt::format(fmt::runtime(is_v6 ? "{}[{}]:{}" : "{}{}:{}"), &host == &hosts.front() ? "" : ",",
                        host.name, host.port);
  }
  text += fmt::format("/{}", database);
  return sentinel.empty() ? text : text + "?sentinel=" + sentinel;
}

}  // namespace stagedoor::redis
