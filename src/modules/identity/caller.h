// The user who sent a request.
#pragma once

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
};

}  // namespace stagedoor::identity
