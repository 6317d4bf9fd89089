// Names of requests: request ids and the W3C trace context. Unique, not secret.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace stagedoor::http {

// Makes ids of 16 hexadecimal digits. One for each thread.
class IdSource {
 public:
  IdSource();
  using Text = std::array<char, 16>;
  Text next();

 private:
  std::uint64_t state_;
};

// True for 1–128 letters, digits and "-_.:", which are safe to copy from a client into logs and headers.
bool is_sane_request_id(std::string_view text);

// The path of a request for the log. A segment that may be a token or a key, because a client put one there,
// is written as "…": it is longer than 15 characters and no UUID, or a UUID in a path without a route.
std::string path_for_log(std::string_view path, bool has_route);

// The caller's trace with `span` as the parent id; "" if `traceparent` is absent or not in the form of
// version 00.
std::string continue_trace(std::string_view traceparent, const IdSource::Text& span);

}  // namespace stagedoor::http
