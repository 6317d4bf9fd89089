// The parameters of the statements that write a parked event or a dead letter.
#pragma once

#include <array>
#include <string_view>

#include "state/rows/parked_event.h"

namespace stagedoor::tables {

// The names have static lifetime; the values must live until the statement is done.
template <class Param>
std::array<Param, 11> parked_parameters(std::string_view sink, const ParkedEvent& row) {
  return {Param{"$sink", sink},
          Param{"$id", row.event.id},
          Param{"$key", row.event.key},
          Param{"$version", row.event.version},
          Param{"$type", row.event.type},
          Param{"$payload", row.event.payload},
          Param{"$created_at", row.event.created_at},
          Param{"$attempts", row.attempts},
          Param{"$parked_at", row.parked_at},
          Param{"$next_at", row.next_at},
          Param{"$reason", row.reason}};
}

}  // namespace stagedoor::tables
