#include "modules/reservation/hold_best.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "core/ensure.h"
#include "core/refusals.h"
#include "modules/queue/model.h"
#include "modules/reservation/new_holds.h"
#include "state/seat_taker.h"

namespace stagedoor::reservation {
namespace {

// What an order asks for, if it may be asked for now.
struct Wish {
  Visit visit;
  const Event* event = nullptr;
  const EventDate* date = nullptr;
  std::optional<std::uint16_t> category;
};

Result<Wish> check(const HoldBest& order, const View& view, TimePoint now) {
  const auto visit = queue::active_visit(view, order.fan, order.fan.event, now);
  if (visit.has_error()) return visit.error();
  const EventDate* date = view.catalogue->date(order.date);
  if (!date || date->deleted_at) return unknown_date(order.date);
  const auto bookable = check_bookable(*date, order.fan.event, *view.catalogue, now);
  if (bookable.has_error()) return bookable.error();
  Wish wish{*visit, view.catalogue->event(order.fan.event), date, std::nullopt};
  if (order.category) {
    const auto found = std::ranges::find(date->categories, *order.category, &Category::name);
    if (found == date->categories.end()) return invalid("category", "must be a price category of the date");
    wish.category = std::uint16_t(found - date->categories.begin());
  }
  const auto allowed =
      check_seats_per_user(*wish.event, order.fan.user, std::int64_t(order.count), view, now);
  if (allowed.has_error()) return allowed.error();
  return wish;
}

struct Choice {
  std::vector<SeatId> seats = {};                // empty: there are not so many side by side
  std::vector<const Reservation*> unswept = {};  // the expired holds that still take some of them
  // The user held one of them a short time ago, as of every choice before; then it was the last one.
  std::optional<TimePoint> cooldown_until = {};
  std::size_t largest = 0;  // if there are none
};

// The best seats for this user now. If `wanted` is not empty then, it lacks rows and the choice is not made.
Choice choose(const HoldBest& order, const Wish& wish, const View& view, TimePoint now, BestSeats& best_seats,
              Keys& wanted) {
  FreeSeats& free = best_seats.of(*wish.date, view, now);
  std::vector<std::size_t> in_cooldown;  // rising
  for (int others = 0;; ++others) {
    const auto found = free.find(wish.category, order.count, now, in_cooldown);
    Choice choice{.largest = found.largest};
    if (!found.first) return choice;
    std::vector<std::size_t> too_recent;
    for (std::size_t index = *found.first; index < *found.first + order.count; ++index) {
      const SeatId seat = wish.date->seat_id(index);
      const bool has_expired_hold = free.free_from(index) != TimePoint::min();
      cooldown_keys(*wish.event, seat, order.fan.user, view, wanted);
      if (has_expired_hold) taker_keys(seat, view, wanted);
      if (!wanted.empty()) continue;
      const Reservation* unswept = has_expired_hold ? taker_of(view, seat) : nullptr;
      if (unswept) choice.unswept.push_back(unswept);
      choice.seats.push_back(seat);
      const auto until = cooldown_of(*wish.event, seat, order.fan.user, unswept, view, now);
      if (!until) continue;
      choice.cooldown_until = std::max(choice.cooldown_until, until);
      too_recent.push_back(index);
    }
    if (!wanted.empty() || too_recent.empty() || others == kOtherSeatsMax) return choice;
    in_cooldown.insert(in_cooldown.end(), too_recent.begin(), too_recent.end());
    std::ranges::sort(in_cooldown);
  }
}

Refusal no_seats_together(const HoldBest& order, std::size_t largest) {
  std::string message =
      largest == 0 ? "No seat is free" : fmt::format("The most free seats side by side are {}", largest);
  message += order.category ? " in this category." : " on this date.";
  return {.code = Code::NO_SEATS_TOGETHER,
          .message = std::move(message),
          .extra = {{"largest", fmt::to_string(largest)}}};
}

}  // namespace

void hold_best_keys(const HoldBest& order, const View& view, Keys& wanted) {
  fan_keys(order.fan, view, wanted);
}

void hold_best_late_keys(const HoldBest& order, const View& view, TimePoint now, BestSeats& best_seats,
                         Keys& wanted) {
  const auto wish = check(order, view, now);
  if (wish) choose(order, *wish, view, now, best_seats, wanted);
}

Decision<Held> decide_hold_best(const HoldBest& order, const View& view, BatchContext& context,
                                BestSeats& best_seats) {
  const auto wish = check(order, view, context.now);
  if (!wish) return wish.error();
  Keys missing;
  const Choice choice = choose(order, *wish, view, context.now, best_seats, missing);
  ensure(missing.empty(), "the rows of the best seats are loaded");
  if (choice.seats.empty()) return no_seats_together(order, choice.largest);
  if (choice.cooldown_until) {
    return refuse(Code::SEAT_LIMIT_EXCEEDED,
                  "You held too many of the best seats a short time ago. Choose other seats yourself, or ask "
                  "again from " +
                      to_rfc3339(*choice.cooldown_until) + ".");
  }
  Held held;
  for (const SeatId seat : choice.seats) held.reservations.emplace_back().seat = seat;
  return make_holds(std::move(held), choice.unswept, order.fan, wish->visit, view, context);
}

}  // namespace stagedoor::reservation
