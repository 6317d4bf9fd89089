// The form in which sinks deliver an event: one JSON object, its payload as `data`. The members are named as
// in CloudEvents (R-E3), whose `specversion` and `source` are still missing.
#pragma once

#include <boost/describe/class.hpp>
#include <string>

#include "json/types.h"
#include "ports/event_sink.h"

namespace stagedoor::events {

struct Envelope {
  std::string id{};           // of the outbox row
  std::string type{};         // "stagedoor.reservation.held.v1"
  std::string subject{};      // the key: "reservation/17"
  std::int64_t keyversion{};  // rises with each event of the key
  TimePoint time{};           // of the commit
  json::Raw data{};           // event_types.h
};
BOOST_DESCRIBE_STRUCT(Envelope, (), (id, type, subject, keyversion, time, data))

// A stored row, ready for delivery. A type name of the version before becomes one of today.
OutboxEvent to_event(OutboxRow row);

}  // namespace stagedoor::events
