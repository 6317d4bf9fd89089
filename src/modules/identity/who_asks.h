// Identifies the caller, as the first part of every call that api::bind() reads. `deps` has the member that
// each function uses.
#pragma once

#include <string>

#include "http/route.h"
#include "modules/identity/identity.h"
#include "modules/identity/operator_keys.h"

namespace stagedoor::identity {

// find(deps, request), by the token of the request.
template <class Find>
struct ByToken : Find {
  void describe(http::Inputs& inputs) const { inputs.access = http::Access::place_token; }
};
template <class Find>
ByToken(Find) -> ByToken<Find>;

inline constexpr ByToken by_caller{
    [](const auto& deps, const http::Request& request) { return deps.identity.of(request); }};
inline constexpr ByToken by_place{
    [](const auto& deps, const http::Request& request) { return deps.identity.place_of(request); }};
inline constexpr ByToken by_token{
    [](const auto& deps, const http::Request& request) { return deps.tokens.of(request); }};

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
inline ByOperator by_operator(Role role) { return {role}; }

}  // namespace stagedoor::identity
