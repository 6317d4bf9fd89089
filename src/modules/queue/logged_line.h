// The line of a store whose joins are in a log elsewhere, as a start reads it: places by the log and the
// marks, leaves by the store (decision 0028).
#pragma once

#include <functional>
#include <map>
#include <optional>

#include "modules/queue/line_replay.h"
#include "ports/line_log.h"
#include "ports/line_store.h"
#include "ports/startup_state.h"

namespace stagedoor::queue {

// One thread. Throws StoreUnavailable while the log cannot be read, StoreUnusable if the log and the marks do
// not fit each other.
class LoggedLine final : public LineStore {
 public:
  // Reads the rows of the store that the receivers ask for.
  using ReadRows = std::function<void(const StartupRows&)>;

  // Reads the marks, what was passed over and who left. The log must outlive it. Waits up to `patience` in
  // all for places that the log lacks, because an instance that runs puts back what it knows. The user of a
  // place that is lost after that is zero.
  LoggedLine(LineLog& log, const ReadRows& store, Millis patience);

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
  LineReplay read_log(EventId event);

  LineLog& log_;
  Millis patience_;  // what is left of it
  std::map<EventId, OfEvent> events_;
  EventId replayed_event_{};
  std::optional<LineReplay> replayed_;
};

}  // namespace stagedoor::queue
