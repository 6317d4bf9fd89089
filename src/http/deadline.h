// The deadline of a connection's current phase. Connections have no timers: each has a deadline, and its loop
// closes those that are past it.
#pragma once

#include "http/asio_types.h"
#include "http/server_config.h"

namespace stagedoor::http {

enum class Activity { idle, reading_head, reading_body, handling, sending, streaming, closing };

inline constexpr SteadyClock::time_point kNoDeadline = SteadyClock::time_point::max();

inline SteadyClock::time_point deadline(Activity activity, SteadyClock::time_point since,
                                        const ServerConfig& config) {
  switch (activity) {
    case Activity::idle:
      return since + config.idle_timeout;
    case Activity::reading_head:
      return since + config.head_timeout;
    case Activity::reading_body:
      return since + config.body_timeout;
    case Activity::sending:  // extended by Connection::is_late
      return since + config.write_timeout;
    case Activity::closing:
      return since + Millis(2000);
    case Activity::handling:
    case Activity::streaming:
      break;
  }
  return kNoDeadline;
}

}  // namespace stagedoor::http
