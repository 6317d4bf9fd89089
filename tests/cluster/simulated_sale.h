// A sale that does one thing at a time, and so answers right, with the history that clients of it may record:
// their calls last, overlap, lose answers and are refused. And the same with a bug, at one moment when
// nothing else is under way.
#pragma once

#include <map>
#include <random>
#include <vector>

#include "cluster/history.h"

namespace stagedoor::test {

struct SimulatedOptions {
  std::int64_t seats = 4;
  std::int64_t users = 3;
  std::int64_t spread = 100;  // a call lasts up to twice as long; one begins every 10 on average
};

class SimulatedSale {
 public:
  // Not among the seats that go_on() sells, and with a price of its own.
  static constexpr std::int64_t kSpareSeat = 1'000'000;

  explicit SimulatedSale(unsigned seed, SimulatedOptions options = {});

  void go_on(std::size_t calls);
  const History& history() const { return history_; }

  // The bugs, each with an answer that shows it.
  void grant_to_two();
  void look_stale();
  void read_stale_balance();
  void lose_charge();
  void refuse_and_charge();
  void pay_for_nothing();

 private:
  enum class Fate { answered, lost, lost_before, refused };
  struct Reservation {
    std::int64_t seat, user;
    Outcome status = Outcome::held;            // held, paid or over
    std::optional<std::int64_t> told_at = {};  // who does not know it cannot name it
  };

  void do_something();
  void hold(std::int64_t user, std::int64_t seat);
  void cancel(std::int64_t id);
  void pay(std::int64_t id);
  void refund(std::int64_t id);
  void look(std::int64_t id);
  void charge(std::int64_t user, std::int64_t amount);
  void read_balance(std::int64_t user);

  static std::int64_t price(std::int64_t seat) { return seat == kSpareSeat ? kOddAmount : 110; }
  static Key seat_key(std::int64_t seat) { return {Thing::seat, seat}; }
  static Key wallet_key(std::int64_t user) { return {Thing::wallet, user}; }
  std::int64_t below(std::int64_t end) { return std::int64_t(random_() % std::uint64_t(end)); }
  // What becomes of the next call, and whether it is done.
  bool begin();
  void record(Key key, Kind kind, std::int64_t argument, Told told);
  // All calls are over, and none of the next has begun; and those lose nothing until go_on().
  void pause();

  // No other amount nor sum of them is like it: nothing that was lost before can explain it.
  static constexpr std::int64_t kOddAmount = 7;

  SimulatedOptions options_;
  std::mt19937 random_;
  std::int64_t now_ = 0;
  std::int64_t invoked_ = 0, answered_ = 0;  // of the call under way
  Fate fate_ = Fate::answered;
  bool is_reliable_ = false;
  std::map<std::int64_t, Reservation> reservations_;
  std::map<std::int64_t, std::int64_t> balances_;
  std::int64_t last_id_ = 0;
  History history_;
};

}  // namespace stagedoor::test
