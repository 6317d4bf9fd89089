// Every id has its own type, so that a seat cannot be passed for a date. All are positive integers up to
// kIdMax; 0 means "none". Users are UUIDs (uuid.h).
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace stagedoor {

template <class Tag>
struct Id {
  std::int64_t value = 0;

  auto operator<=>(const Id&) const = default;
  explicit operator bool() const { return value != 0; }

  template <class H>
  friend H AbslHashValue(H state, const Id& id) {
    return H::combine(std::move(state), id.value);
  }
};

// The largest id that a JSON number carries exactly.
inline constexpr std::int64_t kIdMax = (std::int64_t{1} << 53) - 1;

using EventId = Id<struct EventTag>;              // a concert
using DateId = Id<struct DateTag>;                // one performance of it
using SeatId = Id<struct SeatTag>;                // one seat of one date
using CategoryId = Id<struct CategoryTag>;        // a price category of one date ("seat property")
using ReservationId = Id<struct ReservationTag>;  // a hold, and later the sale
using WalletId = Id<struct WalletTag>;
using PostingId = Id<struct PostingTag>;  // a row of a wallet's history
using PaymentId = Id<struct PaymentTag>;
using OutboxId = Id<struct OutboxTag>;
using LogId = Id<struct LogTag>;  // a row of the operators' audit log

// A position in an event's line, 1 for the first to join; never given twice. (Not an Id: places are compared
// and counted.)
using Place = std::uint32_t;

}  // namespace stagedoor

template <class Tag>
struct std::hash<stagedoor::Id<Tag>> {
  std::size_t operator()(const stagedoor::Id<Tag>& id) const noexcept {
    return std::hash<std::int64_t>{}(id.value);
  }
};
