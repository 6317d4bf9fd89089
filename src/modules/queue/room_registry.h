// The rooms of all events, each with its own lock. No other file of the rooms has a lock.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/guarded.h"
#include "modules/queue/room.h"
#include "state/rows/waiting_room.h"

namespace stagedoor::queue {

// The state of one event's waiting room.
struct RoomState {
  Room room;
  std::optional<Draw> draw;
  // Signs of life that are not yet sent to other instances; by block.
  std::map<std::int32_t, PlaceBitmap> unsent_presence;
};

// Any thread. Rooms are never removed. The functions passed to with(), change() and look() run under the
// room's lock: they must be short and must not use the registry.
class RoomRegistry {
 public:
  // Returns `f(RoomState&)` of the event's room, which is created if necessary.
  template <class F>
  auto with(EventId event, F&& f) {
    const auto state = slot(event).state.lock();
    return std::forward<F>(f)(*state);
  }

  // The same, counted in changes().
  template <class F>
  void change(EventId event, F&& f) {
    Slot& changed = slot(event);
    std::forward<F>(f)(*changed.state.lock());
    changed.changes.fetch_add(1, std::memory_order_release);
  }

  // Returns `f(const RoomState&)` of an existing room; else the default value of that type.
  template <class F>
  auto look(EventId event, F&& f) const {
    using Found = std::invoke_result_t<F, const RoomState&>;
    const Slot* found = find(event);
    if (!found) return Found();
    const auto state = found->state.lock();
    return Found(std::forward<F>(f)(*state));
  }

  bool contains(EventId event) const { return find(event) != nullptr; }
  // The events that have a room.
  std::vector<EventId> events() const;

  // Rises after every commit that starts, renews or ends a visit or gives up a place. A read of the room
  // after a read of the number is at least as new as the number. Lives as long as the registry.
  const std::atomic<std::uint64_t>& changes(EventId event) { return slot(event).changes; }

 private:
  struct Slot {
    Guarded<RoomState> state;
    std::atomic<std::uint64_t> changes{0};
  };

  Slot& slot(EventId event);  // created if necessary
  const Slot* find(EventId event) const;

  Guarded<std::map<EventId, std::unique_ptr<Slot>>> slots_;
};

}  // namespace stagedoor::queue
