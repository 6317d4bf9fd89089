// Admits people as soon as the event's policy allows it, independent of polls (R-Q10).
#pragma once

#include <absl/container/flat_hash_map.h>

#include <memory>
#include <vector>

#include "engine/command.h"
#include "modules/queue/room_registry.h"

namespace stagedoor::queue {

// Lane thread. The rooms must outlive it and its commands.
class AdmissionJob {
 public:
  explicit AdmissionJob(const RoomRegistry& rooms) : rooms_(rooms) {}

  // The time at which `event` needs an admission, as far as its room is known.
  TimePoint next_due(const Event& event, const RoomState& state, TimePoint now) const;
  void collect(const Event& event, TimePoint now, std::vector<std::unique_ptr<Command>>& due);
  // Nobody is admitted before this time.
  void rest(EventId event, TimePoint until) { rests_until_[event] = until; }

 private:
  TimePoint rests_until(EventId event) const;

  const RoomRegistry& rooms_;
  // Rooms whose policy allowed an admission while all waiting users were absent, and those of rest().
  absl::flat_hash_map<EventId, TimePoint> rests_until_;
};

}  // namespace stagedoor::queue
