// The bytes of a ticket (R-P7), for all readers of tickets, with or without a key. modules/ticket/keys.h
// signs and verifies them; docs/tickets.md has them for gates.
//
// 113 bytes, as base64url without padding (151 characters, which fit into a QR code of version 8 with error
// correction M):
//   form 1 (1 byte) · key id (4) · serial (8) · reservation (7) · event (7) · date (7) · seat (7) · holder
//   (8) · Ed25519 signature of all bytes before it (64)
// Integers are big-endian. Fields have fixed sizes, so no byte can move from one field to another.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/ids.h"
#include "core/ticket_serials.h"

namespace stagedoor::protocol {

struct TicketClaims {
  TicketSerial serial;
  ReservationId reservation;
  EventId event;
  DateId date;
  SeatId seat;
  std::array<std::uint8_t, 8> holder{};  // of the user; says nothing without the key

  bool operator==(const TicketClaims&) const = default;
};

inline constexpr std::size_t kTicketSignatureAt = 49;  // it covers all bytes before it
inline constexpr std::size_t kTicketSignatureSize = 64;
using TicketBytes = std::array<std::uint8_t, kTicketSignatureAt + kTicketSignatureSize>;

// The signature is zero.
TicketBytes encode_ticket(std::uint32_t key_id, const TicketClaims& claims);

// nullopt if the text does not have the form of a ticket. Does not check the signature.
std::optional<TicketBytes> ticket_bytes(std::string_view text);
std::uint32_t ticket_key_id(const TicketBytes& ticket);
TicketClaims ticket_claims(const TicketBytes& ticket);

}  // namespace stagedoor::protocol
