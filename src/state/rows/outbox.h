// Domain events for other systems, written in the transaction of their cause (R-M4), and the versions of
// their keys.
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
  std::int64_t version = 0;  // 1, 2, 3… per key
  std::string type{};        // "stagedoor.reservation.held.v1"
  std::string payload{};     // JSON
  TimePoint created_at{};
};
BOOST_DESCRIBE_STRUCT(OutboxRow, (), (id, key, version, type, payload, created_at))

// The newest event of a key whose rows have no version of their own: "event/1", "queue/1".
struct KeyVersion {
  std::string key{};
  std::int64_t version = 0;
  TimePoint updated_at{};  // created_at of that event
};
BOOST_DESCRIBE_STRUCT(KeyVersion, (), (key, version, updated_at))

}  // namespace stagedoor
