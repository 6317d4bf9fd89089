// The head of an answer as bytes of HTTP/1.1.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/answer.h"

namespace stagedoor::http {

struct ResponseHead {
  std::string_view date;  // IMF-fixdate, "Thu, 01 Jan 2026 00:00:00 GMT"
  std::string_view request_id = {};
  std::string_view traceparent = {};
  bool close = false;        // tell the client that the connection ends
  bool keep_alive = false;   // tell an HTTP/1.0 client that it does not
  bool is_http_1_0 = false;  // of a client that does not know chunks
  bool no_store = false;     // unless the answer says otherwise, nobody may keep it
  bool is_tls = false;       // tell browsers to use only TLS for this host from now on
};

// The body of the answer, from whichever member holds it. Empty for 204 and 304.
std::string_view body_of(const Answer& answer);

// The answer is a file in pieces, not server-sent events.
bool is_file_in_pieces(const Answer& answer);

// Appends status line and header lines up to and with the empty line. Content-Length is `length`
// or that of body_of(), even if the body is not sent (HEAD); a stream has none and ends with the connection,
// and a file in pieces is chunked, so that the client sees whether it is whole. Content-Type is JSON unless
// the answer names another.
void append_head(std::string& out, const Answer& answer, const ResponseHead& head);

// "Thu, 01 Jan 2026 00:00:00 GMT", seconds since 1970.
std::string http_date(std::int64_t seconds);

}  // namespace stagedoor::http
