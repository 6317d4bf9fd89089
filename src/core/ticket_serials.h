// Serials of tickets (R-P7): 64 bits that only the holder of the store's secret can make or read. A serial is
// the id of its ticket under a keyed permutation, so a new ticket needs no stored row, no serial is given
// twice, and the ticket of a serial is found without an index. Without the secret, serials look like random
// numbers: one in 2^64 guesses per ticket is right.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/guarded.h"
#include "core/ids.h"

namespace stagedoor {

// A ticket: the reservation, and the version of its row. Each later change of the row revokes the ticket.
using TicketRef = std::pair<ReservationId, std::int32_t>;

struct TicketSerial {
  std::uint64_t value = 0;

  auto operator<=>(const TicketSerial&) const = default;
};

// 16 hexadecimal digits in lower case.
std::string to_text(TicketSerial serial);
std::optional<TicketSerial> parse_serial(std::string_view text);

// Any thread.
class TicketSerials {
 public:
  // `secret`: of the store. All secrets but the empty one, of tests, must be random.
  explicit TicketSerials(std::string_view secret = {});
  ~TicketSerials();

  // Of the version, the lowest 11 bits count: a reservation with more than 2,047 changes repeats serials.
  TicketSerial of(const TicketRef& ticket) const;
  // Every serial names some ticket; whether that was issued, its reservation says.
  TicketRef ticket_of(TicketSerial serial) const;

 private:
  struct Cipher;
  using CipherPtr = std::unique_ptr<Cipher>;

  Guarded<CipherPtr> cipher_;
};

// The part of a version that a serial has.
constexpr std::int32_t ticket_number(std::int32_t version) { return version & 0x7FF; }

}  // namespace stagedoor
