#include "modules/operator/date_cancellation.h"

#include <algorithm>
#include <map>

#include "core/refusals.h"
#include "json/write.h"
#include "modules/catalogue/model.h"
#include "modules/catalogue/seating.h"
#include "modules/events/event_types.h"
#include "modules/operator/model.h"
#include "modules/payment/model.h"
#include "modules/reservation/model.h"
#include "modules/reservation/new_holds.h"
#include "modules/wallet/model.h"
#include "state/seat_taker.h"

namespace stagedoor::operators {

struct CancelledDetail {
  DateId date;
  std::int64_t refunded = 0;
  Won refunded_amount;
  std::int64_t carried = 0;
  Won carried_amount;
};
BOOST_DESCRIBE_STRUCT(CancelledDetail, (), (date, refunded, refunded_amount, carried, carried_amount))

namespace {

// nullptr: the date is not cancelled, or done.
const DateCancellation* unfinished(const Catalogue& catalogue, DateId date) {
  const DateCancellation* row = catalogue.cancellation(date);
  return row && !row->finished_at ? row : nullptr;
}

std::size_t end_of(const CancellationPiece& piece, const DateCancellation& row, const EventDate& date) {
  return std::min(date.seats.size(), std::size_t(row.seats_done) + piece.seats);
}

// Ends the reservations of one piece. A user may have paid several of them, so the wallets are written last.
class Ending {
 public:
  Ending(const DateCancellation& before, const View& view, BatchContext& context)
      : row_(before),
        view_(view),
        context_(context),
        date_(*view.catalogue->date(before.date)),
        carry_to_(view.catalogue->date(before.carry_to)) {
    const bool is_to_come = carry_to_ && !carry_to_->deleted_at && context.now < carry_to_->starts_at;
    if (!is_to_come) carry_to_ = nullptr;
  }

  void end_until(std::size_t end) {
    for (auto i = std::size_t(row_.seats_done); i < end; ++i) {
      if (const Reservation* taker = taker_of(view_, date_.seat_id(i))) end_reservation(*taker, i);
    }
    row_.seats_done = std::int64_t(end);
  }

  Changes finish() {
    if (row_.seats_done == std::int64_t(date_.seats.size())) {
      row_.finished_at = context_.now;
      const CancelledDetail detail{row_.date, row_.refunded, row_.refunded_amount, row_.carried,
                                   row_.carried_amount};
      changes_.log.push_back(
          log_row({row_.operator_name, "date.cancel.done", date_.event, json::to_text(detail)}, context_));
    }
    for (auto& [user, book] : books_) book.write(changes_);
    changes_.catalogue.cancellations.push_back(row_);
    return std::move(changes_);
  }

 private:
  void end_reservation(const Reservation& taker, std::size_t index) {
    if (taker.is_unpaid()) {
      const bool is_live = taker.is_live_hold(context_.now);
      const auto reason = is_live ? CancelReason::OPERATOR : CancelReason::LAPSED;
      return reservation::write(changes_, reservation::cancelled(taker, reason, context_.now), context_.ids);
    }
    if (taker.price > Won{0}) book_of(taker).refund(taker.price, taker.id);
    reservation::take_from_holder(changes_, taker,
                                  reservation::changed(taker, ReservationStatus::REFUNDED, context_.now),
                                  context_.ids);
    if (can_carry(index)) {
      carry(taker, carry_to_->seat_id(index));
    } else {
      ++row_.refunded;
      row_.refunded_amount += taker.price;
    }
  }

  bool can_carry(std::size_t index) const {
    if (!carry_to_) return false;
    const SeatId seat = carry_to_->seat_id(index);
    const SeatState* state = view_.seats.find(seat);
    return !(state && state->blocked) && !is_taken(view_, seat, context_.now);
  }

