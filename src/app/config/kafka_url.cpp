#include "app/config/kafka_url.h"

#include <algorithm>
#include <cstdint>

#include "core/parse_number.h"

namespace stagedoor {
namespace {

constexpr std::string_view kScheme = "kafka://";
constexpr std::size_t kTopicMax = 249;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// A name, an IPv4 address or [IPv6], and a port.
bool is_broker(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || parse_number<std::uint16_t>(text.substr(colon + 1)).value_or(0) == 0)
    return false;
  std::string_view host = text.substr(0, colon);
  const bool is_bracketed = host.starts_with('[') && host.ends_with(']');
  if (is_bracketed) host = host.substr(1, host.size() - 2);
  return !host.empty() && std::ranges::all_of(host, [is_bracketed](char c) {
    return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_' || (is_bracketed && c == ':');
  });
}

bool is_topic(std::string_view text) {
  return !text.empty() && text.size() <= kTopicMax && text != "." && text != ".." &&
         std::ranges::all_of(
             text, [](char c) { return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_'; });
}

}  // namespace

std::optional<KafkaUrl> parse_kafka_url(std::string_view url) {
  if (!url.starts_with(kScheme)) return std::nullopt;
  url.remove_prefix(kScheme.size());
  const auto slash = url.find('/');
  if (slash == std::string_view::npos || !is_topic(url.substr(slash + 1))) return std::nullopt;
  const std::string_view brokers = url.substr(0, slash);
  for (std::string_view rest = brokers;;) {
    const auto comma = rest.find(',');
    if (!is_broker(rest.substr(0, comma))) return std::nullopt;
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  return KafkaUrl{std::string(brokers), std::string(url.substr(slash + 1))};
}

}  // namespace stagedoor
