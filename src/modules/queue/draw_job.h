// Draws the order of the gathered users (R-Q13): commits to a seed in advance, and draws after the opening
// has closed the list of joins.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "engine/command.h"
#include "modules/queue/room_registry.h"
#include "ports/random.h"
#include "protocol/draw.h"

namespace stagedoor::queue {

// Lane thread. The rooms must outlive it.
class DrawJob {
 public:
  DrawJob(const RoomRegistry& rooms, RandomBytes random);
  ~DrawJob();

  // `state` is nullptr for an event without a room.
  TimePoint next_due(const Event& event, const RoomState* state, TimePoint now) const;
  void collect(const Event& event, TimePoint now, std::vector<std::unique_ptr<Command>>& due);

  // For a committed draw, before it is passed to the room: cancels the work on earlier drafts, and returns
  // the order if it is drawn.
  std::optional<protocol::DrawnOrder> finish(const Draw& draw);

 private:
  struct Drawing;  // the order; computed outside the lane if the list is long
  std::unique_ptr<Drawing> start_drawing(const Draw& draw) const;

  const RoomRegistry& rooms_;
  RandomBytes random_;
  std::map<EventId, std::unique_ptr<Drawing>> drawings_;
};

}  // namespace stagedoor::queue
