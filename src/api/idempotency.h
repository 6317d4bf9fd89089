// The Idempotency-Key of a request (R-X5). The lane remembers answers (engine/lane.h).
#pragma once

#include "engine/command.h"
#include "http/router.h"

namespace stagedoor::api {

// The key with a digest of the request; an empty one if the request has no key. INVALID_REQUEST for a key
// that is not 1 to 255 visible ASCII characters.
Result<Idempotency> idempotency_of(const http::Request& request, const UserId& user);

http::Parameter idempotency_parameter();

}  // namespace stagedoor::api
