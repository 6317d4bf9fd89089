// Removes expired rows.
#pragma once

#include <cstddef>
#include <optional>

#include "core/ids.h"
#include "core/time.h"
#include "ports/store_errors.h"

namespace stagedoor {

// Rows older than these times may be removed, and events up to a row.
struct RetentionLimits {
  TimePoint answers_before{};                // remembered answers (R-X5: kept 24 h)
  std::optional<TimePoint> outbox_before{};  // domain events; nullopt: none by age
  OutboxId outbox_accepted{};                // domain events that every sink has accepted; 0: none
};

struct Forgotten {
  std::size_t rows = 0;            // of all kinds
  std::size_t dropped_events = 0;  // of them: events beyond outbox_accepted
};

class Retention {
 public:
  virtual ~Retention() = default;
  // Removes at most `rows_max` rows of each kind, oldest first, in a transaction of its own. Lane thread,
  // between transactions.
  virtual Forgotten forget(const RetentionLimits& limits, std::size_t rows_max) = 0;
};

}  // namespace stagedoor
