#include "cluster/simulated_sale.h"

#include <algorithm>

namespace stagedoor::test {

SimulatedSale::SimulatedSale(unsigned seed, SimulatedOptions options) : options_(options), random_(seed) {}

void SimulatedSale::go_on(std::size_t calls) {
  is_reliable_ = false;
  for (std::size_t i = 0; i < calls; ++i) do_something();
  pause();
}

void SimulatedSale::do_something() {
  const std::int64_t user = 1 + below(options_.users);
  const std::int64_t seat = 1 + below(options_.seats);
  std::vector<std::int64_t> known;  // those named last: the older ones are of no interest
  for (auto it = reservations_.rbegin(); it != reservations_.rend() && known.size() < 8; ++it)
    if (it->second.told_at && *it->second.told_at < now_) known.push_back(it->first);
  const auto what = below(known.empty() ? 3 : 8);
  if (what == 0) return charge(user, below(2) == 0 ? 110 : 170);
  if (what == 1) return read_balance(user);
  if (what == 2) return hold(user, seat);
  const std::int64_t id = known[std::size_t(below(std::int64_t(known.size())))];
  if (what == 3) return cancel(id);
  if (what == 4) return look(id);
  if (what == 5) return refund(id);
  pay(id);
}

bool SimulatedSale::begin() {
  now_ += 1 + below(20);
  invoked_ = now_ - below(options_.spread);
  answered_ = now_ + below(options_.spread);
  const auto roll = is_reliable_ ? 99 : below(100);
  fate_ = roll < 4 ? Fate::lost : roll < 7 ? Fate::lost_before : roll < 12 ? Fate::refused : Fate::answered;
  return fate_ == Fate::lost || fate_ == Fate::answered;
}

void SimulatedSale::record(Key key, Kind kind, std::int64_t argument, Told told) {
  if (key.thing == Thing::seat && kind != Kind::hold)
    invoked_ = std::max(invoked_, *reservations_.at(argument).told_at + 1);
  Operation one{
      .client = std::size_t(below(100)), .key = key, .kind = kind, .argument = argument, .told = told};
  one.invoked_at = invoked_;
  one.answered_at = answered_;
  if (fate_ == Fate::refused) one.told = Told{Outcome::refused};
  if (fate_ == Fate::lost || fate_ == Fate::lost_before) {
    one.told.reset();
    if (below(2) == 0) one.answered_at.reset();
  }
  history_.push_back(one);
}

void SimulatedSale::hold(std::int64_t user, std::int64_t seat) {
  Told told{Outcome::done};
  if (begin()) {
    for (auto& [id, row] : reservations_) {
      if (row.seat != seat || row.status == Outcome::over) continue;
      const bool is_own = row.user == user && row.status == Outcome::held;
      told = is_own ? Told{Outcome::same, id} : Told{Outcome::occupied};
    }
    if (told.outcome == Outcome::done) {
      told.id = ++last_id_;
      reservations_[told.id] = {seat, user};
    }
    auto* row = told.id != 0 ? &reservations_[told.id] : nullptr;
    if (row && fate_ == Fate::answered) row->told_at = std::min(row->told_at.value_or(answered_), answered_);
  }
  record(seat_key(seat), Kind::hold, user, told);
}

void SimulatedSale::cancel(std::int64_t id) {
  auto& row = reservations_.at(id);
  Told told{row.status};
  if (begin() && row.status == Outcome::held) {
    row.status = Outcome::over;
    told = {Outcome::done};
  }
  record(seat_key(row.seat), Kind::cancel, id, told);
}

void SimulatedSale::pay(std::int64_t id) {
  auto& row = reservations_.at(id);
  auto& balance = balances_[row.user];
  Told of_seat{row.status}, of_wallet{Outcome::refused};
  const bool is_begun = begin();
  if (row.status == Outcome::held && balance < price(row.seat)) {
    of_seat = {Outcome::poor};
    of_wallet = {Outcome::poor, 0, balance};
  } else if (row.status == Outcome::held) {
    of_seat = of_wallet = {Outcome::done};
    if (is_begun) {
      balance -= price(row.seat);
      row.status = Outcome::paid;
    }
  }
  record(seat_key(row.seat), Kind::pay, id, of_seat);
  record(wallet_key(row.user), Kind::spend, price(row.seat), of_wallet);
}

void SimulatedSale::refund(std::int64_t id) {
  auto& row = reservations_.at(id);
  const bool is_paid = row.status == Outcome::paid;
  if (begin() && is_paid) {
    balances_[row.user] += price(row.seat);
    row.status = Outcome::over;
  }
  record(seat_key(row.seat), Kind::refund, id, {is_paid ? Outcome::done : Outcome::unpaid});
  record(wallet_key(row.user), Kind::give_back, price(row.seat),
         {is_paid ? Outcome::done : Outcome::refused});
}

void SimulatedSale::look(std::int64_t id) {
  begin();
  const auto& row = reservations_.at(id);
  record(seat_key(row.seat), Kind::look, id, {row.status});
}

void SimulatedSale::charge(std::int64_t user, std::int64_t amount) {
  if (begin()) balances_[user] += amount;
  record(wallet_key(user), Kind::charge, amount, {Outcome::done, ++last_id_, balances_[user]});
}

void SimulatedSale::read_balance(std::int64_t user) {
  begin();
  record(wallet_key(user), Kind::balance, 0, {Outcome::done, 0, balances_[user]});
}

void SimulatedSale::pause() {
  now_ += 2 * options_.spread + 1;
  is_reliable_ = true;
}

void SimulatedSale::grant_to_two() {
  hold(1, kSpareSeat);  // perhaps both at once: that is no excuse
  begin();
  record(seat_key(kSpareSeat), Kind::hold, 2, {Outcome::done, ++last_id_});
  pause();
}

void SimulatedSale::look_stale() {
  hold(1, kSpareSeat);
  const std::int64_t id = last_id_;
  pause();
  cancel(id);
  pause();
  begin();
  record(seat_key(kSpareSeat), Kind::look, id, {Outcome::held});
  pause();
}

void SimulatedSale::read_stale_balance() {
  const std::int64_t before = balances_[1];
  charge(1, kOddAmount);
  pause();
  begin();
  record(wallet_key(1), Kind::balance, 0, {Outcome::done, 0, before});
  pause();
}

void SimulatedSale::lose_charge() {
  const std::int64_t before = balances_[1];
  charge(1, kOddAmount);
  begin();
  record(wallet_key(1), Kind::charge, 2 * kOddAmount, {Outcome::done, ++last_id_, before + 2 * kOddAmount});
  pause();
}

void SimulatedSale::refuse_and_charge() {
  begin();
  balances_[1] += kOddAmount;
  record(wallet_key(1), Kind::charge, kOddAmount, {Outcome::refused});
  pause();
  read_balance(1);
  pause();
}

void SimulatedSale::pay_for_nothing() {
  charge(1, kOddAmount);
  hold(1, kSpareSeat);
  const std::int64_t id = last_id_;
  pause();
  pay(id);
  balances_[1] += kOddAmount;
  pause();
  read_balance(1);
  pause();
}

}  // namespace stagedoor::test
