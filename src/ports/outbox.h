// The events that wait for other systems, and how far each sink has accepted them (R-E1). Read beside the
// lane; written with the bookings (transaction.h), removed by Retention.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "ports/store_errors.h"
#include "state/rows/outbox.h"

namespace stagedoor {

// One thread at a time per object. Outages are the exceptions of store_errors.h.
class Outbox {
 public:
  virtual ~Outbox() = default;
  // Takes the lease of a sink: true while no other object of this store has it. It ends with the object or
  // with its connection. The lease saves work; what keeps two relays apart is advance().
  virtual bool claim(std::string_view sink) = 0;
  // At most `limit` rows with ids above `after`, in commit order. A store has one writer at a time, so ids
  // rise in commit order: no row is committed later below a row that was read.
  virtual std::vector<OutboxRow> pending(OutboxId after, std::size_t limit) = 0;
  // The last row that the sink has accepted; 0: none yet.
  virtual OutboxId progress(std::string_view sink) = 0;
  // Moves the sink's progress from `expected` to `next`. False, and nothing is changed, when it is not at
  // `expected`: another relay has moved it. A loss of power may take the newest moves back.
  virtual bool advance(std::string_view sink, OutboxId expected, OutboxId next) = 0;
};

}  // namespace stagedoor
