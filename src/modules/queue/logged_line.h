// The line of a store whose joins are in a log elsewhere, as a start reads it: places by the log and the
// marks, leaves by the store (decision 0028).
#pragma once

#include <map>
#include <optional>

#include "modules/queue/line_replay.h"
#include "ports/line_log.h"
#include "ports/line_store.h"
#include "ports/startup_state.h"

namespace stagedoor::queue {

// One thread. Throws StoreUnavailable while the log cannot be read or lacks places that others may put back,
// StoreUnusable if the log and the marks do not fit each other.
class LoggedLine final : public LineStore {
 public:
  // Reads the marks, what was passed over and who left. The log must outlive it.
  LoggedLine(LineLog& log, StartupState& store);

  std::vector<LinePlace> read(EventId event, Place after, std::size_t limit) override;
  Place head(EventId event) override;

 private:
  struct OfEvent {
    std::vector<LineMark> marks;
    std::vector<PassedOver> passed_over;
    std::map<Place, LineLeave> leaves;
  };
  // The places of the event; read from the log unless they are those of the call before.
  const LineReplay& replay(EventId event);

  LineLog& log_;
  std::map<EventId, OfEvent> events_;
  EventId replayed_event_{};
  std::optional<LineReplay> replayed_;
};

}  // namespace stagedoor::queue
