// The tokens that prove places in a queue: where they stand in a request, and whether they are authentic and
// young enough. Whether it is the turn of the place is the job of modules/queue/turn.h.
#pragma once

#include <string>
#include <string_view>

#include "core/refusal.h"
#include "http/types.h"
#include "modules/identity/token.h"
#include "ports/clock.h"

namespace stagedoor::identity {

// The token of the request (R-X4), without the word Bearer; empty when there is none.
std::string_view presented_token(const http::Request& request);
// The same for event streams, where it may also stand in the URL as ?token= (R-Q3): a browser's EventSource
// sends no headers of its own.
std::string presented_stream_token(const http::Request& request);

// Any thread. The keys and the clock must outlive it.
class PlaceTokens {
 public:
  PlaceTokens(const TokenKeys& keys, const Clock& clock, Millis lifetime)
      : keys_(keys), clock_(clock), lifetime_(lifetime) {}

  // The claims of an authentic token, whether or not it is the turn of its place. Refusals: TOKEN_NOT_FOUND
  // (no token, or not authentic), TOKEN_EXPIRED (older than its lifetime).
  Result<protocol::TokenClaims> check(std::string_view presented) const;
  Result<protocol::TokenClaims> of(const http::Request& request) const {
    return check(presented_token(request));
  }

  // From this moment on the token is too old.
  TimePoint end_of(const protocol::TokenClaims& token) const { return token.issued_at + lifetime_; }

  std::string sign(const protocol::TokenClaims& claims) const { return keys_.sign(claims); }

 private:
  const TokenKeys& keys_;
  const Clock& clock_;
  Millis lifetime_;
};

}  // namespace stagedoor::identity
