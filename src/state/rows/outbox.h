// Domain events for other systems, written in the transaction of their cause (R-M4).
#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <string>

#include "core/ids.h"
#include "core/time.h"

namespace stagedoor {

// An event for other systems (R-M4).
struct OutboxRow {
  OutboxId id{};
  std::string key{};         // "reservation/17", "wallet/3", "payment/9": order is kept per key
  std::int64_t version = 0;  // rising per key
  std::string type{};        // "stagedoor.reservation.held.v1"
  std::string payload{};     // JSON
  TimePoint created_at{};
};
BOOST_DESCRIBE_STRUCT(OutboxRow, (), (id, key, version, type, payload, created_at))

}  // namespace stagedoor
