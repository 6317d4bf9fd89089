// Updates the rooms: from the store at start, then from committed batches.
#include <algorithm>
#include <deque>
#include <map>

#include "core/log.h"
#include "modules/queue/rooms.h"

namespace stagedoor::queue {
namespace {

void change_priority(Room& room, const PriorityUser& row) {
  if (row.taken_back_at) room.end_priority(row.user);
  else room.grant_priority(row.user);
}

}  // namespace

void Rooms::restore(LineStore& line, StartupState& store) {
  const TimePoint now = std::max(clock_.now(), store.latest_moment());
  const auto catalogue = catalogue_();
  std::vector<Draw> drawn;
  store.read({.draw = [&](const Draw& draw) {
    const Event* event = catalogue->event(draw.event);
    registry_.with(draw.event, [&](RoomState& state) {
      state.draw = draw;
      if (draw.drawn_at || (event && event->queue.order == LineOrder::draw)) state.room.gather();
    });
    if (draw.drawn_at) drawn.push_back(draw);
  }});
  // In the order in which people entered the priority line: at their join, or later when priority was
  // granted. A row whose priority was taken back is two changes.
  std::map<EventId, std::deque<PriorityUser>> granted;
  store.read({.priority = [&](const PriorityUser& user) {
    auto& changes = granted[user.event];
    changes.push_back({user.event, user.user, user.granted_at, std::nullopt});
    if (user.taken_back_at) changes.push_back(user);
  }});
  const auto at = [](const PriorityUser& change) { return change.taken_back_at.value_or(change.granted_at); };
  for (auto& [event, users] : granted) {
    std::stable_sort(users.begin(), users.end(),
                     [&](const PriorityUser& a, const PriorityUser& b) { return at(a) < at(b); });
  }
  const auto grant_until = [&](Room& room, std::deque<PriorityUser>& users, TimePoint until) {
    for (; !users.empty() && at(users.front()) <= until; users.pop_front())
      change_priority(room, users.front());
  };
  for (const auto& [id, event] : catalogue->events) {
    auto& users = granted[id];
    std::size_t lost = 0;
    for_each_place(line, id, [&](const LinePlace& place) {
      registry_.with(place.event, [&](RoomState& state) {
        grant_until(state.room, users, place.joined_at);
        if (place.user == UserId{}) {
          state.room.joined_by_nobody_known(place.place, place.joined_at);
          ++lost;
        } else {
          state.room.joined(place.place, place.user, place.joined_at);
        }
        if (place.left_at) state.room.left(place.place, *place.left_at, place.left_by);
      });
    });
    if (lost == 0 || event->is_over(now)) continue;
    admission_.rest(id, now + event->queue.presence_timeout);
    log(LogLevel::warn,
        "the queue has lost who has these places; their owners are let in next when they show their tokens",
        {{"stagedoor.event.id", id.value}, {"stagedoor.places.lost", lost}});
  }
  for (auto& each : granted) {
    if (each.second.empty()) continue;
    registry_.with(each.first, [&](RoomState& state) { grant_until(state.room, each.second, kNever); });
  }
  for (const Draw& draw : drawn) {
    if (draw.people > last_place(draw.event)) {  // a damaged row; the room goes on gathering
      log(LogLevel::error,
          "the stored draw names more people than joined; nobody is admitted to the event. Run stagedoor "
          "audit",
          {{"stagedoor.event.id", draw.event.value}});
      continue;
    }
    auto order = draws_.finish(draw);
    registry_.with(draw.event, [&](RoomState& state) { state.room.set_order(std::move(*order)); });
  }
  store.read({.absence = [&](const PlaceBitmap& block) {
    registry_.with(block.event, [&](RoomState& state) { state.room.vanished(block); });
  }});
  store.read({.visit = [&](const Visit& visit) {
    registry_.with(visit.event, [&](RoomState& state) {
      state.room.visit(visit.place, visit.activated_at, visit.expires_at, visit.ended_by);
    });
  }});
  count_everybody_present(now);
}

void Rooms::on_commit(const Batch& batch) {
  for (const auto& row : batch.priority)
    registry_.with(row.event, [&](RoomState& state) { change_priority(state.room, row); });
  for (const auto& [row, stored] : batch.line.rows()) {
    const LinePlace& place = row;
    if (!stored) {
      registry_.with(place.event,
                     [&](RoomState& state) { state.room.joined(place.place, place.user, place.joined_at); });
    }
    if (place.left_at) {
      registry_.change(place.event, [&](RoomState& state) {
        state.room.left(place.place, *place.left_at, place.left_by);
      });
    }
  }
  for (const auto& block : batch.absences)
    registry_.with(block.event, [&](RoomState& state) { state.room.vanished(block); });
  for (const auto& [row, stored] : batch.visits.rows()) {
    const Visit& visit = row;
    registry_.change(visit.event, [&](RoomState& state) {
      state.room.visit(visit.place, visit.activated_at, visit.expires_at, visit.ended_by);
    });
  }
  for (const auto& [row, stored] : batch.draws.rows()) {
    const Draw& draw = row;
    auto order = draws_.finish(draw);  // before the lock, which the drawing may wait for
    registry_.change(draw.event, [&](RoomState& state) {
      state.draw = draw;
      if (order) state.room.set_order(std::move(*order));
    });
  }
  // A room gathers while its policy requires a draw that has not taken place; otherwise the order is that of
  // joining.
  const auto follow_policy = [&](EventId id, const QueuePolicy& policy) {
    registry_.change(id, [&](RoomState& state) {  // streams see pauses and the end of the sale at once
      const bool waits_for_draw = state.draw && !state.draw->drawn_at && policy.order == LineOrder::draw;
      const bool is_gathering = state.room.line().is_gathering();
      const bool has_broken_draw = is_gathering && state.draw && state.draw->drawn_at;
      if (waits_for_draw && !is_gathering) state.room.gather();
      if (!waits_for_draw && is_gathering && !has_broken_draw) state.room.set_order({});
    });
  };
  for (const auto& event : batch.catalogue.events) follow_policy(event.id, event.queue);
  const auto catalogue = catalogue_();
  for (const auto& [draw, stored] : batch.draws.rows())
    if (const Event* event = catalogue->event(draw.event)) follow_policy(draw.event, event->queue);
}

void Rooms::on_remote_commit(const Batch& batch) {
  on_commit(batch);
  for (const auto& block : batch.seen)
    registry_.with(block.event, [&](RoomState& state) { state.room.seen(block, clock_.now()); });
}

void Rooms::on_reconnect() { count_everybody_present(clock_.now()); }

void Rooms::count_everybody_present(TimePoint now) {
  for (const EventId event : registry_.events())
    registry_.with(event, [&](RoomState& state) { state.room.everybody_seen(now); });
}

}  // namespace stagedoor::queue
