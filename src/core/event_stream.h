// A body without a known end: server-sent events, or the pieces of a file, which src/http sends to one
// listener. A stream is a cursor into shared state, not a queue: it is polled for what is new. The http part
// of a module makes it and puts it into an Answer (answer.h).
#pragma once

#include <memory>
#include <string>

namespace stagedoor {

class EventStream {
 public:
  virtual ~EventStream() = default;

  // Appends what is new since the last call to `text`, as complete events. Bytes that many listeners share
  // may be put into `shared` instead, which is sent after `text` (not by a file). If nothing is new, changes
  // neither. Returns false if the stream ends after this output. What it throws is logged and ends the
  // stream; the client of a file sees that it is not whole.
  //
  // Called on the connection's thread, about every 50 ms and immediately after a call with output; not while
  // earlier output is unsent. Must not block.
  virtual bool next(std::string& text, std::shared_ptr<const std::string>& shared) = 0;
};

}  // namespace stagedoor
