#include "modules/reservation/model.h"

#include <fmt/format.h>
#include <boost/describe/enum_to_string.hpp>

#include <vector>

#include "core/refusals.h"
#include "modules/events/event_types.h"
#include "modules/queue/model.h"
#include "modules/reservation/new_holds.h"
#include "state/seat_taker.h"

namespace stagedoor::reservation {
namespace {

Refusal seat_refusal(Code code, std::string message, std::size_t index, std::size_t count, std::string why) {
  return {.code = code,
          .message = std::move(message),
          .details = {{count == 1 ? "seatId" : fmt::format("seatIds[{}]", index), std::move(why)}}};
}

Refusal held_too_recently(TimePoint until, std::size_t index, std::size_t count) {
  return seat_refusal(
      Code::SEAT_LIMIT_EXCEEDED,
      "You held this seat a short time ago. You can hold it again from " + to_rfc3339(until) + ".", index,
      count, "held too recently");
}

// Of the seat's date.
Result<void> check_seat_bookable(const Catalogue& catalogue, SeatId seat, EventId event, TimePoint now) {
  const EventDate* date = catalogue.date_of(seat);
  if (!date || date->deleted_at) return refuse(Code::SEAT_NOT_FOUND, "There is no such seat.");
  return check_bookable(*date, event, catalogue, now);
}

}  // namespace

Refusal date_is_cancelled(const DateCancellation& cancellation) {
  return refuse(Code::WRONG_RESERVATION_STATUS,
                "This date is cancelled, and its reservations end by themselves: " + cancellation.reason);
}

Reservation changed(Reservation row, ReservationStatus status, TimePoint now) {
  // A change of a sale is later than the payment: that tells its first ticket from later ones.
  const bool is_still_sold = row.paid_at && row.status == ReservationStatus::PAID && status == row.status;
  row.updated_at = std::max(now, is_still_sold ? *row.paid_at + Millis(1) : row.updated_at);
  row.status = status;
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
  events::add_ticket_events(row, ids, changes);
  changes.reservations.push_back(std::move(row));
}

void take_from_holder(Changes& changes, const Reservation& before, Reservation after, Ids& ids) {
  if (before.user == after.user) return write(changes, std::move(after), ids);
  changes.outbox.push_back(events::reassigned_event_of(after, before.user, ids));
  events::add_ticket_events(after, ids, changes);
  changes.reservations.push_back(std::move(after));
}

bool is_ticket_used(const Reservation& row, const View& view) {
  const TicketUse* use = view.ticket_uses.find_if_known(current_ticket(row));
  return use && use->live > 0;
}

void hold_keys(const HoldSeats& order, const View& view, Keys& wanted) {
  fan_keys(order.fan, view, wanted);
  const Event* event = view.catalogue->event(order.fan.event);
  for (const SeatId seat : order.seats) {
    if (event) cooldown_keys(*event, seat, order.fan.user, view, wanted);
    taker_keys(seat, view, wanted);
  }
}

Decision<Held> decide_hold(const HoldSeats& order, const View& view, BatchContext& context) {
  const TimePoint now = context.now;
  const auto visit = queue::active_visit(view, order.fan, order.fan.event, now);
  if (visit.has_error()) return visit.error();
  const UserId& user = order.fan.user;
  const std::size_t count = order.seats.size();

  // Plan: the seats that the user already holds, and the expired holds that still take the others.
  Held held;
  std::vector<const Reservation*> unswept(count);
  std::size_t new_ones = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const SeatState* seat = view.seats.find(order.seats[i]);
    const Reservation* taken = taker_of(view, order.seats[i]);
    if (taken && taken->user == user && taken->is_live_hold(now)) {
      held.reservations.push_back(*taken);
      continue;
    }
    const auto bookable = check_seat_bookable(*view.catalogue, order.seats[i], order.fan.event, now);
    if (bookable.has_error()) {
      Refusal refusal = bookable.error();
      refusal.details = seat_refusal(refusal.code, "", i, count, refusal.message).details;
      return refusal;
    }
    if ((seat && seat->blocked) || is_taken(view, order.seats[i], now)) {
      return seat_refusal(Code::SEAT_OCCUPIED, "This seat is taken.", i, count, "taken");
    }
    unswept[i] = taken;
    ++new_ones;
    held.reservations.emplace_back().seat = order.seats[i];
  }
  if (new_ones == 0) return held;

  // Check what the event allows one user.
  const Event& event = *view.catalogue->event(order.fan.event);
  for (std::size_t i = 0; i < count; ++i) {
    if (held.reservations[i].id) continue;
    if (const auto until = cooldown_of(event, order.seats[i], user, unswept[i], view, now))
      return held_too_recently(*until, i, count);
  }
  const auto allowed = check_seats_per_user(event, user, std::int64_t(new_ones), view, now);
  if (allowed.has_error()) return allowed.error();

  std::erase(unswept, nullptr);
  return make_holds(std::move(held), unswept, order.fan, *visit, view, context);
}

Result<Reservation> live_hold_of(const Reservation* row, const std::optional<UserId>& user, TimePoint now) {
  if (!row) return unknown_reservation();
  if (user && row->user != *user) return not_yours("reservation");
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
  const Reservation over =
      cancelled(*hold, order.user ? CancelReason::OWNER : CancelReason::OPERATOR, context.now);
  Changes changes;
  write(changes, over, context.ids);
  return {over, std::move(changes)};
}

void reassign_keys(const Reassign& order, const View& view, Keys& wanted) {
  cancel_keys({order.reservation, {}}, view, wanted);
  if (!view.reservations.knows(order.reservation)) return;
  const Reservation* row = view.reservations.find(order.reservation);
  if (!row) return;
  want(view.fans, wanted.fans, EventUser{row->event, order.to});
  want(view.ticket_uses, wanted.ticket_uses, current_ticket(*row));
}

Decision<Reservation> decide_reassign(const Reassign& order, const View& view, BatchContext& context) {
  const Reservation* row = view.reservations.find(order.reservation);
  if (!row) return unknown_reservation();
  if (row->status != ReservationStatus::PAID)
    return refuse(Code::WRONG_RESERVATION_STATUS, "Only a paid reservation can be reassigned.");
  if (const auto* cancellation = view.catalogue->cancellation(row->date))
    return date_is_cancelled(*cancellation);
  if (row->user == order.to) return invalid("userId", "has this reservation already");
  if (is_ticket_used(*row, view))
    return refuse(Code::TICKET_ALREADY_USED, "The ticket was used: somebody sits there.");
  const auto allowed =
      check_seats_per_user(*view.catalogue->event(row->event), order.to, 1, view, context.now);
  if (allowed.has_error()) return allowed.error();
  Reservation given = changed(*row, ReservationStatus::PAID, context.now);
  given.user = order.to;
  Changes changes;
  take_from_holder(changes, *row, given, context.ids);
  changes.reassignments.push_back(
      {row->id, given.version, row->user, given.user, order.operator_name, given.updated_at});
  return {given, std::move(changes)};
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
