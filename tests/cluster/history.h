// What clients asked of seats and wallets, when, and what they were told: the material of linearizable.h. A
// call that touches both, a payment, is two operations, one of each key.
#pragma once

#include <boost/describe/enum.hpp>
#include <compare>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace stagedoor::test {

BOOST_DEFINE_ENUM_CLASS(Thing, seat, wallet)

struct Key {
  Thing thing = Thing::seat;
  std::int64_t id = 0;

  auto operator<=>(const Key&) const = default;
};

// Of a seat: hold to look. Of a wallet: charge to balance.
BOOST_DEFINE_ENUM_CLASS(Kind, hold, cancel, pay, refund, look, charge, spend, give_back, balance)

BOOST_DEFINE_ENUM_CLASS(Outcome,
                        done,              // in Told: `id` of the reservation or posting, `balance` after it
                        same,              // hold: one's own already, `id`
                        occupied,          // hold: somebody else's, or paid
                        held, paid, over,  // of a reservation: the answer to look, or why it cannot be done
                        unpaid,            // refund: held or over
                        poor,              // pay and spend: not enough money, `balance`
                        at_limit,          // charge: too much money, `balance`
                        refused)  // certainly not done, for reasons that have nothing to do with the key

struct Told {
  Outcome outcome = Outcome::done;
  std::int64_t id = 0;
  std::int64_t balance = 0;

  auto operator<=>(const Told&) const = default;
};

struct Operation {
  std::size_t client = 0;
  Key key;
  Kind kind = Kind::hold;
  std::int64_t argument =
      0;  // hold: the user; cancel to look: the reservation; charge to give_back: the amount
  std::optional<Told> told = {};  // nothing: may have been done at any time after the call, or never
  std::int64_t invoked_at = 0;    // ns of a steady clock
  std::optional<std::int64_t> answered_at = {};  // nothing: never
};

using History = std::vector<Operation>;

std::string to_string(const Key& key);
std::string to_string(const Operation& operation);  // without its times
std::ostream& operator<<(std::ostream& out, const Operation& operation);

// Writes a history as it happens. Not thread-safe.
class Recorder {
 public:
  using Id = std::size_t;

  // Before the call is sent.
  Id invoked(std::size_t client, Key key, Kind kind, std::int64_t argument);
  // After its answer came, or what ended the wait for it.
  void answered(Id id, const std::optional<Told>& told);

  const History& history() const { return history_; }

 private:
  History history_;
};

}  // namespace stagedoor::test
