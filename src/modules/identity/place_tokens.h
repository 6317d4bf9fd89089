// The tokens that prove places in a queue: finds them in a request, and checks authenticity and age. Whether
// it is the turn of the place: modules/queue/turn.h.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/refusal.h"
#include "http/client_limits.h"
#include "http/types.h"
#include "modules/identity/token.h"
#include "ports/clock.h"

namespace stagedoor::identity {

// The token of the request (R-X4), without the word Bearer; empty if there is none.
std::string_view presented_token(const http::Request& request);
// The same for event streams, which also accept ?token= in the URL (R-Q3), because a browser's EventSource
// cannot send headers.
std::string presented_stream_token(const http::Request& request);

// Any thread. The keys, the clock and the limits must outlive it.
class PlaceTokens {
 public:
  // `limits`: null: no user is limited.
  PlaceTokens(const TokenKeys& keys, const Clock& clock, Millis lifetime,
              http::ClientLimits* limits = nullptr)
      : keys_(keys), clock_(clock), lifetime_(lifetime), limits_(limits) {}

  // The claims of an authentic token, whether or not it is the turn of its place. Refusals: TOKEN_NOT_FOUND
  // (no token, or not authentic), TOKEN_EXPIRED (older than its lifetime).
  Result<protocol::TokenClaims> check(std::string_view presented) const;
  // The same for the token of a request, which it counts for the user (R-A2). Also RATE_LIMITED.
  Result<protocol::TokenClaims> of(const http::Request& request) const;

  // The answer that sends `stream` to the holder of the token, as long as they have not too many. Also
  // RATE_LIMITED.
  Result<Answer> open_stream(const http::Request& request, const protocol::TokenClaims& token,
                             std::shared_ptr<EventStream> stream) const;

  // The expiry time of the token.
  TimePoint end_of(const protocol::TokenClaims& token) const { return token.issued_at + lifetime_; }

  std::string sign(const protocol::TokenClaims& claims) const { return keys_.sign(claims); }

 private:
  const TokenKeys& keys_;
  const Clock& clock_;
  Millis lifetime_;
  http::ClientLimits* limits_;
};

}  // namespace stagedoor::identity
