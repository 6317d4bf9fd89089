// A log outside of the booking store that keeps who joined (decision 0028). It has records in one order per
// event, and no places: the booking store's writer gives those. Adapters: redis, kafka; memory, for tests.
//
// A log may lose what it acknowledged: its tail, or everything. Positions may then be used again for other
// records. So a record is known by its position and its random id together.
#pragma once

#include <absl/functional/any_invocable.h>

#include <cstddef>
#include <map>
#include <optional>
#include <stdexcept>
#include <vector>

#include "core/time.h"
#include "state/rows/line_log.h"

namespace stagedoor {

// The log cannot be read now.
struct LogUnavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class LineLog {
 public:
  enum class Outcome {
    appended,
    not_appended,  // and it will not be
    unknown,       // the answer was lost: whoever reads the log finds out
  };
  using Done = absl::AnyInvocable<void(Outcome)>;

  virtual ~LineLog() = default;

  // Any thread; does not wait. `done` is called once, on this or another thread, and must be short. The log
  // chooses the record's position.
  virtual void append(const LogRecord& record, Done done) = 0;

  // One thread at a time from here on. Each throws LogUnavailable.
  // Records behind these positions, those of an event in their order, at most `limit` of each event. If the
  // log has some it gives at least one, however long that takes, and what else has arrived; if it has none,
  // waits for the first one, up to `wait`. If the log has a record at an event's position itself, it comes
  // before those behind it: so whoever reads sees whether the log still is what it was.
  virtual std::vector<LogRecord> read(const std::map<EventId, LogPosition>& after, std::size_t limit,
                                      Millis wait) = 0;
  // The record at this position; nullopt: the log has none.
  virtual std::optional<LogRecord> find(EventId event, LogPosition at) = 0;
  // Of the last record; {}: there is none.
  virtual LogPosition head(EventId event) = 0;
};

}  // namespace stagedoor
