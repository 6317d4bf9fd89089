#include "modules/queue/rooms.h"

#include <algorithm>

namespace stagedoor {
namespace {

constexpr Millis kPollFloor{1000};
constexpr Millis kPollGuess{10'000};  // while nobody knows how fast visits end
constexpr Millis kPollInside{5000};   // who is inside hears soon that the visit is over

// Lets in whoever may come now; nobody waits for its answer.
class Admit : public Command {
 public:
  Admit(const Rooms& rooms, EventId event) : Command(LaneClass::payment, {}), rooms_(rooms), event_(event) {}

  void keys(const View&, Keys&) const override {}  // new visits only
  Decided decide(const View& view, Moment& moment) override {
    const Event* event = view.catalogue->event(event_);
    return {{},
            event ? decide_admit(*event, rooms_.admissible(*event, moment.now), moment.now) : Changes{},
            false};
  }
  void reply(Answer) override {}

 private:
  const Rooms& rooms_;
  EventId event_;
};

// Somewhere in [0, 1), the same for the same place and position, so that an unchanged answer stays the same
// to the byte.
double jitter(Place place, std::uint32_t position) {
  return double(absl::HashOf(place, position) % 1024) / 1024;
}

}  // namespace

void Rooms::restore(Store& store) {
  store.each_place([&](const LinePlace& place) {
    Room& room = at(place.event).room;
    room.joined(place.place, place.user, place.joined_at);
    if (place.left_at) room.left(place.place, *place.left_at);
  });
  store.each_visit([&](const Visit& visit) {
    at(visit.event).room.visit(visit.place, visit.activated_at, visit.expires_at);
  });
}

Rooms::Guarded& Rooms::at(EventId event) {
  const std::lock_guard lock(mutex_);
  auto& guarded = rooms_[event];
  if (!guarded) guarded = std::make_unique<Guarded>();
  return *guarded;
}

const Rooms::Guarded* Rooms::find(EventId event) const {
  const std::lock_guard lock(mutex_);
  const auto found = rooms_.find(event);
  return found == rooms_.end() ? nullptr : found->second.get();
}

FanView Rooms::view(const Room& room, const TokenClaims& token, const Event* event, TimePoint now) const {
  static const QueuePolicy kDefaults;
  const QueuePolicy& policy = event ? event->queue : kDefaults;
  FanView fan{room.standing(token.place, now), {}, {}};
  if (fan.standing.status == QueueStatus::CREATED) {
    if (!event || !event->paused) fan.estimate = room.estimate(fan.standing.position, policy, now);
  } else {
    fan.estimate.seconds = 0;
  }
  fan.poll_after = poll_after(fan, token, policy, now);
  return fan;
}

// A tenth of the expected wait: nearer the front, sooner.
Millis Rooms::poll_after(const FanView& fan, const TokenClaims& token, const QueuePolicy& policy,
                         TimePoint now) const {
  const Millis least = policy.poll_min > Millis(0) ? policy.poll_min : kPollFloor;
  Millis wait = policy.poll_max;
  if (fan.standing.status == QueueStatus::ACTIVATED)
    wait = std::min((*fan.standing.expires_at - now) / 10, kPollInside);
  else if (fan.estimate.seconds) wait = Millis(*fan.estimate.seconds * 100);
  if (fan.estimate.is_guess) wait = std::min(wait, kPollGuess);
  wait = std::clamp(wait, least, std::max(least, policy.poll_max));
  const auto spread = double(wait.count()) * 0.1 * jitter(token.place, fan.standing.position);
  return std::clamp(wait + Millis(std::int64_t(spread)), least, std::max(least, policy.poll_max));
}

std::optional<FanView> Rooms::look(const TokenClaims& token) const {
  static const Room kEmpty;
  const auto catalogue = catalogue_();
  const Event* event = catalogue->event(token.event);
  const Guarded* guarded = find(token.event);
  if (!guarded) return view(kEmpty, token, event, clock_.now());
  const std::lock_guard lock(guarded->mutex);
  const UserId* owner = guarded->room.owner(token.place);
  if (owner && *owner != token.user) return std::nullopt;
  return view(guarded->room, token, event, clock_.now());
}

Rooms::Poll Rooms::poll(const TokenClaims& token) {
  const auto catalogue = catalogue_();
  const Event* event = catalogue->event(token.event);
  Guarded& guarded = at(token.event);
  const std::lock_guard lock(guarded.mutex);
  const UserId* owner = guarded.room.owner(token.place);
  if (owner && *owner != token.user) return {};
  const TimePoint now = clock_.now();
  FanView fan = view(guarded.room, token, event, now);
  const bool is_limited = event && event->queue.poll_min > Millis(0);
  if (is_limited && !guarded.room.may_poll(token.place, now, fan.poll_after))
    return {std::nullopt, fan.poll_after / 2};
  return {std::move(fan), {}};
}

std::optional<LinePlace> Rooms::place_of(EventId event, const UserId& user, TimePoint now) const {
  const Guarded* guarded = find(event);
  if (!guarded) return std::nullopt;
  const std::lock_guard lock(guarded->mutex);
  const auto place = guarded->room.place_of(user, now);
  if (!place) return std::nullopt;
  return LinePlace{event, *place, user, guarded->room.standing(*place, now).joined_at, std::nullopt};
}

Place Rooms::last_place(EventId event) const {
  const Guarded* guarded = find(event);
  if (!guarded) return 0;
  const std::lock_guard lock(guarded->mutex);
  return guarded->room.last_place();
}

RoomNumbers Rooms::numbers(EventId event) const {
  const Guarded* guarded = find(event);
  if (!guarded) return {};
  const std::lock_guard lock(guarded->mutex);
  return {guarded->room.waiting(), guarded->room.active(clock_.now()), guarded->room.last_place()};
}

void Rooms::committed(const Batch& batch) {
  for (const auto& [place, stored] : batch.line.rows()) {
    Guarded& guarded = at(place.event);
    const std::lock_guard lock(guarded.mutex);
    if (!stored) guarded.room.joined(place.place, place.user, place.joined_at);
    if (!place.left_at) continue;
    guarded.room.left(place.place, *place.left_at);
    guarded.changes.fetch_add(1, std::memory_order_release);
  }
  for (const auto& [visit, stored] : batch.visits.rows()) {
    Guarded& guarded = at(visit.event);
    const std::lock_guard lock(guarded.mutex);
    guarded.room.visit(visit.place, visit.activated_at, visit.expires_at);
    guarded.changes.fetch_add(1, std::memory_order_release);
  }
}

TimePoint Rooms::next_due(TimePoint now) const {
  TimePoint due = kNever;
  const auto catalogue = catalogue_();
  for (const auto& [id, event] : catalogue->events) {
    const Guarded* guarded = find(id);
    if (!guarded || event->closed || event->paused || now >= event->on_sale.until) continue;
    const std::lock_guard lock(guarded->mutex);
    const TimePoint next = guarded->room.next_admission(event->queue, now);
    if (next != kNever) due = std::min(due, std::max(next, event->on_sale.from));
  }
  return due;
}

void Rooms::collect(TimePoint now, std::vector<std::unique_ptr<Command>>& due) {
  const auto catalogue = catalogue_();
  for (const auto& [id, event] : catalogue->events) {
    if (!admissible(*event, now).empty()) due.push_back(std::make_unique<Admit>(*this, id));
  }
}

std::vector<LinePlace> Rooms::admissible(const Event& event, TimePoint now) const {
  std::vector<LinePlace> places;
  const Guarded* guarded = find(event.id);
  if (!guarded || event.paused || !event.is_on_sale(now)) return places;
  const std::lock_guard lock(guarded->mutex);
  for (const Place place : guarded->room.admissible(event.queue, now)) {
    places.push_back({event.id, place, *guarded->room.owner(place), {}, std::nullopt});
  }
  return places;
}

}  // namespace stagedoor
