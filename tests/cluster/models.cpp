#include "cluster/models.h"

#include <fmt/format.h>

namespace stagedoor::test {
namespace {

template <class State>
std::optional<State> when(bool possible, State after) {
  return possible ? std::optional(after) : std::nullopt;
}

std::optional<Seat> step_hold(const Seat& before, const Operation& hold) {
  const std::int64_t user = hold.argument;
  const std::int64_t id = hold.told ? hold.told->id : 0;
  const Seat after{Taken::held, user, id};
  const bool is_own = before.taken == Taken::held && before.user == user;
  switch (hold.told ? hold.told->outcome : Outcome::done) {
    case Outcome::done:
      return when(before.taken == Taken::no, after);
    case Outcome::same:
      return when(is_own && (before.reservation == id || before.reservation == 0), after);
    case Outcome::occupied:
      return when(before.taken != Taken::no && !is_own, before);
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<Seat> step(const Seat& before, const Operation& operation) {
  if (operation.kind == Kind::hold) return step_hold(before, operation);
  const bool takes_seat = before.taken != Taken::no && before.reservation == operation.argument;
  const bool is_held = takes_seat && before.taken == Taken::held;
  const bool is_paid = takes_seat && before.taken == Taken::paid;
  switch (operation.told ? operation.told->outcome : Outcome::done) {
    case Outcome::done:
      if (operation.kind == Kind::cancel) return when(is_held, Seat{});
      if (operation.kind == Kind::pay)
        return when(is_held, Seat{Taken::paid, before.user, before.reservation});
      if (operation.kind == Kind::refund) return when(is_paid, Seat{});
      return std::nullopt;
    case Outcome::held:
    case Outcome::poor:
      return when(is_held, before);
    case Outcome::paid:
      return when(is_paid, before);
    case Outcome::over:
      return when(!takes_seat, before);
    case Outcome::unpaid:
      return when(!is_paid, before);
    default:
      return std::nullopt;
  }
}

std::optional<Wallet> step(const Wallet& before, const Operation& operation) {
  const std::int64_t balance = before.balance;
  const std::int64_t amount = operation.argument;
  const bool is_told = operation.told.has_value();
  if (is_told && operation.told->outcome != Outcome::done) {
    const bool has_reason = operation.told->outcome != Outcome::poor || balance < amount;
    return when(operation.told->balance == balance && has_reason, before);
  }
  switch (operation.kind) {
    case Kind::charge:
      return when(!is_told || operation.told->balance == balance + amount, Wallet{balance + amount});
    case Kind::spend:
      return when(balance >= amount, Wallet{balance - amount});
    case Kind::give_back:
      return Wallet{balance + amount};
    case Kind::balance:
      return when(is_told && operation.told->balance == balance, before);
    default:
      return std::nullopt;
  }
}

std::string to_string(const Seat& seat) {
  if (seat.taken == Taken::no) return "free";
  return fmt::format("{} by user {}, reservation {}", seat.taken == Taken::held ? "held" : "paid", seat.user,
                     seat.reservation == 0 ? "not known" : fmt::to_string(seat.reservation));
}

std::string to_string(const Wallet& wallet) { return fmt::format("balance {}", wallet.balance); }

}  // namespace stagedoor::test
