// The Idempotency-Key of a request (R-X5). Remembering answers is the lane's job (engine/lane.h).
#pragma once

#include "engine/command.h"
#include "http/router.h"

namespace stagedoor::api {

// The key with a digest of the request; without a key in the request, an empty one. INVALID_REQUEST when it
// is too long.
Result<Idempotency> idempotency_of(const http::Request& request, const UserId& user);

http::Parameter idempotency_parameter();

}  // namespace stagedoor::api
