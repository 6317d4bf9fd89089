#include "modules/payment/model.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/ensure.h"
#include "core/refusals.h"
#include "modules/events/event_types.h"
#include "modules/queue/model.h"
#include "modules/reservation/model.h"
#include "modules/wallet/model.h"

namespace stagedoor::payment {
namespace {

Refusal not_enough(Won balance, Won price, const Pay& order) {
  Refusal refusal{
      .code = Code::NOT_ENOUGH_BALANCE,
      .message = fmt::format("The balance is {} won, the price {}. {} {} more; the hold keeps its time.",
                             balance.amount, price.amount,
                             order.user_may_charge ? "Charge" : "Ask an operator to charge",
                             (price - balance).amount),
      .extra = {{"balance", fmt::to_string(balance.amount)}, {"price", fmt::to_string(price.amount)}}};
  if (order.user_may_charge) {
    const std::string url = "/users/" + to_string(order.fan.user) + "/balance/charge";
    refusal.extra.emplace(refusal.extra.begin(), "chargeUrl", '"' + url + '"');
    refusal.headers = {{"Location", url}};
  }
  return refusal;
}

// True when the fan has a live hold of the event that is not among `paid`.
bool has_other_hold(const View& view, EventId event, const UserId& user, const std::vector<Reservation>& paid,
                    TimePoint now) {
  const FanSeats* fan = view.fans.find({event, user});
  return fan && std::any_of(fan->unpaid.begin(), fan->unpaid.end(), [&](ReservationId id) {
           const bool is_paid_now =
               std::any_of(paid.begin(), paid.end(), [&](const auto& row) { return row.id == id; });
           return !is_paid_now && view.reservations.find(id)->is_live_hold(now);
         });
}

}  // namespace

void pay_keys(const Pay& order, const View& view, Keys& wanted) {
  const EventUser key{order.fan.event, order.fan.user};
  want(view.visits, wanted.visits, EventPlace{order.fan.event, order.fan.place});
  want(view.wallets, wanted.wallets, order.fan.user);
  want(view.fans, wanted.fans, key);
  for (const ReservationId id : order.reservations)
    reservation::cancel_keys({id, order.fan.user}, view, wanted);
  if (!view.fans.knows(key) || !view.fans.find(key)) return;
  for (const ReservationId id : view.fans.find(key)->unpaid) want(view.reservations, wanted.reservations, id);
}

Decision<Paid> decide_pay(const Pay& order, const View& view, BatchContext& context) {
  const TimePoint now = context.now;
  const UserId& user = order.fan.user;
  std::vector<Reservation> holds;
  Won total;
  for (const ReservationId id : order.reservations) {
    auto hold = reservation::live_hold_of(view.reservations.find(id), user, now);
    if (hold.has_error()) return hold.error();
    if (const auto* cancellation = view.catalogue->cancellation(hold->date))
      return refuse(Code::BOOKING_CLOSED, "This date is cancelled: " + cancellation->reason);
    if (const EventDate* date = view.catalogue->date(hold->date); date && now >= date->starts_at)
      return refuse(Code::BOOKING_CLOSED, "This date was moved, and has begun.");
    total += hold->price;
    holds.push_back(*hold);
  }
  for (const Reservation& hold : holds) {
    const auto turn = queue::active_visit(view, order.fan, hold.event, now);
    if (turn.has_error()) return turn.error();
  }
  const EventId event = order.fan.event;
  const Wallet* wallet = view.wallets.find(user);
  const Won balance = wallet ? wallet->balance : Won{0};
  Changes changes;
  if (balance < total) {
    for (const Reservation& hold : holds) {
      if (hold.status == ReservationStatus::RESERVED)
        reservation::write(changes, reservation::changed(hold, ReservationStatus::PENDING, now), context.ids);
    }
    return {not_enough(balance, total, order), std::move(changes)};
  }

  Payment payment{context.ids.next<PaymentId>(), user, total, now, order.reservations};
  wallet::WalletBook book(wallet, user, context);
  for (Reservation& hold : holds) {
    if (hold.price > Won{0}) book.use(hold.price, hold.id);
    hold = reservation::changed(hold, ReservationStatus::PAID, now);
    hold.payment = payment.id;
    hold.paid_at = now;
    reservation::write(changes, hold, context.ids);
  }
  if (total > Won{0}) book.write(changes);
  changes.outbox.push_back(events::event_of(payment, context.ids));
  changes.payments.push_back(payment);
  if (!has_other_hold(view, event, user, holds, now)) {  // R-P4
    Visit over = *view.visits.find({event, order.fan.place});
    over.expires_at = now;
    over.ended_by = EarlyEnd::paid;
    changes.visits.push_back(over);
  }
  return {Paid{std::move(payment), std::move(holds)}, std::move(changes)};
}

void refund_keys(const Refund& order, const View& view, Keys& wanted) {
  reservation::cancel_keys({order.reservation, {}}, view, wanted);
  if (!view.reservations.knows(order.reservation)) return;
  const Reservation* row = view.reservations.find(order.reservation);
  if (!row || !row->payment) return;
  if (order.owner) want(view.ticket_uses, wanted.ticket_uses, current_ticket(*row));
  want(view.payments, wanted.payments, row->payment);
  if (view.payments.knows(row->payment)) want(view.wallets, wanted.wallets, payer_of(*row, view));
}

const UserId& payer_of(const Reservation& row, const View& view) {
  const Payment* payment = view.payments.find(row.payment);
  ensure(payment != nullptr, "a paid reservation has a payment");
  return payment->user;
}

Decision<Reservation> decide_refund(const Refund& order, const View& view, BatchContext& context) {
  const Reservation* row = view.reservations.find(order.reservation);
  if (!row) return unknown_reservation();
  if (order.owner && row->user != *order.owner) return not_yours("reservation");
  if (row->status != ReservationStatus::PAID) {
    return refuse(Code::WRONG_RESERVATION_STATUS, "Only a paid reservation can be refunded.");
  }
  if (const auto* cancellation = view.catalogue->cancellation(row->date))
    return reservation::date_is_cancelled(*cancellation);
  if (order.owner) {
    if (reservation::is_ticket_used(*row, view))
      return refuse(Code::TICKET_ALREADY_USED, "The ticket was used, so only an operator can refund it.");
  }
  const Event* event = view.catalogue->event(row->event);
  if (order.owner && !(event && event->policy.refund_until && context.now < *event->policy.refund_until)) {
    return refuse(Code::WRONG_RESERVATION_STATUS, "This reservation can no longer be refunded.");
  }
  const Reservation refunded = reservation::changed(*row, ReservationStatus::REFUNDED, context.now);
  Changes changes;
  reservation::take_from_holder(changes, *row, refunded, context.ids);
  if (row->price > Won{0}) {
    const UserId& payer = payer_of(*row, view);
    wallet::WalletBook book(view.wallets.find(payer), payer, context);
    book.refund(row->price, row->id);
    book.write(changes);
  }
  return {refunded, std::move(changes)};
}

}  // namespace stagedoor::payment
