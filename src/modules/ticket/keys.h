// The keys of tickets (R-P7): the newest signs, all verify, and all are published. A ticket is a text that a
// gate checks without the server: with a public key, and with the list of revoked serials.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/uuid.h"
#include "protocol/ticket_layout.h"

namespace stagedoor::ticket {

// Any thread.
class TicketKeys {
 public:
  // `secrets`: newest first, at least one, all random. Each makes one key pair.
  explicit TicketKeys(const std::vector<std::string>& secrets);
  ~TicketKeys();

  // The ticket's text. Sets the holder from the user. Takes tens of microseconds.
  std::string sign(protocol::TicketClaims claims, const UserId& holder) const;
  // nullopt: no text of a ticket, or not signed by one of the keys.
  std::optional<protocol::TicketClaims> verify(std::string_view text) const;
  // Of the key that signs, as 8 hexadecimal digits.
  std::string signing_kid() const;
  // The public keys as a JSON Web Key Set (RFC 7517, RFC 8037).
  const std::string& jwks() const { return jwks_; }

 private:
  struct Key;
  std::vector<std::unique_ptr<const Key>> keys_;
  std::string jwks_;
};

}  // namespace stagedoor::ticket
