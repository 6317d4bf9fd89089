// The tokens that prove places in a queue: finds them in a request, and checks authenticity and age. Whether
// it is the turn of the place: modules/queue/turn.h.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/refusal.h"
#include "http/client_limits.h"
#include "http/types.h"
#include "modules/identity/revocations.h"
#include "modules/identity/token.h"
#include "ports/clock.h"

namespace stagedoor::identity {

// The headers of a token (R-X4). Where `Authorization` has the proof of identity (R-W8), it is only
// queue-token.
enum class TokenHeaders { both, queue_token };

struct PlaceTokenOptions {
  Millis lifetime;
  Millis session_lifetime{86'400'000};   // of a token without a place (R-W9)
  http::ClientLimits* limits = nullptr;  // null: no user is limited
  TokenHeaders headers = TokenHeaders::both;
  const Revocations* revocations = nullptr;  // null: nothing is revoked
};

// Any thread. The keys, the clock, the limits and the revocations must outlive it.
class PlaceTokens {
 public:
  PlaceTokens(const TokenKeys& keys, const Clock& clock, const PlaceTokenOptions& options)
      : keys_(keys), clock_(clock), options_(options) {}

  // The token of the request, without the word Bearer; empty if there is none.
  std::string_view presented(const http::Request& request) const;
  // The same for event streams, which also accept ?token= in the URL (R-Q3), because a browser's EventSource
  // cannot send headers.
  std::string presented_on_stream(const http::Request& request) const;

  // The claims of an authentic token, whether or not it is the turn of its place. Refusals: TOKEN_NOT_FOUND
  // (no token, or not authentic), TOKEN_EXPIRED (older than its lifetime, or revoked).
  Result<protocol::TokenClaims> check(std::string_view presented) const;
  // The same for a token of a place: that of a session is TOKEN_NOT_FOUND.
  Result<protocol::TokenClaims> check_place(std::string_view presented) const;
  // The same for the token of a request, which it counts for the user (R-A2). Also RATE_LIMITED.
  Result<protocol::TokenClaims> of(const http::Request& request) const;
  // The same for a token of a place.
  Result<protocol::TokenClaims> place_of(const http::Request& request) const;
  // Counts a request of the user. RATE_LIMITED if there are too many.
  std::optional<Refusal> count(const http::Request& request, const UserId& user) const;

  // The answer that sends `stream` to the holder of the token, as long as they have not too many. Also
  // RATE_LIMITED.
  Result<Answer> open_stream(const http::Request& request, const protocol::TokenClaims& token,
                             std::shared_ptr<EventStream> stream) const;

  // The expiry time of the token.
  TimePoint end_of(const protocol::TokenClaims& token) const {
    return token.issued_at + (token.event ? options_.lifetime : options_.session_lifetime);
  }

  // The claims for a token that is given out now: valid although the user's older ones were revoked.
  protocol::TokenClaims renewed(protocol::TokenClaims claims) const;

  std::string sign(const protocol::TokenClaims& claims) const { return keys_.sign(claims); }

 private:
  const TokenKeys& keys_;
  const Clock& clock_;
  PlaceTokenOptions options_;
};

}  // namespace stagedoor::identity
