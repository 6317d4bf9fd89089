// The destination of events: standard output, a broker, a webhook.
#pragma once

#include <cstddef>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

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

// What became of one event.
struct Delivered {
  enum class Result { accepted, refused, not_tried };
  Result result = Result::not_tried;
  std::string reason = {};  // of a refusal, for people: short, and without text of the receiver
};

// A sink whose receiver answers for each event. The relay parks the key of an event that is refused.
class KeyedSink : public EventSink {
 public:
  // Delivers the events of a key one after another, and those of different keys at the same time. Events
  // behind a refused one of their key are not tried; nor are all others after many refusals in a row, or
  // after a stop request. Blocks for a limited time. One result for each event. One thread at a time.
  virtual std::vector<Delivered> deliver(std::span<const OutboxEvent> events,
                                         const std::stop_token& stop) = 0;

  // For a caller that cannot park: accepts up to the first refusal.
  std::size_t accept(std::span<const OutboxEvent> events, const std::stop_token& stop) override {
    const auto results = deliver(events, stop);
    std::size_t count = 0;
    while (count < results.size() && results[count].result == Delivered::Result::accepted) ++count;
    if (count < results.size() && results[count].result == Delivered::Result::refused)
      throw SinkUnavailable(results[count].reason);
    return count;
  }
};

}  // namespace stagedoor
