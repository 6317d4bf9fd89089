// Identifies the caller, as the first part of every call that api::bind() reads. `deps` has the member that
// each function uses.
#pragma once

#include <string_view>

#include "http/route.h"
#include "modules/identity/call_rules.h"
#include "modules/identity/identity.h"

namespace stagedoor::identity {

// find(deps, request), where the call proves `access`.
template <http::Access access, class Find>
struct By {
  Find find;

  auto operator()(const auto& deps, const http::Request& request) const { return find(deps, request); }
  void describe(http::Inputs& inputs) const { inputs.access = access; }
};
template <http::Access access, class Find>
constexpr By<access, Find> by(Find find) {
  return {find};
}

inline constexpr auto by_caller = by<http::Access::user>(
    [](const auto& deps, const http::Request& request) { return deps.identity.of(request); });
inline constexpr auto by_place = by<http::Access::user_and_place>(
    [](const auto& deps, const http::Request& request) { return deps.identity.place_of(request); });
inline constexpr auto by_token = by<http::Access::place_token>(
    [](const auto& deps, const http::Request& request) { return deps.tokens.place_of(request); });

struct ByOperator {
  Role role;

  template <class Deps>
  Result<Operator> operator()(const Deps& deps, const http::Request& request) const {
    return deps.keys.check(request, role);
  }
  void describe(http::Inputs& inputs) const {
    inputs.access = http::Access::operator_key;
    inputs.role = to_string(role);
  }
};
// `call`: the operationId, for its role.
inline ByOperator by_operator(std::string_view call) { return {role_for(call)}; }

}  // namespace stagedoor::identity
