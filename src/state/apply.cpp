// Applies changes to a View. It includes both: view.h does not know Changes and Batch.
#include <boost/pfr/core.hpp>
#include <tuple>

#include "state/kinds.h"
#include "state/view.h"

namespace stagedoor {
namespace {

// Calls f(table) for every table of the view.
template <class SomeView, class F>
void for_each_table(SomeView& view, F&& f) {
  boost::pfr::for_each_field(view, [&](auto& member) {
    if constexpr (requires { member.knows(typename std::remove_cvref_t<decltype(member)>::Key{}); })
      f(member);
  });
}

}  // namespace

bool Keys::empty() const {
  bool is_empty = true;
  boost::pfr::for_each_field(*this, [&](const auto& keys) { is_empty = is_empty && keys.empty(); });
  return is_empty;
}

std::size_t View::rows() const {
  std::size_t rows = 0;
  for_each_table(*this, [&](const auto& table) { rows += table.size(); });
  return rows;
}

void View::clear() {
  for_each_table(*this, [](auto& table) { table.clear(); });
  end_batch();
}

void View::apply(const Changes& changes) {
  for (const auto& row : changes.reservations) apply(row);
  for (const auto& row : changes.line) {
    line[{row.event, row.user}] = row;
    auto& last = last_place[row.event];
    last = std::max(last, row.place);
  }
  for (const auto& row : changes.line_marks) last_mark[row.event] = row;
  for (const auto& row : changes.blocks) {
    seats.at_or_new(row.seat).blocked = row.blocked;
    changed_seats.push_back(row.seat);
  }
  for_each_kind([&]<class Kind>(Kind) {
    if constexpr (std::is_same_v<Kind, kinds::reservations>) return;  // handled with the derived entries
    else if constexpr (requires { Kind::in(*this).knows(KeyOf<Kind>{}); }) {
      for (const auto& row : Kind::in(changes)) Kind::in(*this).put(Kind::key(row), row);
    }
  });
}

void View::apply(const Reservation& row) {
  auto& seat = seats.at_or_new(row.seat);
  if (row.takes_seat()) seat.taken_by = row.id;
  else if (seat.taken_by == row.id) seat.taken_by = {};
  changed_seats.push_back(row.seat);

  const bool is_new = row.version == 1;
  const Reservation* before = !is_new && reservations.knows(row.id) ? reservations.find(row.id) : nullptr;
  if (before && before->user != row.user && fans.knows({row.event, before->user}))
    std::erase(fans.at_or_new({row.event, before->user}).paid, row.id);  // it was reassigned
  auto& fan = fans.at_or_new({row.event, row.user});
  const auto keep = [&](std::vector<ReservationId>& ids, bool wanted) {
    const auto at = is_new ? ids.end() : std::find(ids.begin(), ids.end(), row.id);
    if (wanted && at == ids.end()) ids.push_back(row.id);
    if (!wanted && at != ids.end()) ids.erase(at);
  };
  keep(fan.unpaid, row.is_unpaid());
  keep(fan.paid, row.status == ReservationStatus::PAID);

  if (row.is_given_up()) last_ended.put({row.seat, row.user}, row.ended_at());
  reservations.put(row.id, row);
}

void View::forget(const Reservation& row) {
  const auto [id, seat, fan] = std::tuple(row.id, row.seat, EventUser{row.event, row.user});
  seats.forget(seat);
  fans.forget(fan);
  last_ended.forget({seat, fan.second});
  reservations.forget(id);
}

void View::forget(const Keys& keys) {
  for (const ReservationId id : keys.reservations) {
    const Reservation* row = reservations.knows(id) ? reservations.find(id) : nullptr;
    if (row) forget(*row);
    else reservations.forget(id);
  }
  for (const SeatId seat : keys.seats) seats.forget(seat);
  for (const EventUser& fan : keys.fans) fans.forget(fan);
  for (const UserId& user : keys.wallets) wallets.forget(user);
  for (const EventPlace& place : keys.visits) visits.forget(place);
  for (const UserKey& key : keys.answers) answers.forget(key);
  for (const auto& one : keys.last_ended) last_ended.forget(one.first);
  for (const PaymentId id : keys.payments) payments.forget(id);
  for (const EventId event : keys.draws) draws.forget(event);
  for (const std::string& key : keys.key_versions) key_versions.forget(key);
  for (const TicketRef& ticket : keys.ticket_uses) ticket_uses.forget(ticket);
}

void View::forget(const Batch& batch) {
  for (const auto& [row, stored] : batch.reservations.rows()) {
    forget(row);
    if (stored) forget(*stored);
  }
  for (const auto& [row, stored] : batch.blocks.rows()) seats.forget(row.seat);
  for_each_kind([&]<class Kind>(Kind) {
    if constexpr (requires { Kind::in(*this).knows(KeyOf<Kind>{}); }) {
      if constexpr (kIsConditional<Kind>) {
        for (const auto& write : Kind::in(batch).rows()) Kind::in(*this).forget(Kind::key(write.row));
      } else {
        for (const auto& row : Kind::in(batch)) Kind::in(*this).forget(Kind::key(row));
      }
    }
  });
}

}  // namespace stagedoor
