// The finished bytes that answer one call. The http part of a module makes them, the engine passes them on
// unread and keeps them with an idempotency key, and http/connection.cpp writes them to the socket. Code that
// needs the outcome reads `refusal`, not the status or the bytes.
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
  // If set, replaces `body`: bytes that many answers share.
  std::shared_ptr<const std::string> shared = {};
  // If set, replaces both: server-sent events until either side ends them. With status 200.
  std::shared_ptr<EventStream> stream = {};
  std::optional<Code> refusal = {};  // set by http::render_refusal(); nullopt for a success
};

}  // namespace stagedoor
