// The proxies whose X-Forwarded-For header is trusted (R-O7, R-A1).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/types.h"

namespace stagedoor::http {

class TrustedProxies {
 public:
  // "10.0.0.0/8", "::1", "fd00::/8". nullopt when one of them is malformed.
  static std::optional<TrustedProxies> parse(const std::vector<std::string>& networks);

  bool trusts(const IpAddress& peer) const;

  // The client's address: `socket_peer`, or if that is trusted the last address in all X-Forwarded-For lines
  // that is not, or the first one if all are. Looks at the last 20 addresses. Text that is not an address
  // ends the search.
  IpAddress client(const IpAddress& socket_peer, std::span<const Header> headers) const;

 private:
  using Bytes = std::array<std::uint8_t, 16>;  // IPv4 as ::ffff:a.b.c.d
  struct Network {
    Bytes address;
    unsigned bits;
  };
  static Bytes bytes_of(const IpAddress& address);

  std::vector<Network> networks_;
};

// True if a proxy in front of the peer, or the peer itself, names the client in a header.
bool is_forwarded(std::span<const Header> headers);

// The IPv4 address if `address` is one in the form ::ffff:a.b.c.d, else `address`.
IpAddress without_mapping(const IpAddress& address);

}  // namespace stagedoor::http
