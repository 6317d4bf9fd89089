// The finished bytes that answer one call. The http part of a module makes them, the engine passes them on
// unread and keeps them with an idempotency key, and http/connection.cpp writes them to the socket. Code that
// needs the outcome reads `refusal`, not the status or the bytes.
#pragma once

#include <absl/functional/any_invocable.h>

#include <memory>
#include <optional>
#include <string>

#include "core/event_stream.h"
#include "core/refusal.h"

namespace stagedoor {

struct Answer;

// An answer that another thread makes. No thread waits for it: http/types.h's Reply, called with it, passes
// itself on.
class LaterAnswer {
 public:
  virtual ~LaterAnswer() = default;
  // Called once. Calls `reply` once: at once, or later on any thread.
  virtual void then(absl::AnyInvocable<void(Answer)> reply) = 0;
};

struct Answer {
  int status = 200;
  std::string body = {};     // JSON unless `headers` names another Content-Type
  std::string headers = {};  // complete extra header lines, each ended by CRLF: "ETag: \"a1\"\r\n"
  // If set, replaces `body`: bytes that many answers share.
  std::shared_ptr<const std::string> shared = {};
  // If set, replaces both: server-sent events until either side ends them, or, if `headers` names another
  // Content-Type, a file in pieces. With status 200.
  std::shared_ptr<EventStream> stream = {};
  // If set, replaces all other members.
  std::shared_ptr<LaterAnswer> later = {};
  // Of the body, for an answer to HEAD that does not have it.
  std::optional<std::size_t> length = {};
  std::optional<Code> refusal = {};  // set by http::render_refusal(); nullopt for a success
};

}  // namespace stagedoor
