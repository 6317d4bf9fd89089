#include "modules/identity/identity.h"

#include "core/refusals.h"

namespace stagedoor::identity {

Result<Caller> TokenIdentity::of(const http::Request& request) const {
  const auto token = tokens_.of(request);
  if (!token) return token.error();
  return Caller{token->user, Proof::token};
}

Result<NamedUser> TokenIdentity::joining(const http::Request&) const { return NamedUser(); }

Result<protocol::TokenClaims> TokenIdentity::place_of(const http::Request& request) const {
  auto token = tokens_.of(request);
  if (token && !token->event) return wrong_event();  // a session has no turn (R-W9)
  return token;
}

std::optional<Refusal> TokenIdentity::refuse_user(const NamedUser& named, const UserId& caller) const {
  if (named == caller) return std::nullopt;
  return Refusal{.code = Code::TOKEN_NOT_FOUND,
                 .message = "This token belongs to another user.",
                 .details = {{"userId", "is not the user of the token"}}};
}

Result<Caller> ProvenIdentity::proven(const http::Request& request) const {
  auto caller = proofs_.of(request);
  if (caller && revocations_.revokes(caller->user, caller->issued_at))
    return refuse(Code::TOKEN_EXPIRED, "This proof of identity has been revoked. Sign in again.");
  return caller;
}

Result<Caller> ProvenIdentity::of(const http::Request& request) const {
  auto caller = proven(request);
  if (!caller) return caller;
  if (auto limited = tokens_.count(request, caller->user)) return std::move(*limited);
  return caller;
}

// Joins are counted for the user by the call itself.
Result<NamedUser> ProvenIdentity::joining(const http::Request& request) const {
  const auto caller = proven(request);
  if (!caller) return caller.error();
  return NamedUser(caller->user);
}

Result<protocol::TokenClaims> ProvenIdentity::place_of(const http::Request& request) const {
  const auto caller = proven(request);
  if (!caller) return caller.error();
  auto token = tokens_.of(request);
  if (token && token->user != caller->user)
    return refuse(Code::FORBIDDEN, "The token in queue-token belongs to another user.");
  return token;
}

std::optional<Refusal> ProvenIdentity::refuse_user(const NamedUser& named, const UserId& caller) const {
  if (!named || named == caller) return std::nullopt;
  return Refusal{.code = Code::FORBIDDEN,
                 .message = "You are another user.",
                 .details = {{"userId", "is not the user whom the proof of identity names"}}};
}

}  // namespace stagedoor::identity
