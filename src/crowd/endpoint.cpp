#include "crowd/endpoint.h"

#include <fmt/format.h>
#include <netdb.h>

#include <cstring>
#include <memory>
#include <stdexcept>

namespace stagedoor::crowd {

Endpoint resolve(std::string_view url) {
  constexpr std::string_view kScheme = "http://";
  if (url.starts_with("https://")) {
    throw std::runtime_error("https:// is not supported here: give the http:// address of the server itself");
  }
  if (!url.starts_with(kScheme)) {
    throw std::runtime_error(fmt::format("`{}` is not an address: write http://HOST:PORT", url));
  }
  std::string_view authority = url.substr(kScheme.size());
  if (authority.ends_with('/')) authority.remove_suffix(1);
  std::string_view host = authority;
  std::string_view port = "80";
  const auto colon = authority.rfind(':');
  if (colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon + 1);
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty() || port.empty() || authority.find_first_of("/?#@ ") != std::string_view::npos) {
    throw std::runtime_error(
        fmt::format("`{}` is not an address: write http://HOST:PORT, without a path", url));
  }

  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(std::string(host).c_str(), std::string(port).c_str(), &hints, &found);
  if (error != 0) throw std::runtime_error(fmt::format("{}: {}", authority, gai_strerror(error)));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> list(found, freeaddrinfo);
  Endpoint endpoint;
  endpoint.authority = authority;
  std::memcpy(&endpoint.address, list->ai_addr, list->ai_addrlen);
  endpoint.address_size = list->ai_addrlen;
  return endpoint;
}

std::string render(const Endpoint& to, const Request& request) {
  std::string bytes =
      fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", request.method, request.target, to.authority);
  for (const auto& [name, value] : request.headers)
    bytes.append(name).append(": ").append(value).append("\r\n");
  if (!request.body.empty()) bytes += "Content-Type: application/json\r\n";
  if (!request.body.empty() || request.method != "GET") {
    bytes += fmt::format("Content-Length: {}\r\n", request.body.size());
  }
  return bytes.append("\r\n").append(request.body);
}

}  // namespace stagedoor::crowd
