// Who is calling, and whether it is their turn: the one place where identity is decided (R-W8, mode `token`:
// an authentic token proves its user).
#pragma once

#include "http/types.h"
#include "modules/queue/rooms.h"
#include "modules/queue/token.h"
#include "ports/clock.h"

namespace stagedoor {

// The token as presented (R-X4), without the word Bearer; empty when there is none.
std::string_view presented_token(const http::Request& request);

class Gate {
 public:
  Gate(const TokenKeys& keys, const Rooms& rooms, const Clock& clock, Millis token_lifetime)
      : keys_(keys), rooms_(rooms), clock_(clock), token_lifetime_(token_lifetime) {}

  // The authentic token of the request (R-X4), whatever its turn. TOKEN_NOT_FOUND: none, or not authentic;
  // TOKEN_EXPIRED: older than its lifetime.
  Result<TokenClaims> token(const http::Request& request) const;
  // The same, and it is this user's: FORBIDDEN otherwise.
  Result<TokenClaims> owner(const http::Request& request, const UserId& user) const;
  // The same as token(), of a visit to `event` that is active now, as far as this instance knows. For reads.
  Result<TokenClaims> active(const http::Request& request, EventId event) const;

  // Makes a WRONG_TOKEN_TURN say where the fan stands, or TOKEN_EXPIRED of it when the place was given up.
  Failure explain_turn(Failure failure, const TokenClaims& token) const;

 private:
  const TokenKeys& keys_;
  const Rooms& rooms_;
  const Clock& clock_;
  Millis token_lifetime_;
};

}  // namespace stagedoor
