// Who is calling (R-W8). The wiring chooses the implementation by the setting auth.mode; all calls of fans
// ask it and nothing else.
#pragma once

#include "core/refusal.h"
#include "http/types.h"
#include "modules/identity/caller.h"
#include "modules/identity/place_tokens.h"

namespace stagedoor::identity {

// Any thread.
class Identity {
 public:
  virtual ~Identity() = default;

  // The caller, proved. Refusals: those of the proof.
  virtual Result<Caller> of(const http::Request& request) const = 0;
  // The caller who joins a queue; `claimed` is the user that the body names.
  virtual Result<Caller> joining(const http::Request& request, const UserId& claimed) const = 0;
  // The place of the caller, for calls that need both: a token of a place that belongs to the caller.
  virtual Result<protocol::TokenClaims> place_of(const http::Request& request) const = 0;

  // The caller, who must be `user`: FORBIDDEN otherwise.
  Result<Caller> owner(const http::Request& request, const UserId& user) const;
};

// Mode `token`: the user named at the join is believed, and every authentic token of a user proves them
// afterwards. Refusals: those of PlaceTokens.
class TokenIdentity : public Identity {
 public:
  // The tokens must outlive it.
  explicit TokenIdentity(const PlaceTokens& tokens) : tokens_(tokens) {}

  Result<Caller> of(const http::Request& request) const override;
  Result<Caller> joining(const http::Request& request, const UserId& claimed) const override;
  Result<protocol::TokenClaims> place_of(const http::Request& request) const override;

 private:
  const PlaceTokens& tokens_;
};

}  // namespace stagedoor::identity
