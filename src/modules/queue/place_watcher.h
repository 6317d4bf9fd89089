// Watches a place for one open event stream. poll() may be called often. It reads the room, which also counts
// as a sign of life (R-Q12), only if something may have changed: a visit or a leave was committed, the visit
// or the token has expired, or the fan would poll now.
#pragma once

#include <atomic>
#include <optional>

#include "modules/queue/rooms.h"

namespace stagedoor::queue {

class PlaceWatcher {
 public:
  // The token that proves the place is valid until `token_end`. The rooms and the clock must outlive it.
  PlaceWatcher(Rooms& rooms, const Clock& clock, const PlaceRef& place, TimePoint token_end)
      : rooms_(rooms),
        clock_(clock),
        changes_(rooms.changes(place.event)),
        place_(place),
        token_end_(token_end) {}

  // Returns the view for the fan, or nullopt if nothing can have changed and `force` is false. One thread at
  // a time.
  struct Observation {
    std::optional<FanView> fan;  // nullopt: the token is not valid any more
    bool poll_due = false;       // the fan would poll now
  };
  std::optional<Observation> poll(bool force = false);

 private:
  Rooms& rooms_;
  const Clock& clock_;
  const std::atomic<std::uint64_t>& changes_;
  PlaceRef place_;
  TimePoint token_end_;
  std::optional<std::uint64_t> seen_;  // changes_ as of the last poll
  TimePoint ends_at_ = kNever;         // when the observed status changes without a commit
  TimePoint next_poll_{};
};

}  // namespace stagedoor::queue
