// The destination of events: standard output, a Kafka topic, later a webhook.
#pragma once

#include <cstddef>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <string>

#include "state/rows/outbox.h"

namespace stagedoor {

struct OutboxEvent {
  OutboxRow row;
  std::string json;  // the whole event as one JSON object, without line breaks
};

// The sink cannot work now. Some events may have been delivered; all will be delivered again.
struct SinkUnavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class EventSink {
 public:
  virtual ~EventSink() = default;
  // Delivers events in this order and returns how many it accepted, from the front; accepted events are never
  // offered again. Fewer than all when a stop was requested or a later event failed; none only when a stop
  // was requested. May block; returns soon after a stop request. Throws SinkUnavailable. One thread at a
  // time.
  virtual std::size_t accept(std::span<const OutboxEvent> events, const std::stop_token& stop) = 0;
  // The most events that accept() should get at once.
  virtual std::size_t batch_max() const { return 500; }
};

}  // namespace stagedoor
