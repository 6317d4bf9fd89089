// The form of a delivered event: a CloudEvent 1.0 in JSON, with the payload as `data` (R-E3).
#pragma once

#include <boost/describe/class.hpp>
#include <string>
#include <string_view>

#include "json/types.h"
#include "ports/event_sink.h"

namespace stagedoor::events {

struct Envelope {
  std::string_view specversion = "1.0";
  std::string id{};            // of the outbox row; unique within the source
  std::string_view source{};   // "/stagedoor/" and the store's id
  std::string_view type{};     // "stagedoor.reservation.held.v1"
  std::string_view subject{};  // the key: "reservation/17"
  std::int64_t keyversion{};   // an extension: 1, 2, 3… of the events of a key
  TimePoint time{};            // of the commit
  std::string_view datacontenttype = "application/json";
  json::Raw data{};  // event_types.h
};
BOOST_DESCRIBE_STRUCT(Envelope, (),
                      (specversion, id, source, type, subject, keyversion, time, datacontenttype, data))

std::string source_of(std::string_view store_id);

// Converts a stored row for delivery. A type name of the previous version becomes the current one.
OutboxEvent to_event(OutboxRow row, std::string_view source);

}  // namespace stagedoor::events
