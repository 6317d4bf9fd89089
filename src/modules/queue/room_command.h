// A command of the waiting room's jobs: changes one event's room, and its answer is discarded.
#pragma once

#include "engine/command.h"

namespace stagedoor::queue {

class RoomCommand : public Command {
 public:
  explicit RoomCommand(EventId event) : Command(LaneClass::payment, {}), event_(event) {}
  void rows_to_load(const View&, Keys&) const override {}
  CommandResult decide(const View& view, BatchContext& context) override {
    const Event* event = view.catalogue->event(event_);
    return {{}, event ? changes(*event, view, context) : Changes{}, false};
  }
  void reply(Answer) override {}

 protected:
  virtual Changes changes(const Event& event, const View& view, BatchContext& context) = 0;
  EventId event_;
};

}  // namespace stagedoor::queue
