// Whole won. Signed, because a posting may be negative.
#pragma once

#include <compare>
#include <cstdint>

namespace stagedoor {

struct Won {
  std::int64_t amount = 0;

  auto operator<=>(const Won&) const = default;
  friend Won operator+(Won a, Won b) { return {a.amount + b.amount}; }
  friend Won operator-(Won a, Won b) { return {a.amount - b.amount}; }
  friend Won operator-(Won a) { return {-a.amount}; }
  Won& operator+=(Won other) { return amount += other.amount, *this; }
};

}  // namespace stagedoor
