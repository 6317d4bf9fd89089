// A body that goes on: server-sent events, as src/http sends them to one listener. A stream is a
// cursor into what others keep, not a queue: nothing is put into it, it is asked for what is new. Made by the
// http part of a module, put into an Answer (answer.h).
#pragma once

#include <memory>
#include <string>

namespace stagedoor {

class EventStream {
 public:
  virtual ~EventStream() = default;

  // What is new since the last call, as complete events: appended to `text`; what many listeners share may be
  // put into `shared` instead, which is sent after `text`. Nothing new: leaves both alone. False when the
  // stream is over, after what this call gave.
  //
  // Called by one thread, the connection's, about every 50 ms, and again at once after it gave something;
  // never while the listener has not taken what was given before. Must not wait for anything.
  virtual bool next(std::string& text, std::shared_ptr<const std::string>& shared) = 0;
};

}  // namespace stagedoor
