// Who may make which call: the table of R-W8 with the roles of R-O1. Every call of the API document has a
// row. The rule decides what a call's request has to prove (who_asks.h), and a server does not start with a
// call that disagrees with its row (check_rules()).
//
//   access          mode token               modes jwt and gateway
//   named_user      the user in the body     no such call
//   claimed_user    the user in the body     the proof of identity
//   user            a token of the user      the proof of identity
//   user_and_place  the place's token        the proof of identity, and the token of a place of that user
//   place_token     the place's token        the place's token
//   stream_token    the same, or in the URL  the same, or in the URL
//   operator_key    an operator key of the role or above
//   open            nothing
#pragma once

#include <string_view>

#include "http/router.h"
#include "modules/identity/operator_keys.h"

namespace stagedoor::identity {

struct CallRule {
  std::string_view id;  // operationId
  http::Access access = http::Access::open;
  Role role = Role::viewer;  // the least; only with Access::operator_key
};

// nullptr: no such call.
const CallRule* rule_of(std::string_view id);

// Whether a call proves its user by the proof of identity, in the modes that have one.
bool needs_proof(http::Access access);

// The role that the operators' call needs. A call without a row is a bug.
Role role_for(std::string_view id);

// Ends the process when a call in the router has no row, or proves something else than its row says. Calls
// without an id are no calls of the API.
void check_rules(const http::Router& router);

}  // namespace stagedoor::identity
