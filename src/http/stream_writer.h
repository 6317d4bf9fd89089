// The stream of one listener as bytes: new events, heartbeats, and the request to reconnect, or the pieces of
// a file. Does not use sockets.
#pragma once

#include <cstdint>
#include <memory>

#include "core/event_stream.h"
#include "http/asio_types.h"
#include "http/output.h"
#include "http/server_config.h"

namespace stagedoor::http {

enum class StreamForm {
  events,
  chunks,  // a file; its last chunk says that it is whole
  bytes    // the same for a client that does not know chunks
};

class StreamWriter {
 public:
  StreamWriter(std::shared_ptr<EventStream> stream, StreamForm form, Millis heartbeat)
      : stream_(std::move(stream)), form_(form), heartbeat_(heartbeat) {}

  // Of events: the delay after which this client reconnects, spread over some seconds to avoid a reconnect
  // storm. `number`: how many streams began before it.
  void append_retry(Output& output, std::uint32_t number) const;
  // Of events: asks the client to reconnect, because the server is stopping. A file breaks off.
  void append_reconnect(Output& output) const;

  // Appends what is new, or a heartbeat if one is due. Returns false if the stream ends after that.
  bool append_news(Output& output, SteadyClock::time_point now);

 private:
  bool append_events(Output& output);
  bool append_piece(Output& output);

  std::shared_ptr<EventStream> stream_;
  StreamForm form_;
  Millis heartbeat_;
  SteadyClock::time_point written_at_{};
};

}  // namespace stagedoor::http
