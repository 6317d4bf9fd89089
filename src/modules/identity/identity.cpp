#include "modules/identity/identity.h"

#include "core/refusals.h"

namespace stagedoor::identity {

Result<Caller> Identity::owner(const http::Request& request, const UserId& user) const {
  auto caller = of(request);
  if (caller && caller->user != user) return refuse(Code::FORBIDDEN, "This belongs to another user.");
  return caller;
}

Result<Caller> TokenIdentity::of(const http::Request& request) const {
  const auto token = tokens_.of(request);
  if (!token) return token.error();
  return Caller{token->user, Proof::token};
}

Result<Caller> TokenIdentity::joining(const http::Request&, const UserId& claimed) const {
  return Caller{claimed, Proof::none};
}

Result<protocol::TokenClaims> TokenIdentity::place_of(const http::Request& request) const {
  return tokens_.of(request);
}

}  // namespace stagedoor::identity
