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

// 1–128 letters, digits and "-_.:" : what may be taken from a client and written into logs and headers.
bool is_sane_request_id(std::string_view text);

// The caller's trace with `span` as the parent id. "" when `traceparent` is absent or not of version 00's
// form.
std::string continue_trace(std::string_view traceparent, const IdSource::Text& span);

}  // namespace stagedoor::http
