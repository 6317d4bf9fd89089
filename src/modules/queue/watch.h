// A place in the line, watched for as long as an event stream about it is open. Asked often, it looks at the
// room (and is a sign of life, R-Q12) only when something may have changed: a visit or a leaving was
// committed, the visit's or the token's time is over, or the fan would now poll.
#pragma once

#include <atomic>
#include <optional>

#include "modules/queue/rooms.h"

namespace stagedoor {

class Watch {
 public:
  // The token that proves the place is valid until `token_end`. The rooms and the clock must outlive it.
  Watch(Rooms& rooms, const Clock& clock, const PlaceRef& place, TimePoint token_end)
      : rooms_(rooms),
        clock_(clock),
        changes_(rooms.changes(place.event)),
        place_(place),
        token_end_(token_end) {}

  // What there is to see; nothing when there can be nothing new. One thread at a time.
  struct Sight {
    std::optional<FanView> fan;  // nothing: the token is not valid any more
    bool is_time = false;        // a poll's time has come since the last sight for which it had
  };
  std::optional<Sight> look(bool in_any_case = false);

 private:
  Rooms& rooms_;
  const Clock& clock_;
  const std::atomic<std::uint64_t>& changes_;
  PlaceRef place_;
  TimePoint token_end_;
  std::optional<std::uint64_t> seen_;  // changes_ as of the last look
  TimePoint ends_at_ = kNever;         // when what was seen then reads otherwise by itself
  TimePoint next_poll_{};
};

}  // namespace stagedoor
