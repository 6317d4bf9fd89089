#include "modules/queue/draw_job.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "modules/events/event_types.h"
#include "modules/queue/model.h"
#include "modules/queue/room_command.h"

namespace stagedoor::queue {
namespace {

constexpr Millis kDrawingLook{10};               // interval between checks of a running drawing
constexpr Place kDrawnInLane = 2000;             // up to this number a draw takes the lane half a millisecond
constexpr std::size_t kDigestedAtOnce = 10'000;  // under one lock: polls of the event wait meanwhile

class DrawCommand : public RoomCommand {
 public:
  using RoomCommand::RoomCommand;
  void rows_to_load(const View& view, Keys& wanted) const override {
    want(view.draws, wanted.draws, event_);
    want(view.key_versions, wanted.key_versions, events::draw_key(event_));
  }
};

class CommitDraw : public DrawCommand {
 public:
  CommitDraw(EventId event, std::string seed) : DrawCommand(event), seed_(std::move(seed)) {}

 private:
  Changes changes(const Event& event, const View& view, BatchContext& context) override {
    return decide_commit_draw(event, view, context, seed_);
  }
  std::string seed_;
};

class DrawOrder : public DrawCommand {
 public:
  DrawOrder(EventId event, ClosedList list) : DrawCommand(event), list_(std::move(list)) {}

 private:
  Changes changes(const Event& event, const View& view, BatchContext& context) override {
    return decide_draw(event, list_, view, context);
  }
  ClosedList list_;
};

bool has_its_beacon(const Draw& draw) { return draw.beacon_source.empty() || !draw.beacon.empty(); }

}  // namespace

struct DrawJob::Drawing {
  ClosedList list;
  protocol::DrawnOrder order;
  std::atomic<bool> is_done{false};
  std::jthread thread;  // last, so that it ends before what it writes to
};

DrawJob::DrawJob(const RoomRegistry& rooms, RandomBytes random) : rooms_(rooms), random_(std::move(random)) {}
DrawJob::~DrawJob() = default;

TimePoint DrawJob::next_due(const Event& event, const RoomState* state, TimePoint now) const {
  const Draw* draw = state && state->draw ? &*state->draw : nullptr;
  if (wants_commitment(event, draw, now)) return now;
  if (!draw || draw->drawn_at || !state->room.line().is_gathering() || !has_its_beacon(*draw)) return kNever;
  const auto drawing = drawings_.find(event.id);
  const bool is_under_way = drawing != drawings_.end() && !drawing->second->is_done;
  return is_under_way ? now + kDrawingLook : std::max(now, draw->opens_at);
}

void DrawJob::collect(const Event& event, TimePoint now, std::vector<std::unique_ptr<Command>>& due) {
  const auto draw = rooms_.look(event.id, [](const RoomState& state) { return state.draw; });
  if (wants_commitment(event, draw ? &*draw : nullptr, now)) {
    due.push_back(std::make_unique<CommitDraw>(event.id, random_(protocol::kSeedBytes)));
    return;
  }
  if (!draw || draw->drawn_at || now < draw->opens_at || event.queue.order != LineOrder::draw) return;
  if (!has_its_beacon(*draw)) return;
  auto& drawing = drawings_[event.id];
  if (!drawing) drawing = start_drawing(*draw);
  if (drawing->is_done) due.push_back(std::make_unique<DrawOrder>(event.id, drawing->list));
}

std::unique_ptr<DrawJob::Drawing> DrawJob::start_drawing(const Draw& draw) const {
  auto drawing = std::make_unique<Drawing>();
  drawing->list.people = rooms_.look(
      draw.event, [&](const RoomState& state) { return state.room.last_joined_before(draw.opens_at); });
  const auto work = [&rooms = rooms_, draw, result = drawing.get()](const std::stop_token& stop) {
    protocol::JoinsDigest digest;
    for (Place place = 1; place <= result->list.people && !stop.stop_requested();) {
      place = rooms.look(draw.event, [&](const RoomState& state) {
        Place next = place;
        for (std::size_t i = 0; i < kDigestedAtOnce && next <= result->list.people; ++i, ++next)
          digest.add(next, *state.room.owner(next), state.room.joined_at(next));
        return next;
      });
    }
    result->list.digest = digest.finish();
    result->order = protocol::draw_order(protocol::draw_key(draw.seed, result->list.digest, draw.beacon),
                                         result->list.people);
    result->is_done = true;
  };
  if (drawing->list.people <= kDrawnInLane) work(std::stop_token());
  else drawing->thread = std::jthread(work);
  return drawing;
}

std::optional<protocol::DrawnOrder> DrawJob::finish(const Draw& draw) {
  std::unique_ptr<Drawing> drawing;
  if (const auto found = drawings_.find(draw.event); found != drawings_.end()) {
    drawing = std::move(found->second);
    drawings_.erase(found);
  }
  if (drawing && drawing->thread.joinable()) {
    if (!draw.drawn_at) drawing->thread.request_stop();
    drawing->thread.join();
  }
  if (!draw.drawn_at) return std::nullopt;
  const bool matches_draw =
      drawing && drawing->list.people == draw.people && drawing->list.digest == draw.digest;
  if (matches_draw) return std::move(drawing->order);
  return protocol::draw_order(protocol::draw_key(draw.seed, draw.digest, draw.beacon), draw.people);
}

}  // namespace stagedoor::queue
