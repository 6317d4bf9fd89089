// Events that a sink has refused, and those that wait behind them (R-E2).
#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <string>

#include "state/rows/outbox.h"

namespace stagedoor {

// An event that has left its place in the line of a sink, because an event of its key was refused. Also a
// dead letter, which is not tried again.
struct ParkedEvent {
  OutboxRow event{};  // a copy: the row of the outbox may be gone
  std::int64_t attempts = 0;
  TimePoint parked_at{};
  TimePoint next_at{};   // of the next attempt; of a dead letter: when it was given up
  std::string reason{};  // of the last refusal; empty: it waits behind another event of its key
};
BOOST_DESCRIBE_STRUCT(ParkedEvent, (), (event, attempts, parked_at, next_at, reason))

}  // namespace stagedoor
