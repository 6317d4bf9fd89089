// The Idempotency-Key of a request (R-X5). The lane remembers answers (engine/lane.h).
#pragma once

#include "core/place_ref.h"
#include "engine/command.h"
#include "http/router.h"

namespace stagedoor::api {

// The key with a digest of the request; an empty one if the request has no key. Either way with its trace.
// INVALID_REQUEST for a key that is not 1 to 255 visible ASCII characters. `key_space` stands before the key:
// whoever can choose the id of a user must not reach the keys of others.
Result<Idempotency> idempotency_of(const http::Request& request, const UserId& user,
                                   std::string_view key_space = {});

// For a call whose token names what is changed: the same request for another place is another request.
Idempotency with_place(Idempotency idempotency, const PlaceRef& place);

http::Parameter idempotency_parameter();

}  // namespace stagedoor::api
