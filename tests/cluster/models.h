// What a seat and a wallet are, and what each operation may do and tell, one after the other: the meaning of
// "linearizable" here. Holds never lapse; whoever names a reservation was told its id before.
#pragma once

#include <boost/describe/enum.hpp>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "cluster/history.h"

namespace stagedoor::test {

BOOST_DEFINE_ENUM_CLASS(Taken, no, held, paid)

struct Seat {
  Taken taken = Taken::no;
  std::int64_t user = 0;
  std::int64_t reservation = 0;  // 0: taken by a hold whose answer was lost; nobody can name it yet

  auto operator<=>(const Seat&) const = default;
};

struct Wallet {
  std::int64_t balance = 0;

  auto operator<=>(const Wallet&) const = default;
};

// The state after the operation; nothing when it cannot happen here, or cannot be answered so. An operation
// of unknown outcome happens: with effect, or it cannot happen here.
std::optional<Seat> step(const Seat& before, const Operation& operation);
std::optional<Wallet> step(const Wallet& before, const Operation& operation);

std::string to_string(const Seat& seat);
std::string to_string(const Wallet& wallet);

}  // namespace stagedoor::test
