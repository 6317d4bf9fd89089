#include "http/proxies.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

#include "core/parse_number.h"

namespace stagedoor::http {
namespace {

namespace ip = boost::asio::ip;

constexpr std::string_view kForwardedFor = "X-Forwarded-For";
constexpr int kForwardedMax = 20;

std::optional<IpAddress> parse_address(std::string_view text) {
  if (text.find('%') != text.npos) return std::nullopt;  // a zone means nothing outside its host
  boost::system::error_code error;
  const IpAddress address = ip::make_address(text, error);
  return error ? std::nullopt : std::optional(address);
}

std::string_view without_blanks(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// "192.0.2.7", "192.0.2.7:4711", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:4711".
std::optional<IpAddress> parse_forwarded(std::string_view text) {
  text = without_blanks(text);
  std::string_view port;
  const std::size_t colon = text.find(':');
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == text.npos) return std::nullopt;
    port = text.substr(end + 1);
    text = text.substr(1, end - 1);
  } else if (colon != text.npos && colon == text.rfind(':')) {
    port = text.substr(colon);
    text = text.substr(0, colon);
  }
  if (!port.empty() && (port.front() != ':' || !parse_number<std::uint16_t>(port.substr(1))))
    return std::nullopt;
  const auto address = parse_address(text);
  return address ? std::optional(without_mapping(*address)) : std::nullopt;
}

}  // namespace

IpAddress without_mapping(const IpAddress& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return ip::make_address_v4(ip::v4_mapped, address.to_v6());
}

bool is_forwarded(std::span<const Header> headers) {
  return std::ranges::any_of(
      headers, [](const Header& header) { return header.is(kForwardedFor) || header.is("Forwarded"); });
}

TrustedProxies::Bytes TrustedProxies::bytes_of(const IpAddress& address) {
  return (address.is_v6() ? address.to_v6() : ip::make_address_v6(ip::v4_mapped, address.to_v4())).to_bytes();
}

std::optional<TrustedProxies> TrustedProxies::parse(const std::vector<std::string>& networks) {
  TrustedProxies proxies;
  for (const std::string& text : networks) {
    const std::size_t slash = text.find('/');
    const auto address = parse_address(std::string_view(text).substr(0, slash));
    if (!address) return std::nullopt;
    const unsigned most = address->is_v4() ? 32 : 128;
    unsigned bits = most;
    if (slash != std::string::npos) {
      const auto parsed = parse_number<unsigned>(std::string_view(text).substr(slash + 1));
      if (!parsed || *parsed > most) return std::nullopt;
      bits = *parsed;
    }
    proxies.networks_.push_back({.address = bytes_of(*address), .bits = bits + (address->is_v4() ? 96 : 0)});
  }
  return proxies;
}

bool TrustedProxies::trusts(const IpAddress& peer) const {
  const Bytes address = bytes_of(peer);
  return std::ranges::any_of(networks_, [&](const Network& network) {
    for (unsigned bit = 0; bit < network.bits; bit += 8) {
      const unsigned left = network.bits - bit;
      const auto mask = static_cast<std::uint8_t>(left >= 8 ? 0xff : 0xff << (8 - left));
      if ((address[bit / 8] & mask) != (network.address[bit / 8] & mask)) return false;
    }
    return true;
  });
}

// Each proxy appends the address of its own peer, either to the last line or as a line of its own. So from
// the right, every address before the first untrusted one was written by a trusted proxy.
IpAddress TrustedProxies::client(const IpAddress& socket_peer, std::span<const Header> headers) const {
  IpAddress client = socket_peer;
  int seen = 0;
  for (auto line = headers.rbegin(); line != headers.rend(); ++line) {
    if (!line->is(kForwardedFor)) continue;
    std::string_view rest = line->value;
    for (std::size_t comma = 0; comma != rest.npos;) {
      if (!trusts(client) || seen++ == kForwardedMax) return client;
      comma = rest.rfind(',');
      const auto address = parse_forwarded(comma == rest.npos ? rest : rest.substr(comma + 1));
      if (!address) return client;
      client = *address;
      if (comma != rest.npos) rest = rest.substr(0, comma);
    }
  }
  return client;
}

}  // namespace stagedoor::http
