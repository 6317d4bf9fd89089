#include "lane/naive_sale.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/describe/enum_to_string.hpp>

#include "support/calls.h"

namespace stagedoor::test {
namespace {

constexpr const char* kNobody = "";

// The user's newest place, and the visit that came of it.
struct Newest {
  const LinePlace* place = nullptr;
  const Visit* visit = nullptr;
};
Newest newest_of(const UserId& user, const memory::Tables& rows) {
  Newest newest;
  for (const auto& [key, place] : rows.line)
    if (place.user == user) newest.place = &place;
  if (!newest.place) return newest;
  const auto visit = rows.visits.find({newest.place->event, newest.place->place});
  if (visit != rows.visits.end()) newest.visit = &visit->second;
  return newest;
}

bool is_inside(const Newest& newest, TimePoint now) { return newest.visit && now < newest.visit->expires_at; }

}  // namespace

std::string NaiveSale::turn(const UserId& user, const memory::Tables& rows, TimePoint now) const {
  const Newest newest = newest_of(user, rows);
  if (is_inside(newest, now)) return kNobody;
  return newest.visit || newest.place->left_at ? "TOKEN_EXPIRED" : "WRONG_TOKEN_TURN";
}

std::string NaiveSale::live_hold_of(std::int64_t id, const UserId& user, TimePoint now) const {
  const auto at = holds_.find(id);
  if (at == holds_.end()) return "RESERVATION_NOT_FOUND";
  const Hold& hold = at->second;
  if (hold.user != user) return "FORBIDDEN";
  switch (hold.state) {
    case State::held:
      return now < hold.ends ? kNobody : "RESERVATION_EXPIRED";
    case State::paid:
      return "RESERVATION_ALREADY_PAID";
    case State::cancelled:
    case State::refunded:
      return "WRONG_RESERVATION_STATUS";
  }
  return "?";
}

std::string NaiveSale::hold(const Ask& ask, const memory::Tables& rows, TimePoint now) {
  if (const auto refusal = turn(ask.user, rows, now); !refusal.empty()) return refusal;
  std::vector<std::int64_t> wanted;
  for (const std::int64_t seat : ask.ids) {
    bool is_mine = false;
    for (const auto& [id, hold] : holds_) {
      if (hold.seat != seat) continue;
      if (hold.is_live(now) && hold.user == ask.user) is_mine = true;
      else if (hold.is_live(now) || hold.state == State::paid) return "SEAT_OCCUPIED";
    }
    if (!is_mine) wanted.push_back(seat);
  }
  if (wanted.empty()) {
    effect_ = [](const auto&) {};
    return "200";
  }
  std::int64_t has = 0;
  for (const auto& [id, hold] : holds_) {
    if (hold.user != ask.user) continue;
    has += hold.is_live(now) || hold.state == State::paid;
    const bool is_wanted = std::find(wanted.begin(), wanted.end(), hold.seat) != wanted.end();
    const bool has_ended = (hold.state == State::held && hold.ends <= now) || hold.state == State::cancelled;
    const TimePoint end = hold.state == State::cancelled ? hold.given_up : hold.ends;
    if (is_wanted && has_ended && now < end + rules_.cooldown) return "SEAT_LIMIT_EXCEEDED";
  }
  if (has + std::int64_t(wanted.size()) > rules_.seats_per_user) return "SEAT_LIMIT_EXCEEDED";
  const TimePoint cap = newest_of(ask.user, rows).visit->activated_at + rules_.visit_max;
  const TimePoint ends = std::min(now + rules_.hold_ttl, cap);
  effect_ = [this, user = ask.user, wanted, ends](const boost::json::value& data) {
    const auto* several = data.as_object().if_contains("reservations");
    const auto take = [&](const boost::json::value& row) {
      const std::int64_t seat = number(row, "seatId");
      if (std::find(wanted.begin(), wanted.end(), seat) == wanted.end()) return;
      holds_[number(row, "id")] = {seat, user, ends, State::held, {}};
    };
    if (!several) return take(data);
    for (const auto& row : several->as_array()) take(row);
  };
  return "201";
}

std::string NaiveSale::expect(const Ask& ask, const memory::Tables& rows, TimePoint now) {
  effect_ = [](const auto&) {};
  std::int64_t& balance = balances_[ask.user];
  const std::int64_t id = ask.ids.empty() ? 0 : ask.ids.front();
  switch (ask.what) {
    case Do::join: {
      const Newest newest = newest_of(ask.user, rows);
      const bool is_there = newest.place && (newest.visit ? is_inside(newest, now) : !newest.place->left_at);
      return is_there ? "200" : "201";
    }
    case Do::leave:
      if (!is_inside(newest_of(ask.user, rows), now)) return "200";
      effect_ = [this, user = ask.user, now](const auto&) {
        for (auto& [key, hold] : holds_)
          if (hold.user == user && hold.is_live(now)) hold.state = State::cancelled, hold.given_up = now;
      };
      return "200";
    case Do::hold:
      return hold(ask, rows, now);
    case Do::cancel:
      if (const auto refusal = live_hold_of(id, ask.user, now); !refusal.empty()) return refusal;
      effect_ = [this, id, now](const auto&) {
        holds_[id].state = State::cancelled;
        holds_[id].given_up = now;
      };
      return "200";
    case Do::pay: {
      for (const std::int64_t one : ask.ids)
        if (const auto refusal = live_hold_of(one, ask.user, now); !refusal.empty()) return refusal;
      if (const auto refusal = turn(ask.user, rows, now); !refusal.empty()) return refusal;
      const std::int64_t total = rules_.price * std::int64_t(ask.ids.size());
      if (balance < total) return "NOT_ENOUGH_BALANCE";
      effect_ = [this, ask, total](const auto&) {
        balances_[ask.user] -= total;
        for (const std::int64_t one : ask.ids) holds_[one].state = State::paid;
      };
      return "200";
    }
    case Do::charge:
      if (ask.amount < 1 || ask.amount > rules_.balance_max) return "INVALID_AMOUNT";
      if (balance + ask.amount > rules_.balance_max) return "BALANCE_LIMIT_EXCEEDED";
      effect_ = [this, ask](const auto&) { balances_[ask.user] += ask.amount; };
      return "200";
    case Do::refund: {
      const auto at = holds_.find(id);
      if (at == holds_.end()) return "RESERVATION_NOT_FOUND";
      if (at->second.user != ask.user) return "FORBIDDEN";
      if (at->second.state != State::paid || now >= rules_.refund_until) return "WRONG_RESERVATION_STATUS";
      effect_ = [this, ask, id](const auto&) {
        balances_[ask.user] += rules_.price;
        holds_[id].state = State::refunded;
      };
      return "200";
    }
  }
  return "?";
}

void NaiveSale::done(const boost::json::value& data) { effect_(data); }

std::string NaiveSale::difference(const memory::Tables& rows, TimePoint now) const {
  for (const auto& [user, balance] : balances_) {
    const auto at = rows.wallets.find(user);
    const std::int64_t stored = at == rows.wallets.end() ? 0 : at->second.balance.amount;
    if (stored != balance) return fmt::format("{} has {}, not {}", to_string(user), stored, balance);
  }
  if (rows.reservations.size() != holds_.size())
    return fmt::format("{} reservations, not {}", rows.reservations.size(), holds_.size());
  for (const auto& [id, hold] : holds_) {
    const Reservation& row = rows.reservations.at({id});
    const auto status = row.status_at(now);
    const bool is_same = hold.is_live(now)
                             ? status == ReservationStatus::RESERVED || status == ReservationStatus::PENDING
                         : hold.state == State::paid     ? status == ReservationStatus::PAID
                         : hold.state == State::refunded ? status == ReservationStatus::REFUNDED
                                                         : status == ReservationStatus::CANCELLED;
    if (!is_same || row.expires_at != hold.ends) {
      return fmt::format("reservation {} is {} until {}", id,
                         boost::describe::enum_to_string(row.status, "?"), to_rfc3339(row.expires_at));
    }
  }
  return "";
}

}  // namespace stagedoor::test
