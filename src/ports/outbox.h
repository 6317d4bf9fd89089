// Events for other systems, and the progress of each sink (R-E1). Read outside the lane; written with the
// bookings (transaction.h), removed by Retention.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "ports/store_errors.h"
#include "state/rows/outbox.h"

namespace stagedoor {

// One thread at a time per object. Outages are the exceptions of store_errors.h.
class Outbox {
 public:
  virtual ~Outbox() = default;
  // Takes the lease of a sink; false if another object of this store has it. The lease ends with the object
  // or its connection. It only saves work; advance() is what makes two relays safe.
  virtual bool claim(std::string_view sink) = 0;
  // At most `limit` rows with ids above `after`, in commit order. A store has one writer at a time, so ids
  // rise in commit order: after a row was read, no row with a lower id is committed.
  virtual std::vector<OutboxRow> pending(OutboxId after, std::size_t limit) = 0;
  // How many rows have ids above `after`, counted up to `limit`.
  virtual std::size_t count_pending(OutboxId after, std::size_t limit) = 0;
  // A random UUID, made with the store and kept as long as it lives.
  virtual std::string store_id() = 0;
  // The last row that the sink accepted; 0: none yet.
  virtual OutboxId progress(std::string_view sink) = 0;
  // Moves the sink's progress from `expected` to `next`. Returns false without a change if the progress is
  // not `expected`, because another relay has moved it. A power failure may undo the newest moves.
  virtual bool advance(std::string_view sink, OutboxId expected, OutboxId next) = 0;
};

}  // namespace stagedoor
