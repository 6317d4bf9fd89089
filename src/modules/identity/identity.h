// Identifies the caller (R-W8). The setting auth.mode selects the implementation; all calls of fans use only
// this interface.
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

  // The proven caller. Refusals: those of the proof.
  virtual Result<Caller> of(const http::Request& request) const = 0;
  // The caller of a join; `claimed` is the user in the body.
  virtual Result<Caller> joining(const http::Request& request, const UserId& claimed) const = 0;
  // The caller's place: the request needs a token of a place that belongs to the caller.
  virtual Result<protocol::TokenClaims> place_of(const http::Request& request) const = 0;
};

// Mode `token`: trusts the user named in a join; after that, every authentic token of the user proves the
// identity. Refusals: those of PlaceTokens.
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
