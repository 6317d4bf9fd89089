// Bytes of a connection → the server's own parser, router and readers of headers. Whatever comes: no crash,
// no request that RFC 9112 would read in two ways, and the same requests however the bytes are cut into
// pieces.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "core/ensure.h"
#include "http/parser.h"
#include "http/proxies.h"
#include "http/render_refusal.h"
#include "http/router.h"
#include "http/trace.h"

namespace stagedoor::http {
namespace {

struct Seen {
  std::vector<std::string> requests;
  bool is_refused = false;
};

const Router& router() {
  static const Router kRouter = [] {
    Router made;
    for (const char* path :
         {"/", "/events", "/events/{id}", "/events/seats", "/events/{eventId}/dates", "/docs/"}) {
      made.add({.path = path, .handler = [](const Request&, Reply) {}});
    }
    return made;
  }();
  return kRouter;
}

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return std::tolower(x) == std::tolower(y);
         });
}

// What must hold of every request that is let through.
void check(const Request& request, bool is_http_1_0) {
  int hosts = 0;
  int lengths = 0;
  int codings = 0;
  for (const Header& header : request.headers) {
    ensure(!header.name.empty() && header.name.find_first_of(" \t\r\n:") == header.name.npos,
           "a name is a token");
    ensure(header.value.find_first_of(std::string_view("\r\n\0", 3)) == header.value.npos,
           "a value is one line");
    if (same(header.name, "Host")) ++hosts;
    if (same(header.name, "Content-Length")) {
      ++lengths;
      ensure(std::stoull(std::string(header.value)) == request.body.size(),
             "Content-Length tells the body's size");
    }
    if (same(header.name, "Transfer-Encoding")) {
      ++codings;
      ensure(same(header.value, "chunked"), "the only coding is chunked");
    }
  }
  ensure(hosts == 1 || (hosts == 0 && is_http_1_0), "one Host");
  ensure(lengths + codings <= 1, "one thing tells where the body ends");
  ensure(lengths + codings == 1 || request.body.empty(), "no body without length");
  ensure(request.path.starts_with('/') || (request.path == "*" && request.method == Method::OPTIONS),
         "a path");
  ensure(request.body.size() <= Limits{}.body_max, "the body's limit");
}

// What the server and its handlers do with every request.
std::string use(Request& request) {
  const auto found = router().find(request);
  if (!found.route) (void)render_refusal(found.refusal);
  (void)request.id<EventId>("id");
  (void)request.user_id("eventId");
  (void)request.query("token");
  (void)is_sane_request_id(request.header("X-Request-Id"));
  (void)continue_trace(request.header("traceparent"), IdSource::Text{});
  (void)etag_matches(request.header("If-None-Match"), "a1");
  static const auto kProxies = *TrustedProxies::parse({"10.0.0.0/8", "fd00::/8"});
  (void)kProxies.client(boost::asio::ip::make_address("10.0.0.1"), request.headers);
  std::string text(to_string(request.method));
  text.append(" ").append(request.path).append("?").append(request.raw_query);
  for (const Header& header : request.headers)
    text.append("\n").append(header.name).append(": ").append(header.value);
  return text.append("\n\n").append(request.body);
}

// Feeds the bytes in pieces; `sizes` says how large, over and over.
Seen feed(std::string_view bytes, std::string_view sizes) {
  Seen seen;
  RequestParser parser({});
  std::vector<Header> headers;
  std::size_t turn = 0;
  while (true) {
    switch (parser.parse()) {
      case RequestParser::State::complete: {
        Request request;
        parser.fill(request, headers);
        check(request, parser.is_http_1_0());
        (void)parser.keep_alive();
        seen.requests.push_back(use(request));
        parser.next();
        break;
      }
      case RequestParser::State::refused:
        (void)render_refusal(parser.refusal());
        seen.is_refused = true;
        return seen;
      case RequestParser::State::need_more: {
        (void)parser.wants_continue();
        (void)parser.phase();
        if (bytes.empty()) return seen;
        const auto space = parser.space();
        std::size_t size = std::min(bytes.size(), space.size());
        if (!sizes.empty())
          size =
              std::min<std::size_t>(size, 1 + static_cast<unsigned char>(sizes[turn++ % sizes.size()]) % 64);
        std::memcpy(space.data(), bytes.data(), size);
        parser.commit(size);
        bytes.remove_prefix(size);
        break;
      }
    }
  }
}

}  // namespace
}  // namespace stagedoor::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stagedoor;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view sizes = input.substr(0, std::min<std::size_t>(size, 4));
  const std::string_view bytes = input.substr(sizes.size());
  const http::Seen whole = http::feed(bytes, {});
  const http::Seen pieces = http::feed(bytes, sizes);
  ensure(whole.requests == pieces.requests, "the same requests in whatever pieces they come");
  // In pieces a fault may not have been noticed yet, as long as the head has not ended.
  ensure(whole.is_refused || !pieces.is_refused, "what is refused in pieces is refused as a whole");
  return 0;
}
