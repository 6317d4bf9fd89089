// The proxies whose X-Forwarded-For header is trusted (R-O7).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stagedoor::http {

class TrustedProxies {
 public:
  // "10.0.0.0/8", "::1", "fd00::/8". nullopt when one of them is malformed.
  static std::optional<TrustedProxies> parse(const std::vector<std::string>& networks);

  bool trusts(std::string_view address) const;

  // The client's address: `socket_peer`, or if that is trusted the last address in `forwarded_for` that is
  // not (or the first one if all are). Text that is not an address ends the search.
  std::string_view client(std::string_view socket_peer, std::string_view forwarded_for) const;

 private:
  using Address = std::array<std::uint8_t, 16>;  // IPv4 as ::ffff:a.b.c.d
  struct Network {
    Address address;
    unsigned bits;
  };
  static std::optional<Address> parse_address(std::string_view text);

  std::vector<Network> networks_;
};

}  // namespace stagedoor::http
