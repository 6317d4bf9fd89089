// The event stream of one listener as bytes: new events, heartbeats, and the request to reconnect. Does not
// use sockets.
#pragma once

#include <cstdint>
#include <memory>

#include "core/event_stream.h"
#include "http/asio_types.h"
#include "http/output.h"
#include "http/server_config.h"

namespace stagedoor::http {

class StreamWriter {
 public:
  StreamWriter(std::shared_ptr<EventStream> stream, Millis heartbeat)
      : stream_(std::move(stream)), heartbeat_(heartbeat) {}

  // The delay after which this client reconnects, spread over some seconds to avoid a reconnect storm.
  // `number`: how many streams began before it.
  static void append_retry(Output& output, std::uint32_t number);
  // Asks the client to reconnect: the server is stopping.
  static void append_reconnect(Output& output);

  // Appends new events, or a heartbeat if one is due. Returns false if the stream ends after that.
  bool append_news(Output& output, SteadyClock::time_point now);

 private:
  std::shared_ptr<EventStream> stream_;
  Millis heartbeat_;
  SteadyClock::time_point written_at_{};
};

}  // namespace stagedoor::http
