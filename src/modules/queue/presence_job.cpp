#include "modules/queue/presence_job.h"

#include <algorithm>
#include <utility>

#include "modules/queue/room_command.h"

namespace stagedoor::queue {
namespace {

constexpr std::size_t kAbsentAtOnce = 20'000;  // more would block the lane too long
constexpr Millis kSearchEvery{1000};
// Often enough that a fan who polls another instance now and then never counts as absent.
constexpr int kPresenceSharesPerTimeout = 8;

class RecordAbsent : public RoomCommand {
 public:
  RecordAbsent(const RoomRegistry& rooms, EventId event, std::vector<Place> places)
      : RoomCommand(event), rooms_(rooms), places_(std::move(places)) {}

 private:
  // The stored blocks of the absent places, with those that still wait added.
  Changes changes(const Event& event, const View&, BatchContext&) override {
    return rooms_.look(event.id, [&](const RoomState& state) {
      const Line& line = state.room.line();
      std::map<std::int32_t, PlaceBitmap> blocks;
      for (const Place place : places_) {
        if (!line.waits(place)) continue;
        const auto number = block_of(place);
        const auto [at, is_new] = blocks.try_emplace(number);
        if (is_new) at->second = line.absences(number);
        at->second.event = event.id;
        set_bit(at->second, place);
      }
      Changes recorded;
      for (auto& [number, block] : blocks) recorded.absences.push_back(std::move(block));
      return recorded;
    });
  }
  const RoomRegistry& rooms_;
  std::vector<Place> places_;
};

class SharePresence : public RoomCommand {
 public:
  SharePresence(EventId event, std::vector<PlaceBitmap> seen) : RoomCommand(event), seen_(std::move(seen)) {}

 private:
  Changes changes(const Event&, const View&, BatchContext&) override {
    Changes shared;
    shared.seen = seen_;
    return shared;
  }
  std::vector<PlaceBitmap> seen_;
};

}  // namespace

void PresenceJob::record(RoomState& state, const PlaceRef& place, TimePoint now) const {
  state.room.seen(place.place, now);
  if (!shares_presence_ || !state.room.owner(place.place) || !state.room.line().waits(place.place)) return;
  const auto [at, is_new] = state.unsent_presence.try_emplace(block_of(place.place));
  if (is_new) at->second = {place.event, at->first, std::string(kPlaceBits / 8, '\0')};
  set_bit(at->second, place.place);
}

TimePoint PresenceJob::next_due(const Event& event, const RoomState& state, TimePoint now) const {
  const auto found = times_.find(event.id);
  const Times times = found == times_.end() ? Times{} : found->second;
  TimePoint due = kNever;
  if (state.room.line().present() > 0 || state.room.has_unrecorded()) due = std::max(now, times.next_search);
  if (shares_presence_ && state.room.line().waiting() > 0)
    due = std::min(due, std::max(now, times.next_presence_share));
  return due;
}

void PresenceJob::collect(const Event& event, TimePoint now, std::vector<std::unique_ptr<Command>>& due) {
  Times& times = times_[event.id];
  forgive(event, now);  // before anybody is admitted
  share(event, times, now, due);
  search(event, times, now, due);
}

void PresenceJob::forgive(const Event& event, TimePoint now) {
  const Millis timeout = event.queue.presence_timeout;
  if (timeout <= Millis(0)) return;
  rooms_.with(event.id, [&](RoomState& state) {
    if (state.room.was_silent(timeout)) state.room.forgive(now);
  });
}

void PresenceJob::share(const Event& event, Times& times, TimePoint now,
                        std::vector<std::unique_ptr<Command>>& due) {
  const Millis every = event.queue.presence_timeout / kPresenceSharesPerTimeout;
  if (!shares_presence_ || every <= Millis(0) || now < times.next_presence_share) return;
  times.next_presence_share = now + every;
  auto unsent =
      rooms_.with(event.id, [](RoomState& state) { return std::exchange(state.unsent_presence, {}); });
  if (unsent.empty()) return;
  std::vector<PlaceBitmap> seen;
  for (auto& [block, places] : unsent) seen.push_back(std::move(places));
  due.push_back(std::make_unique<SharePresence>(event.id, std::move(seen)));
}

void PresenceJob::search(const Event& event, Times& times, TimePoint now,
                         std::vector<std::unique_ptr<Command>>& due) {
  if (now < times.next_search) return;
  Millis timeout = event.queue.presence_timeout;
  timeout += shares_presence_ ? timeout / kPresenceSharesPerTimeout * 2  // for signs of life in transit
                              : timeout / 10;  // 1.1 timeout: half of it and the longest silence that counts
  auto absent = rooms_.with(event.id, [&](RoomState& state) {
    auto places = state.room.find_absent(timeout, now, kAbsentAtOnce);
    const auto lost = state.room.unrecorded(kAbsentAtOnce);  // so that they stay uncounted (decision 0028)
    places.insert(places.end(), lost.begin(), lost.end());
    return places;
  });
  times.next_search = absent.size() < kAbsentAtOnce ? now + kSearchEvery : now;
  if (!absent.empty()) due.push_back(std::make_unique<RecordAbsent>(rooms_, event.id, std::move(absent)));
}

}  // namespace stagedoor::queue
