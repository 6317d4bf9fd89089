#include "http/proxies.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "core/parse_number.h"

namespace stagedoor::http {

std::optional<TrustedProxies::Address> TrustedProxies::parse_address(std::string_view text) {
  char name[INET6_ADDRSTRLEN + 1];
  if (text.size() >= sizeof name) return std::nullopt;
  std::memcpy(name, text.data(), text.size());
  name[text.size()] = '\0';
  Address address{};
  if (inet_pton(AF_INET6, name, address.data()) == 1) return address;
  address = {};
  address[10] = address[11] = 0xff;
  if (inet_pton(AF_INET, name, address.data() + 12) == 1) return address;
  return std::nullopt;
}

std::optional<TrustedProxies> TrustedProxies::parse(const std::vector<std::string>& networks) {
  TrustedProxies proxies;
  for (const std::string& text : networks) {
    const std::size_t slash = text.find('/');
    const auto address = parse_address(std::string_view(text).substr(0, slash));
    if (!address) return std::nullopt;
    const bool is_v4 = text.find(':') == std::string::npos;
    const unsigned most = is_v4 ? 32 : 128;
    unsigned bits = most;
    if (slash != std::string::npos) {
      const auto parsed = parse_number<unsigned>(std::string_view(text).substr(slash + 1));
      if (!parsed || *parsed > most) return std::nullopt;
      bits = *parsed;
    }
    proxies.networks_.push_back({.address = *address, .bits = bits + (is_v4 ? 96 : 0)});
  }
  return proxies;
}

bool TrustedProxies::trusts(std::string_view text) const {
  const auto address = parse_address(text);
  if (!address) return false;
  return std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
    for (unsigned bit = 0; bit < network.bits; bit += 8) {
      const unsigned left = network.bits - bit;
      const auto mask = static_cast<std::uint8_t>(left >= 8 ? 0xff : 0xff << (8 - left));
      if (((*address)[bit / 8] & mask) != (network.address[bit / 8] & mask)) return false;
    }
    return true;
  });
}

std::string_view TrustedProxies::client(std::string_view socket_peer, std::string_view forwarded_for) const {
  std::string_view client = socket_peer;
  std::string_view rest = forwarded_for;
  while (!rest.empty() && trusts(client)) {
    const std::size_t comma = rest.rfind(',');
    std::string_view one = comma == rest.npos ? rest : rest.substr(comma + 1);
    rest = comma == rest.npos ? std::string_view() : rest.substr(0, comma);
    while (!one.empty() && (one.front() == ' ' || one.front() == '\t')) one.remove_prefix(1);
    while (!one.empty() && (one.back() == ' ' || one.back() == '\t')) one.remove_suffix(1);
    if (!parse_address(one)) break;
    client = one;
  }
  return client;
}

}  // namespace stagedoor::http
