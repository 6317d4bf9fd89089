#include "adapters/outgoing/addresses.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>

namespace stagedoor::outgoing {
namespace {

struct Network4 {
  std::uint32_t address;
  int bits;
};
// IANA's special-purpose registry, and multicast.
constexpr Network4 kNotPublic4[] = {
    {0x00000000, 8},   // this network
    {0x0a000000, 8},   // private
    {0x64400000, 10},  // shared by customers of a provider
    {0x7f000000, 8},   // loopback
    {0xa9fe0000, 16},  // link-local; has the metadata services of clouds
    {0xac100000, 12},  // private
    {0xc0000000, 24},  // protocol assignments
    {0xc0000200, 24},  // documentation
    {0xc0586300, 24},  // 6to4 relays
    {0xc0a80000, 16},  // private
    {0xc6120000, 15},  // benchmarks
    {0xc6336400, 24},  // documentation
    {0xcb007100, 24},  // documentation
    {0xe0000000, 4},   // multicast
    {0xf0000000, 4},   // reserved, broadcast
};

bool is_public4(std::uint32_t address) {
  return std::ranges::none_of(kNotPublic4, [&](const Network4& network) {
    return (address ^ network.address) >> (32 - network.bits) == 0;
  });
}

// Of 2000::/3, the addresses that are routed on the internet, without those that carry an IPv4 address, which
// a gateway may take to a private network.
bool is_public6(std::span<const std::uint8_t, 16> bytes) {
  const auto begins_with = [&](std::initializer_list<std::uint8_t> prefix) {
    return std::ranges::equal(prefix, bytes.first(prefix.size()));
  };
  if (bytes[0] >> 5 != 1) return false;  // also ::ffff:0:0/96, 64:ff9b::/96, fc00::/7, fe80::/10
  if (begins_with({0x20, 0x01, 0x0d, 0xb8})) return false;      // documentation
  if (begins_with({0x20, 0x01}) && bytes[2] < 2) return false;  // protocol assignments, Teredo
  if (begins_with({0x20, 0x02})) return false;                  // 6to4
  return !(begins_with({0x3f, 0xff}) && bytes[2] < 0x10);       // documentation
}

}  // namespace

bool is_public(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in ip{};
    std::memcpy(&ip, address, sizeof ip);
    return is_public4(ntohl(ip.sin_addr.s_addr));
  }
  if (address->sa_family != AF_INET6) return false;
  sockaddr_in6 ip{};
  std::memcpy(&ip, address, sizeof ip);
  return is_public6(std::span<const std::uint8_t, 16>(ip.sin6_addr.s6_addr));
}

}  // namespace stagedoor::outgoing
