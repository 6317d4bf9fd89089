// Presence of waiting users (R-Q12): keeps their signs of life, shares them with other instances, and records
// who has vanished. Silence for which the server or the way to it is to blame is forgiven (decision 0022).
#pragma once

#include <absl/container/flat_hash_map.h>

#include <memory>
#include <vector>

#include "core/place_ref.h"
#include "engine/command.h"
#include "modules/queue/room_registry.h"

namespace stagedoor::queue {

// Lane thread, except where noted. The rooms must outlive it and its commands.
class PresenceJob {
 public:
  explicit PresenceJob(RoomRegistry& rooms) : rooms_(rooms) {}

  // Fans may poll other instances too: shares the local signs of life, and waits for those of the others
  // before it considers a fan absent. Call before the lane starts.
  void share_presence() { shares_presence_ = true; }

  // Records a sign of life of the place. Any thread; `state` is the place's room.
  void record(RoomState& state, const PlaceRef& place, TimePoint now) const;

  TimePoint next_due(const Event& event, const RoomState& state, TimePoint now) const;
  void collect(const Event& event, TimePoint now, std::vector<std::unique_ptr<Command>>& due);

 private:
  struct Times {
    TimePoint next_search{};          // for absent people
    TimePoint next_presence_share{};  // of signs of life, with other instances
  };
  void forgive(const Event& event, TimePoint now);
  void share(const Event& event, Times& times, TimePoint now, std::vector<std::unique_ptr<Command>>& due);
  void search(const Event& event, Times& times, TimePoint now, std::vector<std::unique_ptr<Command>>& due);

  RoomRegistry& rooms_;
  bool shares_presence_ = false;
  absl::flat_hash_map<EventId, Times> times_;
};

}  // namespace stagedoor::queue
