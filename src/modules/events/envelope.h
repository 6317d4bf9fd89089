// The form of a delivered event: one JSON object with the payload as `data`. The members have the names of
// CloudEvents (R-E3); `specversion` and `source` are still missing.
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

// Converts a stored row for delivery. A type name of the previous version becomes the current one.
OutboxEvent to_event(OutboxRow row);

}  // namespace stagedoor::events
