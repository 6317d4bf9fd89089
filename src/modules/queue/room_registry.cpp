#include "modules/queue/room_registry.h"

namespace stagedoor::queue {

RoomRegistry::Slot& RoomRegistry::slot(EventId event) {
  const auto slots = slots_.lock();
  auto& slot = (*slots)[event];
  if (!slot) slot = std::make_unique<Slot>();
  return *slot;
}

const RoomRegistry::Slot* RoomRegistry::find(EventId event) const {
  const auto slots = slots_.lock();
  const auto found = slots->find(event);
  return found == slots->end() ? nullptr : found->second.get();
}

std::vector<EventId> RoomRegistry::events() const {
  std::vector<EventId> events;
  const auto slots = slots_.lock();
  for (const auto& [event, slot] : *slots) events.push_back(event);
  return events;
}

}  // namespace stagedoor::queue
