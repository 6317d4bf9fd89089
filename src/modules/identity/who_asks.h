// Identifies the caller, as the first part of every call that api::bind() reads. `deps` has the member that
// each function uses.
#pragma once

#include "modules/identity/identity.h"
#include "modules/identity/operator_keys.h"

namespace stagedoor::identity {

inline constexpr auto by_caller = [](const auto& deps, const http::Request& request) {
  return deps.identity.of(request);
};
// The caller, who is the user in the path.
inline constexpr auto by_owner = [](const auto& deps, const http::Request& request) -> Result<Caller> {
  const auto user = request.user_id("userId");
  if (!user) return user.error();
  return deps.identity.owner(request, *user);
};
inline constexpr auto by_place = [](const auto& deps, const http::Request& request) {
  return deps.identity.place_of(request);
};
inline constexpr auto by_token = [](const auto& deps, const http::Request& request) {
  return deps.tokens.of(request);
};
inline auto by_operator(Role role) {
  return [role](const auto& deps, const http::Request& request) { return deps.keys.check(request, role); };
}

}  // namespace stagedoor::identity
