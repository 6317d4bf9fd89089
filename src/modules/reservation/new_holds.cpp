#include "modules/reservation/new_holds.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/refusals.h"
#include "modules/queue/model.h"

namespace stagedoor::reservation {
namespace {

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

Result<void> check_bookable(const EventDate& date, EventId event, const Catalogue& catalogue, TimePoint now) {
  if (date.event != event) return wrong_event();
  if (!catalogue.event(event)->is_on_sale(now)) {
    return refuse(Code::EVENT_NOT_ON_SALE, "This event is not on sale now.");
  }
  if (!date.booking.contains(now) || now >= date.starts_at)
    return refuse(Code::BOOKING_CLOSED, "This date cannot be booked now.");
  return {};
}

void fan_keys(const PlaceRef& fan, const View& view, Keys& wanted) {
  want(view.visits, wanted.visits, EventPlace{fan.event, fan.place});
  want(view.fans, wanted.fans, EventUser{fan.event, fan.user});
}

void cooldown_keys(const Event& event, SeatId seat, const UserId& user, const View& view, Keys& wanted) {
  if (event.policy.rehold_cooldown <= Millis(0)) return;
  // A hold that ended within the cooldown was made at most this long ago, unless hold_ttl was longer then.
  const Millis reach = event.policy.rehold_cooldown + event.policy.hold_ttl;
  const SeatUser key{seat, user};
  if (!view.last_ended.knows(key)) wanted.last_ended.emplace(key, reach);
}

void taker_keys(SeatId seat, const View& view, Keys& wanted) {
  want(view.seats, wanted.seats, seat);
  // An expired hold that still takes the seat will be cancelled, which changes its owner's seats.
  if (!view.seats.knows(seat)) return;
  const SeatState* state = view.seats.find(seat);
  if (!state || !state->taken_by) return;
  want(view.reservations, wanted.reservations, state->taken_by);
  if (!view.reservations.knows(state->taken_by)) return;
  const Reservation* in_the_way = view.reservations.find(state->taken_by);
  want(view.fans, wanted.fans, EventUser{in_the_way->event, in_the_way->user});
}

std::optional<TimePoint> cooldown_of(const Event& event, SeatId seat, const UserId& user,
                                     const Reservation* unswept, const View& view, TimePoint now) {
  if (event.policy.rehold_cooldown <= Millis(0)) return std::nullopt;
  const TimePoint* ended = view.last_ended.find({seat, user});
  // The user's newest hold of the seat: expired, swept or not, or given up.
  if (unswept && unswept->user == user) ended = &unswept->expires_at;
  if (!ended || now >= *ended + event.policy.rehold_cooldown) return std::nullopt;
  return *ended + event.policy.rehold_cooldown;
}

Result<void> check_seats_per_user(const Event& event, const UserId& user, std::int64_t count,
                                  const View& view, TimePoint now) {
  const auto already = seats_of(view, {event.id, user}, now, event.policy.seats_per_user - count);
  if (already + count <= event.policy.seats_per_user) return {};
  return refuse(Code::SEAT_LIMIT_EXCEEDED,
                fmt::format("The limit is {} seats per user for this event; you have {}.",
                            event.policy.seats_per_user, already));
}

Decision<Held> make_holds(Held held, const std::vector<const Reservation*>& unswept, const PlaceRef& fan,
                          const Visit& visit, const View& view, BatchContext& context) {
  const TimePoint now = context.now;
  const Event& event = *view.catalogue->event(fan.event);
  Changes changes;
  for (const Reservation* row : unswept)
    write(changes, cancelled(*row, CancelReason::LAPSED, now), context.ids);
  const TimePoint expires_at = std::min(now + event.policy.hold_ttl, queue::visit_cap(visit, event.queue));
  TimePoint last_end = now;
  for (Reservation& row : held.reservations) {
    if (row.id) continue;
    const EventDate& date = *view.catalogue->date_of(row.seat);
    row.id = context.ids.next<ReservationId>();
    row.date = date.id;
    row.event = event.id;
    row.user = fan.user;
    row.place = fan.place;
    row.price = date.category_of(row.seat).price;
    row.expires_at = std::min(expires_at, date.starts_at);  // what has begun is not sold (R-C6)
    last_end = std::max(last_end, row.expires_at);
    row.created_at = row.updated_at = now;
    write(changes, row, context.ids);
  }
  const Visit renewed = queue::renew_visit(visit, event.queue, last_end);
  if (renewed.expires_at != visit.expires_at) changes.visits.push_back(renewed);
  held.is_new = true;
  return {std::move(held), std::move(changes)};
}

}  // namespace stagedoor::reservation
