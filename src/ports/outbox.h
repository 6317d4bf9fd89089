// Events for other systems, the progress of each sink (R-E1), and the events that it refused (R-E2). Read
// outside the lane; written with the bookings (transaction.h), removed by Retention.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ports/store_errors.h"
#include "state/rows/outbox.h"
#include "state/rows/parked_event.h"

namespace stagedoor {

// What changes among the parked events and dead letters of a sink.
struct ParkedChanges {
  std::vector<ParkedEvent> park = {};  // added, or written over the one with this id
  std::vector<OutboxId> unpark = {};
  std::vector<ParkedEvent> bury = {};  // dead letters that are added, or written over the one with this id
  std::vector<OutboxId> drop = {};     // dead letters that go

  bool empty() const { return park.empty() && unpark.empty() && bury.empty() && drop.empty(); }
};

// What waits for a sink.
struct SinkBacklog {
  std::size_t behind = 0;  // rows that it has not accepted, at most kBehindMax
  std::optional<TimePoint> oldest;
  OutboxId first{};  // the oldest row of the outbox; 0: it is empty
  std::size_t dead_letters = 0;

  static constexpr std::size_t kBehindMax = 1'000'000;
};

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
  // A random UUID, made with the store and kept as long as it lives.
  virtual std::string store_id() = 0;
  // The last row that the sink accepted; 0: none yet.
  virtual OutboxId progress(std::string_view sink) = 0;
  // Moves the sink's progress from `expected` to `next`. Returns false without a change if the progress is
  // not `expected`, because another relay has moved it. A power failure may undo the newest moves.
  virtual bool advance(std::string_view sink, OutboxId expected, OutboxId next) = 0;
  // The same, with changes in the same transaction: all or nothing.
  virtual bool park(std::string_view sink, OutboxId expected, OutboxId next,
                    const ParkedChanges& changes) = 0;
  // The number of parked events of each key that has some.
  using ParkedKeys = std::map<std::string, std::size_t, std::less<>>;
  virtual ParkedKeys parked_keys(std::string_view sink) = 0;
  // The oldest parked event of each key, if its next attempt is due; at most `limit`, by id.
  virtual std::vector<ParkedEvent> due(std::string_view sink, TimePoint now, std::size_t limit) = 0;
  // At most `limit` with ids below `before`, newest first.
  virtual std::vector<ParkedEvent> dead_letters(std::string_view sink, OutboxId before,
                                                std::size_t limit) = 0;
  // What waits for a sink that has accepted everything up to `accepted`.
  virtual SinkBacklog backlog(std::string_view sink, OutboxId accepted) = 0;
};

}  // namespace stagedoor
