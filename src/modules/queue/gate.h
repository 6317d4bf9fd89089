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
// The same for event streams, where it may also stand in the URL as ?token= (R-Q3): a browser's EventSource
// sends no headers of its own.
std::string presented_stream_token(const http::Request& request);

class Gate {
 public:
  Gate(const TokenKeys& keys, const Rooms& rooms, const Clock& clock, Millis token_lifetime)
      : keys_(keys), rooms_(rooms), clock_(clock), token_lifetime_(token_lifetime) {}

  // The authentic token of the request (R-X4), whatever its turn. TOKEN_NOT_FOUND: none, or not authentic;
  // TOKEN_EXPIRED: older than its lifetime.
  Result<TokenClaims> token(std::string_view presented) const;
  Result<TokenClaims> token(const http::Request& request) const { return token(presented_token(request)); }
  // The same, and it is this user's: FORBIDDEN otherwise.
  Result<TokenClaims> owner(const http::Request& request, const UserId& user) const;
  // The same as token(), of a visit to `event` that is active now, as far as this instance knows. For reads.
  Result<TokenClaims> active(std::string_view presented, EventId event) const;
  Result<TokenClaims> active(const http::Request& request, EventId event) const {
    return active(presented_token(request), event);
  }
  // From when on the token is too old.
  TimePoint end_of(const TokenClaims& token) const { return token.issued_at + token_lifetime_; }

  // Makes a WRONG_TOKEN_TURN say where the fan stands, or TOKEN_EXPIRED of it when the place was given up.
  Failure explain_turn(Failure failure, const TokenClaims& token) const;

 private:
  const TokenKeys& keys_;
  const Rooms& rooms_;
  const Clock& clock_;
  Millis token_lifetime_;
};

}  // namespace stagedoor
