// A small stage for tests of the models: a catalogue of two events, a View that begins as an empty store, and
// every use case as one call. What a use case's rows_to_load() does not name stays unknown to the View, so a
// decision that reads more than it asked for dies here as it would in the lane.
//
//   Stage stage;
//   const PlaceRef fan = stage.inside(1);                           // user 1, let in
//   EXPECT_EQ(outcome(stage.hold(fan, {7})), "ok");                 // seat number 7 of the club night
//   stage.now += Millis(300'000);
//   EXPECT_EQ(outcome(stage.pay(fan, {stage.taken_by(7)})), "RESERVATION_EXPIRED");
#pragma once

#include <boost/describe/enum_to_string.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "engine/command.h"
#include "modules/catalogue/model.h"
#include "modules/events/event_types.h"
#include "modules/payment/model.h"
#include "modules/queue/model.h"
#include "modules/reservation/hold_best.h"
#include "modules/reservation/model.h"
#include "modules/wallet/model.h"

namespace stagedoor::test {

inline constexpr TimePoint kNow = from_ms(1'800'000'000'000);
inline constexpr Won kPrice{110'000};
inline constexpr Won kBalanceMax{100'000'000};
inline constexpr EventId kClubNight{1}, kOtherNight{2};

inline UserId user_id(std::uint32_t n) {
  UserId id;
  for (std::size_t i = 0; i < 4; ++i) id.bytes[15 - i] = static_cast<std::uint8_t>(n >> (8 * i));
  return id;
}

// "ok", or the refusal's code.
template <class Outcome>
std::string outcome(const std::variant<Outcome, Refusal>& result) {
  const auto* refusal = std::get_if<Refusal>(&result);
  return refusal ? boost::describe::enum_to_string(refusal->code, "?") : "ok";
}
template <class Outcome>
std::string outcome(const Decision<Outcome>& decision) {
  return outcome(decision.result);
}
template <class Outcome>
std::string outcome(const Result<Outcome>& result) {
  return result.has_error() ? boost::describe::enum_to_string(result.error().code, "?") : "ok";
}

// A date of 50 seats, numbered 1–50, all of one category; its first seat has the id 1000 × date + 1.
inline EventDate fifty_seats(DateId id, EventId event, Won price) {
  EventDate date;
  date.id = id;
  date.event = event;
  date.starts_at = kNow + Millis(86'400'000);
  date.booking = {kNow - Millis(3'600'000), kNow + Millis(3'600'000)};
  date.first_seat = {1000 * id.value + 1};
  date.sections = {""};
  date.categories = {{CategoryId{id.value}, "Standard", price}};
  for (std::int32_t number = 1; number <= 50; ++number) date.seats.push_back({number, number, 0, 0, 0});
  return date;
}

inline Event on_sale_event(EventId id, std::string name) {
  Event event;
  event.id = id;
  event.name = std::move(name);
  event.on_sale = {kNow - Millis(3'600'000), kNow + Millis(7'200'000)};
  event.policy.refund_until = kNow + Millis(1'800'000);
  return event;
}

class Stage {
 public:
  TimePoint now = kNow;
  Ids ids{1};
  View view;

  // The club night (event 1, date 1) and another night (event 2, dates 2 and, for nothing, 3).
  Stage() {
    catalogue_.events[kClubNight] = std::make_shared<Event>(on_sale_event(kClubNight, "Winter Club Night"));
    catalogue_.events[kOtherNight] = std::make_shared<Event>(on_sale_event(kOtherNight, "Another Night"));
    add({1}, kClubNight, kPrice);
    add({2}, kOtherNight, kPrice);
    add({3}, kOtherNight, {});
    publish();
  }

  // Changes the club night.
  Event& event() { return const_cast<Event&>(*catalogue_.events[kClubNight]); }
  EventDate& date(std::int64_t id = 1) { return const_cast<EventDate&>(*catalogue_.dates[{id}]); }

  static SeatId seat(int number, std::int64_t date = 1) { return {1000 * date + number}; }
  static std::vector<SeatId> seats(const std::vector<int>& numbers) {
    std::vector<SeatId> all;
    for (const int number : numbers) all.push_back(seat(number));
    return all;
  }

  // The next place, of a user who still waits.
  PlaceRef waiting(std::uint32_t user, EventId event = kClubNight) {
    const Place place = ++last_place_[event];
    return {event, place, user_id(user)};
  }
  // The next place, of a user who has been let in.
  PlaceRef inside(std::uint32_t user, EventId event = kClubNight) {
    const PlaceRef fan = waiting(user, event);
    const LinePlace place{event, fan.place, fan.user, now, std::nullopt};
    if (const auto key = events::queue_key(event); !view.key_versions.knows(key))
      view.key_versions.put(key, std::nullopt);
    BatchContext context{now, ids};
    view.apply(queue::decide_admit(*view.catalogue->event(event), std::span(&place, 1), view, context));
    return fan;
  }
  const Visit& visit(const PlaceRef& fan) { return *view.visits.find({fan.event, fan.place}); }

  Decision<reservation::Held> hold(const PlaceRef& fan, const std::vector<int>& numbers) {
    return hold_seats(fan, seats(numbers));
  }
  Decision<reservation::Held> hold_seats(const PlaceRef& fan, std::vector<SeatId> wanted) {
    const reservation::HoldSeats order{fan, std::move(wanted)};
    return run([&](Keys& keys) { reservation::hold_keys(order, view, keys); },
               [&](BatchContext& context) { return reservation::decide_hold(order, view, context); });
  }
  // The club night's date; "": any category.
  Decision<reservation::Held> hold_best(const PlaceRef& fan, std::size_t count, std::string category = "",
                                        DateId date = {1}) {
    reservation::HoldBest order{fan, date, std::nullopt, count};
    if (!category.empty()) order.category = std::move(category);
    return run(
        [&](Keys& keys) {
          reservation::hold_best_keys(order, view, keys);
          if (keys.empty()) reservation::hold_best_late_keys(order, view, now, best_seats_, keys);
        },
        [&](BatchContext& context) { return decide_hold_best(order, view, context, best_seats_); });
  }
  Decision<Reservation> cancel(const PlaceRef& fan, ReservationId id) {
    const reservation::CancelHold order{id, fan.user};
    return run([&](Keys& keys) { reservation::cancel_keys(order, view, keys); },
               [&](BatchContext& context) { return reservation::decide_cancel(order, view, context); });
  }
  // By an operator.
  Decision<Reservation> release(ReservationId id) {
    const reservation::CancelHold order{id, std::nullopt};
    return run([&](Keys& keys) { reservation::cancel_keys(order, view, keys); },
               [&](BatchContext& context) { return reservation::decide_cancel(order, view, context); });
  }
  Decision<Reservation> reassign(ReservationId id, std::uint32_t to) {
    const reservation::Reassign order{id, user_id(to), "otto"};
    return run([&](Keys& keys) { reservation::reassign_keys(order, view, keys); },
               [&](BatchContext& context) { return reservation::decide_reassign(order, view, context); });
  }
  Decision<reservation::Left> leave(const PlaceRef& fan, bool is_waiting = false) {
    const reservation::Leave order{fan};
    std::optional<LinePlace> current;
    if (is_waiting) current = {fan.event, fan.place, fan.user, kNow, std::nullopt};
    return run(
        [&](Keys& keys) { reservation::leave_keys(order, view, keys); },
        [&](BatchContext& context) { return reservation::decide_leave(order, view, context, current); });
  }
  Decision<payment::Paid> pay(const PlaceRef& fan, std::vector<ReservationId> holds) {
    const payment::Pay order{fan, std::move(holds)};
    return run([&](Keys& keys) { payment::pay_keys(order, view, keys); },
               [&](BatchContext& context) { return payment::decide_pay(order, view, context); });
  }
  Decision<Reservation> refund(ReservationId id, std::optional<UserId> owner) {
    const payment::Refund order{id, owner};
    return run([&](Keys& keys) { payment::refund_keys(order, view, keys); },
               [&](BatchContext& context) { return payment::decide_refund(order, view, context); });
  }
  Decision<wallet::Charged> charge(std::uint32_t user, Won amount, Won balance_max = kBalanceMax) {
    const wallet::Charge order{user_id(user), amount, balance_max};
    return run([&](Keys& keys) { want(view.wallets, keys.wallets, order.user); },
               [&](BatchContext& context) { return wallet::decide_charge(order, view, context); });
  }
  // The sweep, told of every reservation there is; what it changed.
  Changes sweep() {
    std::vector<ReservationId> all;
    for (std::int64_t id = 1; id < ids.peek(); ++id) {
      if (view.reservations.knows({id}) && view.reservations.find({id})) all.push_back({id});
    }
    BatchContext context{now, ids};
    Changes changes = reservation::decide_lapse(all, view, context);
    view.apply(changes);
    return changes;
  }
  void block(int number, std::int64_t date = 1) {
    Changes changes;
    changes.blocks.push_back({seat(number, date), true});
    load_seat(seat(number, date));
    view.apply(changes);
  }

  // As a committed batch does it.
  void change_catalogue(const CatalogueChanges& changes) {
    catalogue_ = catalogue::with_changes(catalogue_, changes);
    publish();
  }
  void cancel_date(DateId id, DateId carry_to = {}) {
    CatalogueChanges changes;
    changes.dates = {*catalogue_.date(id)};
    changes.dates.front().deleted_at = now;
    DateCancellation& row = changes.cancellations.emplace_back();
    row.date = id;
    row.reason = "The singer is ill.";
    row.operator_name = "otto";
    row.begun_at = now;
    row.carry_to = carry_to;
    change_catalogue(changes);
  }

  // Loads what the decision needs, decides, and applies the changes.
  template <class KeysOf, class Decide>
  std::invoke_result_t<Decide, BatchContext&> run(const KeysOf& keys_of, const Decide& decide) {
    for (;;) {
      Keys keys;
      keys_of(keys);
      if (keys.empty()) break;
      load(keys);
    }
    BatchContext context{now, ids};
    auto decision = decide(context);
    view.apply(decision.changes);
    return decision;
  }

  const Reservation& reservation(ReservationId id) { return *view.reservations.find(id); }
  // The reservation that takes the seat, lapsed or not; 0 when none does.
  ReservationId taken_by(int number, std::int64_t date = 1) {
    load_seat(seat(number, date));
    const SeatState* state = view.seats.find(seat(number, date));
    return state ? state->taken_by : ReservationId{};
  }
  Won balance(std::uint32_t user) {
    if (!view.wallets.knows(user_id(user))) return {};
    const Wallet* wallet = view.wallets.find(user_id(user));
    return wallet ? wallet->balance : Won{};
  }

 private:
  void add(DateId id, EventId event, Won price) {
    catalogue_.dates[id] = std::make_shared<EventDate>(fifty_seats(id, event, price));
    catalogue_.dates_by_first_seat[catalogue_.dates[id]->first_seat] = id;
  }
  void publish() { view.catalogue = std::make_shared<Catalogue>(catalogue_); }  // shares the rows

  void load_seat(SeatId id) {
    Keys keys;
    want(view.seats, keys.seats, id);
    load(keys);
  }
  // What the View does not know is not there.
  void load(const Keys& keys) {
    for (const auto& key : keys.reservations) view.reservations.put(key, std::nullopt);
    for (const auto& key : keys.seats) view.seats.put(key, std::nullopt);
    for (const auto& key : keys.fans) view.fans.put(key, std::nullopt);
    for (const auto& key : keys.wallets) view.wallets.put(key, std::nullopt);
    for (const auto& key : keys.visits) view.visits.put(key, std::nullopt);
    for (const auto& one : keys.last_ended) view.last_ended.put(one.first, std::nullopt);
    for (const auto& key : keys.payments) view.payments.put(key, std::nullopt);
    for (const auto& key : keys.ticket_uses) view.ticket_uses.put(key, std::nullopt);
  }

  Catalogue catalogue_;
  std::map<EventId, Place> last_place_;
  // Nothing is ever committed: all that was done is in the view.
  reservation::BestSeats best_seats_{
      [this](DateId id) { return std::make_shared<const catalogue::SeatMap>(*catalogue_.date(id)); }};
};

template <class Outcome>
const Outcome& result_of(const Decision<Outcome>& decision) {
  return std::get<Outcome>(decision.result);
}
template <class Outcome>
const Refusal& refusal_in(const Decision<Outcome>& decision) {
  return std::get<Refusal>(decision.result);
}

}  // namespace stagedoor::test
