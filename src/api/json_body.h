// The body of a request as JSON.
#pragma once

#include <optional>

#include "http/types.h"
#include "json/read.h"

namespace stagedoor::api {

// INVALID_REQUEST if there is a body whose Content-Type is not application/json (R-X3). A page of another
// site can make a browser send a body of any other type to this server, without asking the server first.
std::optional<Refusal> refuse_other_type(const http::Request& request);

template <class Body>
Result<Body> read_body(const http::Request& request) {
  if (auto refusal = refuse_other_type(request)) return std::move(*refusal);
  return json::read<Body>(request.body);
}

}  // namespace stagedoor::api
