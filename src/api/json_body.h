// The body of a request as JSON.
#pragma once

#include <optional>

#include "http/types.h"
#include "json/read.h"

namespace stagedoor::api {

// INVALID_REQUEST if there is a body whose Content-Type is not application/json (R-X3). A page of another
// site can make a browser send a body of any other type to this server, without asking the server first.
std::optional<Refusal> refuse_other_type(const http::Request& request);

// Whether the body is absent, or `{}`: the same for a call whose body is optional (R-X5).
bool is_empty_body(std::string_view body);

// `check_more`: see json::read().
template <class Body, class Check = json::NoCheck>
Result<Body> read_body(const http::Request& request, const Check& check_more = {}) {
  if (auto refusal = refuse_other_type(request)) return std::move(*refusal);
  return json::read<Body>(request.body, check_more);
}

}  // namespace stagedoor::api
