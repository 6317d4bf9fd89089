#include "modules/queue/rooms.h"

#include <algorithm>

#include "modules/queue/poll_pace.h"

namespace stagedoor::queue {
namespace {

constexpr std::size_t kListedAtOnce = 10'000;  // under one lock: polls of the event wait meanwhile

bool is_somebody_elses(const Room& room, const PlaceRef& place) {
  const UserId* owner = room.owner(place.place);
  return owner && *owner != place.user && *owner != UserId{};
}

// Nobody waits for a sale that is over. If it is extended, they wait again.
void end_waiting(Standing& standing, const Event& event, TimePoint now) {
  standing.status = QueueStatus::EXPIRED;
  standing.position = 0;
  standing.behind.reset();
  standing.reason = EndReason::SALE_OVER;
  if (now >= event.on_sale.until) standing.expires_at = event.on_sale.until;
}

// Before the opening nobody is admitted.
void add_opening(Estimate& estimate, Millis until) {
  const std::int64_t seconds = std::chrono::ceil<std::chrono::seconds>(until).count();
  for (auto* expected : {&estimate.seconds, &estimate.low, &estimate.high})
    if (*expected) **expected += seconds;
  estimate.is_guess = false;
}

void describe_wait(FanView& fan, const Room& room, Place place, const Event& event, TimePoint now) {
  fan.changes_at = event.on_sale.until;
  if (event.paused) {
    fan.paused = Pause{event.paused_since.value_or(event.updated_at), event.paused_text};
    return;
  }
  fan.estimate = room.expected_wait(place, fan.standing, event.queue, now);
  if (now < event.on_sale.from) add_opening(fan.estimate, event.on_sale.from - now);
}

// `event` is nullptr if this instance does not know it yet.
FanView view(const Room& room, Place place, const Event* event, TimePoint now) {
  static const QueuePolicy kDefaults;
  const QueuePolicy& policy = event ? event->queue : kDefaults;
  FanView fan{.standing = room.standing(place, now), .estimate = {}};
  if (fan.standing.status != QueueStatus::CREATED) {
    fan.estimate.seconds = 0;
    if (fan.standing.status == QueueStatus::ACTIVATED) fan.changes_at = *fan.standing.expires_at;
  } else if (!event) {
    fan.estimate = room.expected_wait(place, fan.standing, policy, now);
  } else if (event->is_over(now)) {
    end_waiting(fan.standing, *event, now);
  } else {
    describe_wait(fan, room, place, *event, now);
  }
  fan.admitted_last_minute = room.admitted_last_minute(policy, now);
  fan.poll_after = poll_after(fan.standing, fan.estimate, place, event, now);
  return fan;
}

// Of somebody who joins now.
std::optional<std::int64_t> wait_at_end(const Room& room, const Event& event, TimePoint now) {
  if (event.paused || event.is_over(now) || room.line().is_gathering()) return std::nullopt;
  Estimate estimate = room.estimate(room.line().present(), event.queue, now);
  if (now < event.on_sale.from) add_opening(estimate, event.on_sale.from - now);
  return estimate.seconds;
}

}  // namespace

std::optional<FanView> Rooms::look(const PlaceRef& place) const {
  const auto catalogue = catalogue_();
  const Event* event = catalogue->event(place.event);
  bool has_room = false;
  auto fan = registry_.look(place.event, [&](const RoomState& state) -> std::optional<FanView> {
    has_room = true;
    if (is_somebody_elses(state.room, place)) return std::nullopt;
    return view(state.room, place.place, event, clock_.now());
  });
  if (!has_room) fan = view(Room(), place.place, event, clock_.now());
  return fan;
}

std::optional<FanView> Rooms::watch(const PlaceRef& place) {
  const auto catalogue = catalogue_();
  const Event* event = catalogue->event(place.event);
  return registry_.with(place.event, [&](RoomState& state) -> std::optional<FanView> {
    if (is_somebody_elses(state.room, place)) return std::nullopt;
    const TimePoint now = clock_.now();
    state.room.found(place.place, place.user);  // who has its token (R-Q18)
    presence_.record(state, place, now);
    return view(state.room, place.place, event, now);
  });
}

Rooms::Poll Rooms::poll(const PlaceRef& place) {
  const auto catalogue = catalogue_();
  const Event* event = catalogue->event(place.event);
  return registry_.with(place.event, [&](RoomState& state) -> Poll {
    if (is_somebody_elses(state.room, place)) return {};
    const TimePoint now = clock_.now();
    state.room.found(place.place, place.user);  // who has its token (R-Q18)
    presence_.record(state, place, now);
    const FanView fan = view(state.room, place.place, event, now);
    const bool is_limited = event && event->queue.poll_min > Millis(0);
    if (!is_limited) return {fan, {}};
    if (!state.room.owner(place.place)) {
      const Millis wait = take_from_table(place, fan.poll_after);
      return wait > Millis(0) ? Poll{std::nullopt, wait} : Poll{fan, {}};
    }
    if (!state.room.may_poll(place.place, now, fan.poll_after)) return {std::nullopt, fan.poll_after / 2};
    return {fan, {}};
  });
}

std::optional<LinePlace> Rooms::place_of(EventId event, const UserId& user, TimePoint now) const {
  return registry_.look(event, [&](const RoomState& state) -> std::optional<LinePlace> {
    const auto place = state.room.place_of(user, now);
    if (!place) return std::nullopt;
    return LinePlace{event, *place, user, state.room.joined_at(*place), std::nullopt};
  });
}

RecentPlaces Rooms::places_since(EventId event, const UserId& user, TimePoint since, std::int64_t max) const {
  return registry_.look(event,
                        [&](const RoomState& state) { return state.room.places_since(user, since, max); });
}

Millis Rooms::ask_again(const PlaceRef& place) {
  const auto catalogue = catalogue_();
  const Event* event = catalogue->event(place.event);
  if (!event || event->queue.poll_min <= Millis(0)) return {};
  const auto fan = look(place);
  return fan ? take_from_table(place, fan->poll_after) : Millis(0);
}

Millis Rooms::take_from_table(const PlaceRef& place, Millis advised) {
  const Rate rate{.burst = std::int64_t(kPollBurst), .interval = advised / 2};
  const auto now = std::chrono::nanoseconds(clock_.now().time_since_epoch()).count();
  const auto key = mix_key(std::uint64_t(place.event.value), place.place);
  return std::chrono::ceil<Millis>(asked_again_.take(key, rate, now));
}

Place Rooms::last_place(EventId event) const {
  return registry_.look(event, [](const RoomState& state) { return state.room.last_place(); });
}

std::optional<UserId> Rooms::owner(EventId event, Place place) const {
  return registry_.look(event, [&](const RoomState& state) {
    const UserId* owner = state.room.owner(place);
    return owner ? std::optional(*owner) : std::nullopt;
  });
}

void Rooms::found(const PlaceRef& place) {
  registry_.with(place.event, [&](RoomState& state) { state.room.found(place.place, place.user); });
}

RoomNumbers Rooms::numbers(EventId event) const {
  static const QueuePolicy kDefaults;
  const auto catalogue = catalogue_();
  const Event* known = catalogue->event(event);
  const TimePoint now = clock_.now();
  return registry_.look(event, [&](const RoomState& state) {
    const Room& room = state.room;
    return RoomNumbers{.waiting = room.line().waiting(),
                       .present = room.line().present(),
                       .active = room.active(now),
                       .joined = room.last_place(),
                       .frontier = room.line().frontier(),
                       .admitted_per_second = room.admitted_per_second(known ? known->queue : kDefaults, now),
                       .is_gathering = room.line().is_gathering(),
                       .wait_seconds = known ? wait_at_end(room, *known, now) : std::nullopt};
  });
}

std::optional<Draw> Rooms::draw(EventId event) const {
  return registry_.look(event, [](const RoomState& state) { return state.draw; });
}

std::vector<UserId> Rooms::priority_users(EventId event) const {
  return registry_.look(event, [](const RoomState& state) { return state.room.priority_users(); });
}

std::vector<LinePlace> Rooms::everybody(EventId event) const {
  std::vector<LinePlace> people;
  const TimePoint now = clock_.now();
  Place place = 1;
  const auto list_some = [&](const RoomState& state) {  // returns true while there are more
    const Room& room = state.room;
    for (std::size_t i = 0; i < kListedAtOnce && place <= room.last_place(); ++i, ++place) {
      if (room.standing(place, now).status != QueueStatus::EXPIRED)
        people.push_back({event, place, *room.owner(place), room.joined_at(place), std::nullopt});
    }
    return place <= room.last_place();
  };
  while (registry_.look(event, list_some)) {
  }
  return people;
}

TimePoint Rooms::next_due(TimePoint now) const {
  TimePoint due = kNever;
  const auto catalogue = catalogue_();
  for (const auto& each : catalogue->events) {
    const Event& event = *each.second;
    if (event.is_over(now)) continue;
    const auto with_room = registry_.look(event.id, [&](const RoomState& state) {
      return std::optional(
          std::min({draws_.next_due(event, &state, now), presence_.next_due(event, state, now),
                    admission_.next_due(event, state, now)}));
    });
    due = std::min(due, with_room ? *with_room : draws_.next_due(event, nullptr, now));
  }
  return due;
}

void Rooms::collect(TimePoint now, std::vector<std::unique_ptr<Command>>& due) {
  const auto catalogue = catalogue_();
  for (const auto& [id, event] : catalogue->events) {
    if (event->is_over(now)) continue;
    draws_.collect(*event, now, due);
    if (!registry_.contains(id)) continue;
    presence_.collect(*event, now, due);
    admission_.collect(*event, now, due);
  }
}

}  // namespace stagedoor::queue
