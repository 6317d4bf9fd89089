// The finished bytes that answer one call. Made by the http part of a module, carried unread through the
// engine, kept with an idempotency key, written to the socket by http/connection.cpp. Code that needs to know
// what was answered reads `refusal`, neither the status nor the bytes.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/event_stream.h"
#include "core/refusal.h"

namespace stagedoor {

struct Answer {
  int status = 200;
  std::string body = {};     // JSON unless `headers` names another Content-Type
  std::string headers = {};  // complete extra header lines, each ended by CRLF: "ETag: \"a1\"\r\n"
  // When set, the body instead of `body`: bytes that many answers share.
  std::shared_ptr<const std::string> shared = {};
  // When set, the body instead of both: server-sent events until either side ends them. With status 200.
  std::shared_ptr<EventStream> stream = {};
  std::optional<Code> refusal = {};  // set by http::problem(); nothing for a success
};

}  // namespace stagedoor
