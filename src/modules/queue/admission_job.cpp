#include "modules/queue/admission_job.h"

#include <algorithm>

#include "modules/events/event_types.h"
#include "modules/queue/model.h"
#include "modules/queue/room_command.h"

namespace stagedoor::queue {
namespace {

constexpr Millis kAdmissionRest{100};

// The places to admit now, with their owners.
std::vector<LinePlace> admissible(const RoomState& state, const Event& event, TimePoint now) {
  std::vector<LinePlace> places;
  if (event.paused || !event.is_on_sale(now)) return places;
  for (const Place place : state.room.admissible(event.queue, now))
    places.push_back({event.id, place, *state.room.owner(place), {}, std::nullopt});
  return places;
}

class Admit : public RoomCommand {
 public:
  Admit(const RoomRegistry& rooms, EventId event) : RoomCommand(event), rooms_(rooms) {}
  void rows_to_load(const View& view, Keys& wanted) const override {
    want(view.key_versions, wanted.key_versions, events::queue_key(event_));
  }

 private:
  Changes changes(const Event& event, const View& view, BatchContext& context) override {
    const auto places =
        rooms_.look(event.id, [&](const RoomState& state) { return admissible(state, event, context.now); });
    return decide_admit(event, places, view, context);
  }
  const RoomRegistry& rooms_;
};

}  // namespace

TimePoint AdmissionJob::rests_until(EventId event) const {
  const auto found = rests_until_.find(event);
  return found == rests_until_.end() ? TimePoint{} : found->second;
}

TimePoint AdmissionJob::next_due(const Event& event, const RoomState& state, TimePoint now) const {
  if (event.paused) return kNever;
  const TimePoint next = state.room.next_admission(event.queue, now);
  return next == kNever ? kNever : std::max({next, event.on_sale.from, rests_until(event.id)});
}

void AdmissionJob::collect(const Event& event, TimePoint now, std::vector<std::unique_ptr<Command>>& due) {
  if (event.paused || !event.is_on_sale(now) || now < rests_until(event.id)) return;
  enum class Outlook { not_due, nobody, somebody };
  const Outlook outlook = rooms_.look(event.id, [&](const RoomState& state) {
    if (state.room.next_admission(event.queue, now) > now) return Outlook::not_due;
    return admissible(state, event, now).empty() ? Outlook::nobody : Outlook::somebody;
  });
  if (outlook == Outlook::somebody) due.push_back(std::make_unique<Admit>(rooms_, event.id));
  if (outlook == Outlook::nobody) rests_until_[event.id] = now + kAdmissionRest;
}

}  // namespace stagedoor::queue
