// The user who sent a request.
#pragma once

#include "core/time.h"
#include "core/uuid.h"

namespace stagedoor::identity {

// The proof of the caller's identity.
enum class Proof {
  none,     // the user named in the request is trusted
  token,    // an authentic token that was given to the user
  gateway,  // the reverse proxy in front
  jwt       // a token of the identity provider
};

struct Caller {
  UserId user;
  Proof proof = Proof::none;
  TimePoint issued_at = kNever;  // of a proof that can be revoked (R-A11)
};

}  // namespace stagedoor::identity