  // The same money pays for the same seat of the other date; the price stays.
  void carry(const Reservation& from, SeatId seat) {
    const TimePoint now = context_.now;
    if (const Reservation* lapsed = taker_of(view_, seat))
      reservation::write(changes_, reservation::cancelled(*lapsed, CancelReason::LAPSED, now), context_.ids);
    Reservation row;
    row.id = context_.ids.next<ReservationId>();
    row.seat = seat;
    row.date = carry_to_->id;
    row.event = from.event;
    row.user = from.user;
    row.place = from.place;
    row.status = ReservationStatus::PAID;
    row.price = from.price;
    row.expires_at = carry_to_->starts_at;
    row.created_at = row.updated_at = now;
    row.payment = context_.ids.next<PaymentId>();
    row.paid_at = now;
    const UserId& payer = payment::payer_of(from, view_);
    Payment payment{row.payment, payer, row.price, now, {row.id}};
    if (row.price > Won{0}) book_of(from).use(row.price, row.id);
    if (row.user != payer)
      changes_.reassignments.push_back({row.id, row.version, payer, row.user, row_.operator_name, now});
    changes_.outbox.push_back(events::event_of(payment, context_.ids));
    changes_.payments.push_back(std::move(payment));
    reservation::write(changes_, row, context_.ids);
    ++row_.carried;
    row_.carried_amount += row.price;
  }

  wallet::WalletBook& book_of(const Reservation& row) {
    const UserId& payer = payment::payer_of(row, view_);
    const auto at = books_.find(payer);
    if (at != books_.end()) return at->second;
    return books_.try_emplace(payer, view_.wallets.find(payer), payer, context_).first->second;
  }

  DateCancellation row_;
  const View& view_;
  BatchContext& context_;
  const EventDate& date_;
  const EventDate* carry_to_;  // nullptr: nobody can be carried over
  std::map<UserId, wallet::WalletBook> books_;
  Changes changes_;
};

}  // namespace

Result<void> begin_cancellation(const CancelDate& order, const Catalogue& catalogue, TimePoint now,
                                CatalogueChanges& changes) {
  if (const DateCancellation* already = catalogue.cancellation(order.date)) {
    if (already->carry_to == order.carry_to) return {};
    return invalid("carry_to", "differs: this date is cancelled already; see GET /admin/dates/{id}");
  }
  if (order.carry_to) {
    const EventDate& date = *catalogue.date(order.date);
    const EventDate* to = catalogue.date(order.carry_to);
    if (!to) return unknown_date(order.carry_to);
    if (to->deleted_at || to->event != date.event || to->id == date.id || to->starts_at <= now)
      return invalid("carry_to", "must be another date of this event, which is to come");
    if (!catalogue::has_same_seats(date, *to)) return invalid("carry_to", "must have the same seats");
  }
  DateCancellation row;
  row.date = order.date;
  row.reason = order.reason;
  row.operator_name = order.operator_name;
  row.begun_at = now;
  row.carry_to = order.carry_to;
  changes.cancellations.push_back(std::move(row));
  return {};
}

void piece_keys(const CancellationPiece& piece, const View& view, Keys& wanted) {
  const DateCancellation* row = unfinished(*view.catalogue, piece.date);
  if (!row) return;
  const EventDate& date = *view.catalogue->date(piece.date);
  const EventDate* to = view.catalogue->date(row->carry_to);
  for (std::size_t i = std::size_t(row->seats_done), end = end_of(piece, *row, date); i < end; ++i) {
    const SeatId seat = date.seat_id(i);
    want(view.seats, wanted.seats, seat);
    const SeatState* state = view.seats.knows(seat) ? view.seats.find(seat) : nullptr;
    if (!state || !state->taken_by) continue;
    payment::refund_keys({state->taken_by, std::nullopt}, view, wanted);
    if (to) reservation::taker_keys(to->seat_id(i), view, wanted);
  }
}

Changes decide_piece(const CancellationPiece& piece, const View& view, BatchContext& context) {
  const DateCancellation* row = unfinished(*view.catalogue, piece.date);
  // What ends with the date is told from what ended before by its time.
  if (!row || context.now <= row->begun_at) return {};
  Ending ending(*row, view, context);
  ending.end_until(end_of(piece, *row, *view.catalogue->date(piece.date)));
  return ending.finish();
}

}  // namespace stagedoor::operators
