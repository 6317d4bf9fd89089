#include "modules/identity/identity.h"

namespace stagedoor::identity {

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
