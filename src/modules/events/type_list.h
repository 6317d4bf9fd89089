// The list of event types (R-M6): the schemas and the table in docs/events.md are made from it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "state/rows/outbox.h"

namespace stagedoor::events {

struct EventType {
  std::string_view entity;  // "reservation": the second part of the type, and the name of the schema
  std::string_view name;    // "held"
  std::string_view key;     // "reservation/ID"
  std::string_view when;
  OutboxRow example;  // made by the function that makes the real ones

  std::string type() const;  // "stagedoor.reservation.held.v1"
};
const std::vector<EventType>& event_types();

// The generated part of docs/events.md: a table, and one whole event of each type.
std::string types_page();

}  // namespace stagedoor::events
