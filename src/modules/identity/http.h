// The calls about the caller: what a page has to know before a user signs in, who the caller is, and sessions
// (R-W8, R-W9).
#pragma once

#include <optional>
#include <string>

#include "http/router.h"
#include "modules/identity/identity.h"

namespace stagedoor::identity {

// Where pages let users sign in.
struct OidcDto {
  std::string issuer;
  std::string clientId;
  std::string scope;
};
BOOST_DESCRIBE_STRUCT(OidcDto, (), (issuer, clientId, scope))

struct IdentityDeps {
  const Identity& identity;
  const PlaceTokens& tokens;
  const Clock& clock;
  std::string mode;  // auth.mode
  bool users_may_charge = true;
  EventId default_event = {};  // 0 = none
  std::optional<OidcDto> oidc = {};
};
// `deps` must outlive the router.
void add_identity_routes(http::Router& router, const IdentityDeps& deps);

}  // namespace stagedoor::identity
