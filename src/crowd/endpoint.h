// A server's http:// address, resolved once, and the bytes of requests to it. No TLS.
#pragma once

#include <sys/socket.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stagedoor::crowd {

struct Endpoint {
  std::string authority;  // "127.0.0.1:8080", as in the Host header
  sockaddr_storage address{};
  socklen_t address_size = 0;
};

// Takes "http://host[:port][/]" (port 80 when absent). Throws std::runtime_error, which says what to write
// instead, for any other form, for https and for a name that does not resolve.
Endpoint resolve(std::string_view url);

using Header = std::pair<std::string_view, std::string_view>;

struct Request {
  std::string_view method = "GET";
  std::string_view target = "/";
  std::vector<Header> headers = {};
  // JSON; Content-Type and Content-Length are written when it is not empty or the method is not GET.
  std::string_view body = {};
};

// The bytes of the request.
std::string render(const Endpoint& to, const Request& request);

}  // namespace stagedoor::crowd
