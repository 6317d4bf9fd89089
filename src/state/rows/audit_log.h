// The audit log: what operators did (R-Q17).
#pragma once

#include <boost/describe/class.hpp>
#include <string>

#include "core/ids.h"
#include "core/time.h"

namespace stagedoor {

// An operator action (R-Q17).
struct LogRow {
  LogId id{};
  TimePoint created_at{};
  std::string operator_name{};
  std::string action{};  // "queue.pause"
  EventId event{};       // 0: none
  std::string detail{};  // JSON
};
BOOST_DESCRIBE_STRUCT(LogRow, (), (id, created_at, operator_name, action, event, detail))

}  // namespace stagedoor
