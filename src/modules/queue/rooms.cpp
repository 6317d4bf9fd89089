#include "modules/queue/rooms.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "protocol/draw.h"

namespace stagedoor {
namespace {

constexpr Millis kPollFloor{1000};
constexpr Millis kPollGuess{10'000};  // while nobody knows how fast visits end
constexpr Millis kPollInside{5000};   // who is inside hears soon that the visit is over

constexpr std::size_t kAbsentAtOnce = 20'000;  // so that the lane is not kept
constexpr Millis kSearchEvery{1000};           // for absent people
constexpr int kPresenceSharesPerTimeout = 8;   // of who is there, to other instances, in a presence_timeout
constexpr Millis kAdmissionRest{100};
constexpr Millis kDrawingLook{10};               // how often a draw under way is looked after
constexpr Place kDrawnInLane = 10'000;           // so many take the lane a few milliseconds
constexpr std::size_t kDigestedAtOnce = 10'000;  // so long a poll may wait for the room

// Something that a room needs done; nobody waits for its answer.
class RoomCommand : public Command {
 public:
  explicit RoomCommand(EventId event) : Command(LaneClass::payment, {}), event_(event) {}
  void keys(const View&, Keys&) const override {}
  Decided decide(const View& view, Moment& moment) override {
    const Event* event = view.catalogue->event(event_);
    return {{}, event ? changes(*event, view, moment.now) : Changes{}, false};
  }
  void reply(Answer) override {}

 protected:
  virtual Changes changes(const Event& event, const View& view, TimePoint now) = 0;
  EventId event_;
};

// Lets in whoever may come now.
class Admit : public RoomCommand {
 public:
  Admit(const Rooms& rooms, EventId event) : RoomCommand(event), rooms_(rooms) {}

 private:
  Changes changes(const Event& event, const View&, TimePoint now) override {
    return decide_admit(event, rooms_.admissible(event, now), now);
  }
  const Rooms& rooms_;
};

// Notes who has vanished.
class NoteAbsent : public RoomCommand {
 public:
  NoteAbsent(const Rooms& rooms, EventId event, std::vector<Place> places)
      : RoomCommand(event), rooms_(rooms), places_(std::move(places)) {}

 private:
  Changes changes(const Event&, const View&, TimePoint) override {
    Changes noted;
    noted.absences = rooms_.with_absent(event_, places_);
    return noted;
  }
  const Rooms& rooms_;
  std::vector<Place> places_;
};

// Tells the other instances who gave a sign of life here.
class SharePresence : public RoomCommand {
 public:
  SharePresence(EventId event, std::vector<PlaceBitmap> seen) : RoomCommand(event), seen_(std::move(seen)) {}

 private:
  Changes changes(const Event&, const View&, TimePoint) override {
    Changes told;
    told.seen = seen_;
    return told;
  }
  std::vector<PlaceBitmap> seen_;
};

class DrawCommand : public RoomCommand {
 public:
  using RoomCommand::RoomCommand;
  void keys(const View& view, Keys& wanted) const override { want(view.draws, wanted.draws, event_); }
};

class CommitDraw : public DrawCommand {
 public:
  CommitDraw(EventId event, std::string seed) : DrawCommand(event), seed_(std::move(seed)) {}

 private:
  Changes changes(const Event& event, const View& view, TimePoint now) override {
    return decide_commit_draw(event, view, now, seed_);
  }
  std::string seed_;
};

class DrawOrder : public DrawCommand {
 public:
  DrawOrder(EventId event, ClosedList list) : DrawCommand(event), list_(std::move(list)) {}

 private:
  Changes changes(const Event& event, const View& view, TimePoint now) override {
    return decide_draw(event, list_, view, now);
  }
  ClosedList list_;
};

// Somewhere in [0, 1), the same for the same place and position, so that an unchanged answer stays the same
// to the byte.
double jitter(Place place, std::uint32_t position) {
  return double((std::uint64_t(place) * 0x9E3779B97F4A7C15u + position * 0xC2B2AE3D27D4EB4Fu) >> 54) / 1024;
}

}  // namespace

Rooms::~Rooms() = default;

void Rooms::restore(StartupState& store) {
  const TimePoint now = std::max(clock_.now(), store.latest_moment());
  const auto catalogue = catalogue_();
  store.read({.draw = [&](const Draw& draw) {
    Slot& slot = at(draw.event);
    slot.draw = draw;
    const Event* event = catalogue->event(draw.event);
    if (draw.drawn_at || (event && event->queue.order == LineOrder::draw)) slot.room.gather();
  }});
  // In the order in which people came to the priority line: as they joined, or later when it was granted.
  std::map<EventId, std::deque<PriorityUser>> granted;
  store.read({.priority = [&](const PriorityUser& user) { granted[user.event].push_back(user); }});
  for (auto& [event, users] : granted) {
    std::stable_sort(users.begin(), users.end(), [](const PriorityUser& a, const PriorityUser& b) {
      return a.granted_at < b.granted_at;
    });
  }
  const auto grant_until = [&](EventId event, TimePoint until) {
    for (auto& users = granted[event]; !users.empty() && users.front().granted_at <= until; users.pop_front())
      at(event).room.grant_priority(users.front().user);
  };
  store.read({.place = [&](const LinePlace& place) {
    grant_until(place.event, place.joined_at);
    Room& room = at(place.event).room;
    room.joined(place.place, place.user, place.joined_at);
    if (place.left_at) room.left(place.place, *place.left_at);
  }});
  for (auto& [event, users] : granted) grant_until(event, kNever);
  {
    const MutexLock lock(mutex_);
    for (auto& [event, slot] : rooms_) {
      if (!slot->draw || !slot->draw->drawn_at) continue;
      set_order(slot->room, *slot->draw, nullptr);
    }
  }
  store.read({.absence = [&](const PlaceBitmap& block) { at(block.event).room.vanished(block); }});
  store.read({.visit = [&](const Visit& visit) {
    at(visit.event).room.visit(visit.place, visit.activated_at, visit.expires_at);
  }});
  const MutexLock lock(mutex_);
  for (auto& [event, slot] : rooms_) slot->room.everybody_seen(now);
}

Rooms::Slot& Rooms::at(EventId event) {
  const MutexLock lock(mutex_);
  auto& slot = rooms_[event];
  if (!slot) slot = std::make_unique<Slot>();
  return *slot;
}

Rooms::Slot* Rooms::find(EventId event) const {
  const MutexLock lock(mutex_);
  const auto found = rooms_.find(event);
  return found == rooms_.end() ? nullptr : found->second.get();
}

FanView Rooms::view(const Room& room, const PlaceRef& place, const Event* event, TimePoint now) const {
  static const QueuePolicy kDefaults;
  const QueuePolicy& policy = event ? event->queue : kDefaults;
  FanView fan{room.standing(place.place, now), {}, {}};
  if (fan.standing.status == QueueStatus::CREATED) {
    if (!event || !event->paused) fan.estimate = room.expected_wait(place.place, fan.standing, policy, now);
  } else {
    fan.estimate.seconds = 0;
  }
  fan.poll_after = poll_after(fan, place, policy, event, now);
  return fan;
}

// A tenth of the expected wait: nearer the front, sooner. Never so late that somebody who does as told would
// be taken for absent. Of a time that runs down in whole seconds, or no two answers would have the same ETag.
Millis Rooms::poll_after(const FanView& fan, const PlaceRef& place, const QueuePolicy& policy,
                         const Event* event, TimePoint now) const {
  const Millis least = policy.poll_min > Millis(0) ? policy.poll_min : kPollFloor;
  const Millis most = std::max(least, std::min(policy.poll_max, policy.presence_timeout / 2));
  Millis wait = most;
  if (fan.standing.status == QueueStatus::ACTIVATED)
    wait = std::min<Millis>(std::chrono::floor<std::chrono::seconds>((*fan.standing.expires_at - now) / 10),
                            kPollInside);
  else if (fan.standing.status == QueueStatus::CREATED && !fan.standing.position && event)
    wait = std::chrono::floor<std::chrono::seconds>((event->on_sale.from - now) / 10);
  else if (fan.estimate.seconds) wait = Millis(*fan.estimate.seconds * 100);
  if (fan.estimate.is_guess) wait = std::min(wait, kPollGuess);
  wait = std::clamp(wait, least, most);
  const auto spread = double(wait.count()) * 0.1 * jitter(place.place, fan.standing.position.value_or(0));
  return std::clamp(wait + Millis(std::int64_t(spread)), least, most);
}

void Rooms::sign_of_life(Slot& slot, const PlaceRef& place, TimePoint now) const {
  slot.room.seen(place.place, now);
  if (!shares_presence_ || !slot.room.owner(place.place) || !slot.room.line().waits(place.place)) return;
  const auto [at, is_new] = slot.unsent_presence.try_emplace(block_of(place.place));
  if (is_new) at->second = {place.event, at->first, std::string(kPlaceBits / 8, '\0')};
  set_bit(at->second, place.place);
}

std::optional<FanView> Rooms::watch(const PlaceRef& place) {
  {
    Slot& slot = at(place.event);
    const std::lock_guard lock(slot.mutex);
    const UserId* owner = slot.room.owner(place.place);
    if (owner && *owner == place.user) sign_of_life(slot, place, clock_.now());
  }
  return look(place);
}

std::optional<FanView> Rooms::look(const PlaceRef& place) const {
  const auto catalogue = catalogue_();
  const Event* event = catalogue->event(place.event);
  const Slot* slot = find(place.event);
  if (!slot) return view(Room(), place, event, clock_.now());
  const std::lock_guard lock(slot->mutex);
  const UserId* owner = slot->room.owner(place.place);
  if (owner && *owner != place.user) return std::nullopt;
  return view(slot->room, place, event, clock_.now());
}

Rooms::Poll Rooms::poll(const PlaceRef& place) {
  const auto catalogue = catalogue_();
  const Event* event = catalogue->event(place.event);
  Slot& slot = at(place.event);
  const std::lock_guard lock(slot.mutex);
  const UserId* owner = slot.room.owner(place.place);
  if (owner && *owner != place.user) return {};
  const TimePoint now = clock_.now();
  sign_of_life(slot, place, now);
  FanView fan = view(slot.room, place, event, now);
  const bool is_limited = event && event->queue.poll_min > Millis(0);
  if (is_limited && !slot.room.may_poll(place.place, now, fan.poll_after))
    return {std::nullopt, fan.poll_after / 2};
  return {std::move(fan), {}};
}

std::optional<LinePlace> Rooms::place_of(EventId event, const UserId& user, TimePoint now) const {
  const Slot* slot = find(event);
  if (!slot) return std::nullopt;
  const std::lock_guard lock(slot->mutex);
  const auto place = slot->room.place_of(user, now);
  if (!place) return std::nullopt;
  return LinePlace{event, *place, user, slot->room.standing(*place, now).joined_at, std::nullopt};
}

Place Rooms::last_place(EventId event) const {
  const Slot* slot = find(event);
  if (!slot) return 0;
  const std::lock_guard lock(slot->mutex);
  return slot->room.last_place();
}

RoomNumbers Rooms::numbers(EventId event) const {
  static const QueuePolicy kDefaults;
  const Slot* slot = find(event);
  if (!slot) return {};
  const auto catalogue = catalogue_();
  const Event* of = catalogue->event(event);
  const TimePoint now = clock_.now();
  const std::lock_guard lock(slot->mutex);
  const Room& room = slot->room;
  return {.waiting = room.line().waiting(),
          .present = room.line().present(),
          .active = room.active(now),
          .joined = room.last_place(),
          .frontier = room.line().frontier(),
          .admitted_per_second = room.admitted_per_second(of ? of->queue : kDefaults, now),
          .is_gathering = room.line().is_gathering()};
}

std::optional<Draw> Rooms::draw(EventId event) const {
  const Slot* slot = find(event);
  if (!slot) return std::nullopt;
  const std::lock_guard lock(slot->mutex);
  return slot->draw;
}

std::vector<LinePlace> Rooms::everybody(EventId event) const {
  std::vector<LinePlace> people;
  const Slot* slot = find(event);
  if (!slot) return people;
  const TimePoint now = clock_.now();
  for (Place place = 1;;) {  // in pieces, so that no poll waits long
    const std::lock_guard lock(slot->mutex);
    const Room& room = slot->room;
    for (std::size_t i = 0; i < kDigestedAtOnce && place <= room.last_place(); ++i, ++place) {
      if (room.standing(place, now).status != QueueStatus::EXPIRED)
        people.push_back({event, place, *room.owner(place), room.joined_at(place), std::nullopt});
    }
    if (place > room.last_place()) return people;
  }
}

void Rooms::heard(const Batch& batch) {
  committed(batch);
  for (const auto& block : batch.seen) {
    Slot& slot = at(block.event);
    const std::lock_guard lock(slot.mutex);
    slot.room.seen(block, clock_.now());
  }
}

void Rooms::returned() {
  const TimePoint now = clock_.now();
  const MutexLock lock(mutex_);
  for (auto& [event, slot] : rooms_) {
    const std::lock_guard room_lock(slot->mutex);
    slot->room.everybody_seen(now);
  }
}

void Rooms::committed(const Batch& batch) {
  for (const auto& row : batch.priority) {
    Slot& slot = at(row.event);
    const std::lock_guard lock(slot.mutex);
    slot.room.grant_priority(row.user);
  }
  for (const auto& [place, stored] : batch.line.rows()) {
    Slot& slot = at(place.event);
    const std::lock_guard lock(slot.mutex);
    if (!stored) slot.room.joined(place.place, place.user, place.joined_at);
    if (!place.left_at) continue;
    slot.room.left(place.place, *place.left_at);
    slot.changes.fetch_add(1, std::memory_order_release);
  }
  for (const auto& block : batch.absences) {
    Slot& slot = at(block.event);
    const std::lock_guard lock(slot.mutex);
    slot.room.vanished(block);
  }
  for (const auto& [visit, stored] : batch.visits.rows()) {
    Slot& slot = at(visit.event);
    const std::lock_guard lock(slot.mutex);
    slot.room.visit(visit.place, visit.activated_at, visit.expires_at);
    slot.changes.fetch_add(1, std::memory_order_release);
  }
  for (const auto& [draw, stored] : batch.draws.rows()) {
    Slot& slot = at(draw.event);
    // Of another opening or without the beacon, or done: ends before the lock, which its thread may wait for.
    const auto drawing = std::exchange(slot.drawing, nullptr);
    if (drawing && drawing->thread.joinable()) {
      if (!draw.drawn_at) drawing->thread.request_stop();
      drawing->thread.join();
    }
    const std::lock_guard lock(slot.mutex);
    slot.draw = draw;
    slot.changes.fetch_add(1, std::memory_order_release);
    if (draw.drawn_at) set_order(slot.room, draw, drawing.get());
  }
  // An order is drawn, or it is that of joining, as the event's policy says until its draw.
  const auto agree = [&](EventId id, const QueuePolicy& policy) {
    Slot& slot = at(id);
    const std::lock_guard lock(slot.mutex);
    const bool waits_for_draw = slot.draw && !slot.draw->drawn_at && policy.order == LineOrder::draw;
    if (waits_for_draw && !slot.room.line().is_gathering()) slot.room.gather();
    if (!waits_for_draw && slot.room.line().is_gathering()) slot.room.set_order({});
  };
  for (const auto& event : batch.catalogue.events) agree(event.id, event.queue);
  const auto catalogue = catalogue_();
  for (const auto& [draw, stored] : batch.draws.rows())
    if (const Event* event = catalogue->event(draw.event)) agree(draw.event, event->queue);
}

void Rooms::set_order(Room& room, const Draw& draw, Drawing* worked_out) {
  const bool matches_draw =
      worked_out && worked_out->list.people == draw.people && worked_out->list.digest == draw.digest;
  room.set_order(matches_draw ? std::move(worked_out->order)
                              : draw_order(draw_key(draw.seed, draw.digest, draw.beacon), draw.people));
}

std::shared_ptr<Rooms::Drawing> Rooms::start_drawing(Slot& slot, const Draw& draw) {
  auto drawing = std::make_shared<Drawing>();
  {
    const std::lock_guard lock(slot.mutex);
    drawing->list.people = slot.room.last_joined_before(draw.opens_at);
  }
  const auto work = [&slot, draw, result = drawing.get()](const std::stop_token& stop) {
    JoinsDigest digest;
    for (Place place = 1; place <= result->list.people && !stop.stop_requested();) {
      const std::lock_guard lock(slot.mutex);
      for (std::size_t i = 0; i < kDigestedAtOnce && place <= result->list.people; ++i, ++place)
        digest.add(place, *slot.room.owner(place), slot.room.joined_at(place));
    }
    result->list.digest = digest.finish();
    result->order = draw_order(draw_key(draw.seed, result->list.digest, draw.beacon), result->list.people);
    result->is_done = true;
  };
  if (drawing->list.people <= kDrawnInLane) work(std::stop_token());
  else drawing->thread = std::jthread(work);
  return drawing;
}

TimePoint Rooms::next_due(TimePoint now) const {
  TimePoint due = kNever;
  const auto catalogue = catalogue_();
  for (const auto& [id, event] : catalogue->events) {
    if (event->closed || now >= event->on_sale.until) continue;
    const Slot* slot = find(id);
    if (will_be_drawn(*event, now)) {
      const auto draw = this->draw(id);
      if (!is_committed(draw ? &*draw : nullptr, *event)) return now;
    }
    if (!slot) continue;
    const std::lock_guard lock(slot->mutex);
    if (slot->room.line().is_gathering() && slot->draw) {
      const bool has_beacon = slot->draw->beacon_source.empty() || !slot->draw->beacon.empty();
      const bool is_under_way = slot->drawing && !slot->drawing->is_done;
      if (has_beacon)
        due = std::min(due, is_under_way ? now + kDrawingLook : std::max(now, slot->draw->opens_at));
    }
    if (slot->room.line().present() > 0) due = std::min(due, std::max(now, slot->next_search));
    if (shares_presence_ && slot->room.line().waiting() > 0)
      due = std::min(due, std::max(now, slot->next_presence_share));
    if (event->paused) continue;
    const TimePoint next = slot->room.next_admission(event->queue, now);
    if (next != kNever) due = std::min(due, std::max({next, event->on_sale.from, slot->admission_rests}));
  }
  return due;
}

void Rooms::prepare_draw(const Event& event, TimePoint now, std::vector<std::unique_ptr<Command>>& due) {
  const auto draw = this->draw(event.id);
  if (will_be_drawn(event, now)) {
    if (!is_committed(draw ? &*draw : nullptr, event))
      due.push_back(std::make_unique<CommitDraw>(event.id, random_(kSeedBytes)));
    return;
  }
  if (!draw || draw->drawn_at || now < draw->opens_at || event.queue.order != LineOrder::draw) return;
  if (!draw->beacon_source.empty() && draw->beacon.empty()) return;
  Slot& slot = at(event.id);
  if (!slot.drawing) slot.drawing = start_drawing(slot, *draw);
  if (slot.drawing->is_done) due.push_back(std::make_unique<DrawOrder>(event.id, slot.drawing->list));
}

void Rooms::collect_absent(const Event& event, Slot& slot, TimePoint now,
                           std::vector<std::unique_ptr<Command>>& due) {
  if (now < slot.next_search) return;
  std::vector<Place> absent;
  {
    const std::lock_guard lock(slot.mutex);
    Millis timeout = event.queue.presence_timeout;
    if (shares_presence_)
      timeout += timeout / kPresenceSharesPerTimeout * 2;  // a sign given elsewhere may be on its way
    absent = slot.room.find_absent(timeout, now, kAbsentAtOnce);
  }
  slot.next_search = absent.size() < kAbsentAtOnce ? now + kSearchEvery : now;
  if (!absent.empty()) due.push_back(std::make_unique<NoteAbsent>(*this, event.id, std::move(absent)));
}

// Often enough that nobody is taken for absent who polls another instance now and then.
void Rooms::collect_unsent_presence(const Event& event, Slot& slot, TimePoint now,
                                    std::vector<std::unique_ptr<Command>>& due) {
  const Millis every = event.queue.presence_timeout / kPresenceSharesPerTimeout;
  if (!shares_presence_ || every <= Millis(0) || now < slot.next_presence_share) return;
  std::vector<PlaceBitmap> seen;
  {
    const std::lock_guard lock(slot.mutex);
    for (auto& [block, places] : std::exchange(slot.unsent_presence, {})) seen.push_back(std::move(places));
  }
  slot.next_presence_share = now + every;
  if (!seen.empty()) due.push_back(std::make_unique<SharePresence>(event.id, std::move(seen)));
}

void Rooms::collect(TimePoint now, std::vector<std::unique_ptr<Command>>& due) {
  const auto catalogue = catalogue_();
  for (const auto& [id, event] : catalogue->events) {
    if (event->closed || now >= event->on_sale.until) continue;
    prepare_draw(*event, now, due);
    Slot* const found = find(id);
    if (!found) continue;
    Slot& slot = *found;
    collect_unsent_presence(*event, slot, now, due);
    collect_absent(*event, slot, now, due);
    if (event->paused || !event->is_on_sale(now) || now < slot.admission_rests) continue;
    {
      const std::lock_guard lock(slot.mutex);
      if (slot.room.next_admission(event->queue, now) > now) continue;
    }
    if (!admissible(*event, now).empty()) due.push_back(std::make_unique<Admit>(*this, id));
    else slot.admission_rests = now + kAdmissionRest;
  }
}

std::vector<LinePlace> Rooms::admissible(const Event& event, TimePoint now) const {
  std::vector<LinePlace> places;
  const Slot* slot = find(event.id);
  if (!slot || event.paused || !event.is_on_sale(now)) return places;
  const std::lock_guard lock(slot->mutex);
  for (const Place place : slot->room.admissible(event.queue, now)) {
    places.push_back({event.id, place, *slot->room.owner(place), {}, std::nullopt});
  }
  return places;
}

std::vector<PlaceBitmap> Rooms::with_absent(EventId event, const std::vector<Place>& places) const {
  std::map<std::int32_t, PlaceBitmap> blocks;
  const Slot* slot = find(event);
  const std::lock_guard lock(slot->mutex);
  for (const Place place : places) {
    if (!slot->room.line().waits(place)) continue;
    const auto number = block_of(place);
    const auto [at, is_new] = blocks.try_emplace(number);
    if (is_new) at->second = slot->room.line().absences(number);
    at->second.event = event;
    set_bit(at->second, place);
  }
  std::vector<PlaceBitmap> rows;
  for (auto& [number, block] : blocks) rows.push_back(std::move(block));
  return rows;
}

}  // namespace stagedoor
