// Identifies the caller (R-W8). The setting auth.mode selects the implementation; all calls of fans use only
// this interface.
#pragma once

#include <optional>

#include "core/refusal.h"
#include "http/types.h"
#include "json/field_errors.h"
#include "modules/identity/caller.h"
#include "modules/identity/place_tokens.h"
#include "modules/identity/proofs.h"

namespace stagedoor::identity {

// The user whom a body names. Without one it is the caller.
using NamedUser = std::optional<UserId>;

// Any thread.
class Identity {
 public:
  virtual ~Identity() = default;

  // The proven caller. Refusals: those of the proof.
  virtual Result<Caller> of(const http::Request& request) const = 0;

  // The proven caller of a join; nullopt: the user whom its body names.
  virtual Result<NamedUser> joining(const http::Request& request) const = 0;

  // The caller's place: the request needs a token of a place that belongs to the caller.
  virtual Result<protocol::TokenClaims> place_of(const http::Request& request) const = 0;

  // Why a body may not name this user beside that caller; nullopt if it may.
  virtual std::optional<Refusal> refuse_user(const NamedUser& named, const UserId& caller) const = 0;

  // Whether bodies must name the user.
  virtual bool needs_name() const = 0;

  // For json::read(): adds the error of a body whose member `userId` is missing.
  auto name_check() const {
    return [needs = needs_name()](const auto& body, json::FieldErrors& errors) {
      if (needs && !body.userId) errors.add("userId", "is required");
    };
  }
};

// Mode `token`: trusts the user named in a join; after that, every authentic token of the user proves the
// identity. Refusals: those of PlaceTokens.
class TokenIdentity final : public Identity {
 public:
  // The tokens must outlive it.
  explicit TokenIdentity(const PlaceTokens& tokens) : tokens_(tokens) {}
  Result<Caller> of(const http::Request& request) const override;
  Result<NamedUser> joining(const http::Request& request) const override;
  Result<protocol::TokenClaims> place_of(const http::Request& request) const override;
  std::optional<Refusal> refuse_user(const NamedUser& named, const UserId& caller) const override;
  bool needs_name() const override { return true; }

 private:
  const PlaceTokens& tokens_;
};

// Modes `jwt` and `gateway`: each request of a user has a proof of identity. Refusals: those of the proof;
// TOKEN_EXPIRED if it was issued before the user was revoked; FORBIDDEN if a body or a token names another
// user.
class ProvenIdentity final : public Identity {
 public:
  // The tokens, which stand in queue-token, the proofs and the revocations must outlive it.
  ProvenIdentity(const PlaceTokens& tokens, const Proofs& proofs, const Revocations& revocations)
      : tokens_(tokens), proofs_(proofs), revocations_(revocations) {}
  Result<Caller> of(const http::Request& request) const override;
  Result<NamedUser> joining(const http::Request& request) const override;
  Result<protocol::TokenClaims> place_of(const http::Request& request) const override;
  std::optional<Refusal> refuse_user(const NamedUser& named, const UserId& caller) const override;
  bool needs_name() const override { return false; }

 private:
  Result<Caller> proven(const http::Request& request) const;

  const PlaceTokens& tokens_;
  const Proofs& proofs_;
  const Revocations& revocations_;
};

}  // namespace stagedoor::identity
