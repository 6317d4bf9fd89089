#include "modules/queue/model.h"

#include <algorithm>

#include "core/refusals.h"
#include "modules/events/event_types.h"
#include "protocol/draw.h"

namespace stagedoor::queue {

TimePoint visit_cap(const Visit& visit, const QueuePolicy& policy) {
  // Lowering the cap does not end current visits or create already-expired holds.
  return std::max(visit.activated_at + policy.visit_max, visit.expires_at);
}

Visit begin_visit(const LinePlace& place, const QueuePolicy& policy, TimePoint now) {
  return {place.event, place.place, place.user, now, now + std::min(policy.active_ttl, policy.visit_max)};
}

Visit renew_visit(Visit visit, const QueuePolicy& policy, TimePoint until) {
  visit.expires_at = std::max(visit.expires_at, std::min(until, visit_cap(visit, policy)));
  return visit;
}

Result<Visit> active_visit(const View& view, const PlaceRef& place, EventId event, TimePoint now) {
  if (place.event != event) return wrong_event();
  const Visit* visit = view.visits.find({place.event, place.place});
  if (!visit) return not_your_turn();
  if (visit->user != place.user) return unknown_token();
  if (!visit->is_active(now)) return visit_is_over();
  return *visit;
}

void join_keys(const Join& order, const View& view, Keys& wanted) {
  const Event* event = view.catalogue->event(order.event);
  if (event && event->queue.order == LineOrder::draw) want(view.draws, wanted.draws, order.event);
}

namespace {

Refusal too_many_places(Millis wait) {
  const auto seconds = std::max(std::chrono::ceil<std::chrono::seconds>(wait), std::chrono::seconds(1));
  return {.code = Code::RATE_LIMITED,
          .message = "You have joined this queue too often. Keep your place, or try again later.",
          .extra = {{"scope", R"("user")"}},
          .headers = {{"Retry-After", std::to_string(seconds.count())}}};
}

}  // namespace

Result<Joined> place_of_join(const Join& order, const View& view, TimePoint now, const LinePlace* in_batch,
                             const std::optional<LinePlace>& current, Place last,
                             const RecentPlaces& recent) {
  const Event* event = view.catalogue->event(order.event);
  if (!event) return unknown_event(order.event);

  if (in_batch) {
    if (!in_batch->left_at) return Joined{*in_batch, false};
  } else if (current) {
    // A visit that a command of this batch has just ended makes room for a new place.
    const EventPlace key{order.event, current->place};
    const Visit* visit = view.visits.knows(key) ? view.visits.find(key) : nullptr;
    if (!visit || visit->is_active(now)) return Joined{*current, false};
  }

  const TimePoint opens =
      std::min(event->on_sale.from, event->queue.gather_from.value_or(event->on_sale.from));
  if (event->closed || now < opens || now >= event->on_sale.until) {
    return refuse(Code::EVENT_NOT_ON_SALE, "The queue of this event is not open.");
  }
  if (will_be_drawn(*event, now) && !view.draws.find(order.event)) {  // no joins before the commitment
    return refuse(Code::EVENT_NOT_ON_SALE, "The draw is being prepared. Try again at once.");
  }
  const std::int64_t taken = recent.count + (in_batch ? 1 : 0);
  if (order.places_per_hour > 0 && taken >= order.places_per_hour)
    return too_many_places(std::max(recent.oldest, now - kRecent) + kRecent - now);
  if (last >= event->queue.places_max)
    return refuse(Code::OVERLOADED, "All places of this waiting room are given.");
  return Joined{{order.event, last + 1, order.user, now, std::nullopt}, true};
}

Decision<Joined> decide_join(const Join& order, const View& view, TimePoint now,
                             const std::optional<LinePlace>& current, Place last,
                             const RecentPlaces& recent) {
  const auto in_batch = view.line.find({order.event, order.user});
  const auto batch_last = view.last_place.find(order.event);
  auto joined =
      place_of_join(order, view, now, in_batch == view.line.end() ? nullptr : &in_batch->second, current,
                    std::max(last, batch_last == view.last_place.end() ? 0 : batch_last->second), recent);
  if (!joined) return std::move(joined.error());
  Changes changes;
  if (joined->is_new) changes.line.push_back(joined->place);
  return {std::move(*joined), std::move(changes)};
}

Changes decide_admit(const Event& event, std::span<const LinePlace> places, const View& view,
                     BatchContext& context) {
  Changes changes;
  if (places.empty()) return changes;
  changes.visits.reserve(places.size());
  for (const LinePlace& place : places)
    changes.visits.push_back(begin_visit(place, event.queue, context.now));
  const auto [first, last] = std::ranges::minmax(places, {}, &LinePlace::place);
  events::AdmittedEvent admitted{event.id, first.place, last.place, std::int64_t(places.size())};
  admitted.places.reserve(places.size());
  for (const LinePlace& place : places) admitted.places.push_back(place.place);
  events::add_event_of(admitted, view, context, changes);
  return changes;
}

bool will_be_drawn(const Event& event, TimePoint now) {
  return event.queue.order == LineOrder::draw && !event.closed && now < event.on_sale.from;
}

bool wants_commitment(const Event& event, const Draw* draw, TimePoint now) {
  if (!draw) return will_be_drawn(event, now);
  if (draw->drawn_at || event.queue.order != LineOrder::draw || event.closed) return false;
  const TimePoint from = event.on_sale.from;
  const bool is_moved = from != draw->opens_at && (now < from || now < draw->opens_at);
  return is_moved || draw->beacon_source != event.queue.beacon;
}

Changes decide_commit_draw(const Event& event, const View& view, BatchContext& context, std::string seed) {
  const TimePoint now = context.now;
  const Draw* before = view.draws.find(event.id);
  if (!wants_commitment(event, before, now)) return {};
  Draw draw = before ? *before
                     : Draw{.event = event.id,
                            .seed = std::move(seed),
                            .opens_at = event.on_sale.from,
                            .committed_at = now,
                            .algorithm = protocol::kDrawAlgorithm};
  if (draw.opens_at != event.on_sale.from && (now < event.on_sale.from || now < draw.opens_at)) {
    const TimePoint opens_at = std::max(event.on_sale.from, now);
    draw.moves.push_back({now, draw.opens_at, opens_at});
    draw.opens_at = opens_at;
    if (draw.algorithm == 1) draw.committed_at = now;  // its commitment covers the opening
  }
  if (before && before->beacon_source != event.queue.beacon) draw.committed_at = now;
  draw.beacon_source = event.queue.beacon;
  Changes changes;
  events::add_event_of(draw, view, context, changes);
  changes.draws.push_back(std::move(draw));
  return changes;
}

Changes decide_draw(const Event& event, const ClosedList& list, const View& view, BatchContext& context) {
  const TimePoint now = context.now;
  const Draw* before = view.draws.find(event.id);
  if (!before || before->drawn_at || now < before->opens_at) return {};
  if (!before->beacon_source.empty() && before->beacon.empty()) return {};
  Draw draw = *before;
  draw.drawn_at = now;
  draw.people = list.people;
  draw.digest = list.digest;
  Changes changes;
  events::add_event_of(draw, view, context, changes);
  changes.draws.push_back(std::move(draw));
  return changes;
}

Result<void> check_draw_is_kept(const Event& before, const Event& after, const Draw* draw, TimePoint now) {
  const auto fixed = [](std::string path, std::string message) {
    return Refusal{.code = Code::DRAW_FIXED,
                   .message = "People have joined and rely on what was published of the order.",
                   .details = {{std::move(path), std::move(message)}}};
  };
  if (before.queue.order != after.queue.order)
    return fixed("queue.order", "cannot be changed since the first user has joined");
  if (before.queue.beacon != after.queue.beacon)
    return fixed("queue.beacon", "cannot be changed since the first user has joined");
  if (after.queue.order != LineOrder::draw || before.on_sale.from == after.on_sale.from) return {};
  if (!draw) {
    if (!will_be_drawn(after, now)) return {};
    return fixed("on_sale.from", "cannot be moved to the future: users have joined a line without a draw");
  }
  if (draw->drawn_at) return {};
  if (now >= draw->opens_at)
    return fixed("on_sale.from", "cannot be moved: the opening has passed and the list of joins is closed");
  const TimePoint earliest = now + kNoticeOfMove;
  if (draw->beacon_source.empty() && after.on_sale.from < earliest)
    return fixed("on_sale.from", "must be " + to_rfc3339(earliest) +
                                     " or later: without a beacon a moved opening needs 60 s of notice");
  return {};
}

Decision<Draw> decide_beacon(const NameBeacon& order, const View& view, TimePoint now) {
  const auto not_now = [](std::string why) { return refuse(Code::EVENT_NOT_ON_SALE, std::move(why)); };
  const Event* event = view.catalogue->event(order.event);
  if (!event) return unknown_event(order.event);
  const Draw* before = view.draws.find(order.event);
  if (!before) return not_now("There is no draw for this event.");
  if (before->beacon_source.empty()) return not_now("This event has no beacon; its draw needs none.");
  if (before->drawn_at) return not_now("The draw has already been made.");
  if (!before->beacon.empty()) return not_now("The value of the beacon is already set.");
  if (now < before->opens_at) return not_now("The draw comes after the opening; users can still join.");
  Draw draw = *before;
  draw.beacon = order.value;
  Changes changes;
  changes.draws.push_back(draw);
  return {std::move(draw), std::move(changes)};
}

}  // namespace stagedoor::queue
