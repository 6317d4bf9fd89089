#include "modules/reservation/model.h"

#include <fmt/format.h>
#include <boost/describe/enum_to_string.hpp>

#include <algorithm>
#include <iterator>

#include "core/refusals.h"
#include "modules/events/event_types.h"
#include "modules/queue/model.h"
#include "state/seat_taker.h"

namespace stagedoor::reservation {
namespace {

Refusal seat_refusal(Code code, std::string message, std::size_t index, std::size_t count, std::string why) {
  return {.code = code,
          .message = std::move(message),
          .details = {{count == 1 ? "seatId" : fmt::format("seatIds[{}]", index), std::move(why)}}};
}

// The end of the user's newest hold of the seat that expired, swept or not, or was given up.
std::optional<TimePoint> ended_at(const View& view, SeatId seat, const UserId& user) {
  const Reservation* unswept = taker_of(view, seat);  // called for a seat that is free by rule
  if (unswept && unswept->user == user) return unswept->expires_at;
  const TimePoint* ended = view.last_ended.find({seat, user});
  return ended ? std::optional(*ended) : std::nullopt;
}

// The date of the seat, if the holder of a token of `event` can book it now.
Result<const EventDate*> bookable_date(const Catalogue& catalogue, SeatId seat, EventId event,
                                       TimePoint now) {
  const EventDate* date = catalogue.date_of(seat);
  if (!date || date->deleted_at) return refuse(Code::SEAT_NOT_FOUND, "There is no such seat.");
  if (date->event != event) return wrong_event();
  if (!catalogue.event(event)->is_on_sale(now)) {
    return refuse(Code::EVENT_NOT_ON_SALE, "This event is not on sale now.");
  }
  if (!date->booking.contains(now) || now >= date->starts_at)
    return refuse(Code::BOOKING_CLOSED, "This date cannot be booked now.");
  return date;
}

// The number of a fan's live holds and paid seats. Expired holds are excluded only if it matters, that is if
// the number exceeds `enough`.
std::int64_t seats_of(const View& view, const EventUser& key, TimePoint now, std::int64_t enough) {
  const FanSeats* fan = view.fans.find(key);
  if (!fan) return 0;
  const auto all = std::int64_t(fan->paid.size() + fan->unpaid.size());
  if (all <= enough) return all;
  return std::int64_t(fan->paid.size()) +
         std::count_if(fan->unpaid.begin(), fan->unpaid.end(),
                       [&](ReservationId id) { return view.reservations.find(id)->is_live_hold(now); });
}

}  // namespace

Reservation changed(Reservation row, ReservationStatus status, TimePoint now) {
  row.status = status;
  row.updated_at = now;
  ++row.version;
  return row;
}

Reservation cancelled(const Reservation& row, CancelReason reason, TimePoint now) {
  Reservation over = changed(row, ReservationStatus::CANCELLED, now);
  over.reason = reason;
  return over;
}

void write(Changes& changes, Reservation row, Ids& ids) {
  changes.outbox.push_back(events::event_of(row, ids));
  changes.reservations.push_back(std::move(row));
}

void hold_keys(const HoldSeats& order, const View& view, Keys& wanted) {
  const EventId event = order.fan.event;
  want(view.visits, wanted.visits, EventPlace{event, order.fan.place});
  want(view.fans, wanted.fans, EventUser{event, order.fan.user});
  const Event* found = view.catalogue->event(event);
  const bool has_cooldown = found && found->policy.rehold_cooldown > Millis(0);
  // A hold that ended within the cooldown was made at most this long ago, unless hold_ttl was longer then.
  const Millis reach = has_cooldown ? found->policy.rehold_cooldown + found->policy.hold_ttl : Millis(0);
  for (const SeatId seat : order.seats) {
    want(view.seats, wanted.seats, seat);
    const SeatUser key{seat, order.fan.user};
    if (has_cooldown && !view.last_ended.knows(key)) wanted.last_ended.emplace(key, reach);
    // An expired hold that still takes the seat will be cancelled, which changes its owner's seats.
    if (!view.seats.knows(seat)) continue;
    const SeatState* state = view.seats.find(seat);
    if (!state || !state->taken_by) continue;
    want(view.reservations, wanted.reservations, state->taken_by);
    if (!view.reservations.knows(state->taken_by)) continue;
    const Reservation* in_the_way = view.reservations.find(state->taken_by);
    want(view.fans, wanted.fans, EventUser{in_the_way->event, in_the_way->user});
  }
}

Decision<Held> decide_hold(const HoldSeats& order, const View& view, BatchContext& context) {
  const TimePoint now = context.now;
  const auto visit = queue::active_visit(view, order.fan, order.fan.event, now);
  if (visit.has_error()) return visit.error();
  const UserId& user = order.fan.user;
  const std::size_t count = order.seats.size();

  // Plan: the seats that the user already holds, and the reservations that block the others.
  Held held;
  std::vector<const Reservation*> lapsed;
  std::vector<SeatId> wanted;
  for (std::size_t i = 0; i < count; ++i) {
    const SeatState* seat = view.seats.find(order.seats[i]);
    const Reservation* taken = taker_of(view, order.seats[i]);
    if (taken && taken->user == user && taken->is_live_hold(now)) {
      held.reservations.push_back(*taken);
      continue;
    }
    auto date = bookable_date(*view.catalogue, order.seats[i], order.fan.event, now);
    if (date.has_error()) {
      Refusal refusal = date.error();
      refusal.details = seat_refusal(refusal.code, "", i, count, refusal.message).details;
      return refusal;
    }
    if ((seat && seat->blocked) || is_taken(view, order.seats[i], now)) {
      return seat_refusal(Code::SEAT_OCCUPIED, "This seat is taken.", i, count, "taken");
    }
    if (taken) lapsed.push_back(taken);
    wanted.push_back(order.seats[i]);
    held.reservations.emplace_back().seat = order.seats[i];
  }
  if (wanted.empty()) return held;

  // Check what the event allows one user.
  const Event& event = *view.catalogue->event(order.fan.event);
  for (std::size_t i = 0; event.policy.rehold_cooldown > Millis(0) && i < count; ++i) {
    if (held.reservations[i].id) continue;
    const auto ended = ended_at(view, order.seats[i], user);
    if (ended && now < *ended + event.policy.rehold_cooldown) {
      auto refusal = seat_refusal(Code::SEAT_LIMIT_EXCEEDED,
                                  "You held this seat a short time ago. You can hold it again from " +
                                      to_rfc3339(*ended + event.policy.rehold_cooldown) + ".",
                                  i, count, "held too recently");
      return refusal;
    }
  }
  const auto already =
      seats_of(view, {event.id, user}, now, event.policy.seats_per_user - std::int64_t(wanted.size()));
  if (already + std::int64_t(wanted.size()) > event.policy.seats_per_user) {
    return refuse(Code::SEAT_LIMIT_EXCEEDED,
                  fmt::format("The limit is {} seats per user for this event; you have {}.",
                              event.policy.seats_per_user, already));
  }

  // Do.
  Changes changes;
  for (const Reservation* row : lapsed)
    write(changes, cancelled(*row, CancelReason::LAPSED, now), context.ids);
  const TimePoint expires_at = std::min(now + event.policy.hold_ttl, queue::visit_cap(*visit, event.queue));
  TimePoint last_end = now;
  for (Reservation& row : held.reservations) {
    if (row.id) continue;
    const EventDate& date = *view.catalogue->date_of(row.seat);
    row.id = context.ids.next<ReservationId>();
    row.date = date.id;
    row.event = event.id;
    row.user = user;
    row.place = order.fan.place;
    row.price = date.category_of(row.seat).price;
    row.expires_at = std::min(expires_at, date.starts_at);  // what has begun is not sold (R-C6)
    last_end = std::max(last_end, row.expires_at);
    row.created_at = row.updated_at = now;
    write(changes, row, context.ids);
  }
  const Visit renewed = queue::renew_visit(*visit, event.queue, last_end);
  if (renewed.expires_at != visit->expires_at) changes.visits.push_back(renewed);
  held.is_new = true;
  return {std::move(held), std::move(changes)};
}

Result<Reservation> live_hold_of(const Reservation* row, const UserId& user, TimePoint now) {
  if (!row) return unknown_reservation();
  if (row->user != user) return not_yours("reservation");
  if (row->is_live_hold(now)) return *row;
  if (row->status == ReservationStatus::PAID) {
    return refuse(Code::RESERVATION_ALREADY_PAID, "This reservation is already paid.");
  }
  if (row->is_unpaid() || row->reason == CancelReason::LAPSED) {
    return refuse(Code::RESERVATION_EXPIRED, "This hold expired at " + to_rfc3339(row->expires_at) + ".");
  }
  return refuse(Code::WRONG_RESERVATION_STATUS,
                fmt::format("This reservation is {}.", boost::describe::enum_to_string(row->status, "")));
}

void cancel_keys(const CancelHold& order, const View& view, Keys& wanted) {
  want(view.reservations, wanted.reservations, order.reservation);
  if (!view.reservations.knows(order.reservation)) return;
  const Reservation* row = view.reservations.find(order.reservation);
  if (!row) return;
  want(view.seats, wanted.seats, row->seat);
  want(view.fans, wanted.fans, EventUser{row->event, row->user});
}

Decision<Reservation> decide_cancel(const CancelHold& order, const View& view, BatchContext& context) {
  const auto hold = live_hold_of(view.reservations.find(order.reservation), order.user, context.now);
  if (hold.has_error()) return hold.error();
  const Reservation over = cancelled(*hold, CancelReason::OWNER, context.now);
  Changes changes;
  write(changes, over, context.ids);
  return {over, std::move(changes)};
}

void leave_keys(const Leave& order, const View& view, Keys& wanted) {
  const EventUser key{order.fan.event, order.fan.user};
  want(view.visits, wanted.visits, EventPlace{order.fan.event, order.fan.place});
  want(view.fans, wanted.fans, key);
  if (!view.fans.knows(key) || !view.fans.find(key)) return;
  for (const ReservationId id : view.fans.find(key)->unpaid) cancel_keys({id, order.fan.user}, view, wanted);
}

Decision<Left> decide_leave(const Leave& order, const View& view, BatchContext& context,
                            const std::optional<LinePlace>& current) {
  const PlaceRef& fan = order.fan;
  const TimePoint now = context.now;
  Changes changes;
  const EarlyEnd end = order.reason == CancelReason::OPERATOR ? EarlyEnd::emptied : EarlyEnd::left;
  const Visit* visit = view.visits.find({fan.event, fan.place});
  if (visit && visit->user != fan.user) return unknown_token();
  if (visit && visit->is_active(now)) {
    Visit over = *visit;
    over.expires_at = now;
    over.ended_by = end;
    changes.visits.push_back(over);
    const FanSeats* seats = view.fans.find({fan.event, fan.user});
    for (const ReservationId id : seats ? seats->unpaid : std::vector<ReservationId>{}) {
      const Reservation& row = *view.reservations.find(id);
      const auto reason = row.is_live_hold(now) ? order.reason : CancelReason::LAPSED;
      write(changes, cancelled(row, reason, now), context.ids);
    }
  } else if (!visit && current && current->place == fan.place) {
    // If the batch has changed a row of this user, the user gave up this place, and may have taken a new one.
    const bool has_left = view.line.contains({fan.event, fan.user});
    if (!has_left) {
      changes.line.push_back(*current);
      changes.line.back().left_at = now;
      changes.line.back().left_by = end;
    }
  }
  return {Left{now}, std::move(changes)};
}

Changes decide_lapse(std::span<const ReservationId> holds, const View& view, BatchContext& context) {
  Changes changes;
  for (const ReservationId id : holds) {
    const Reservation* row = view.reservations.find(id);
    if (row && row->is_unpaid() && !row->is_live_hold(context.now)) {
      write(changes, cancelled(*row, CancelReason::LAPSED, context.now), context.ids);
    }
  }
  return changes;
}

}  // namespace stagedoor::reservation
