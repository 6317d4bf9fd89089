// The user who sent a request.
#pragma once

#include "core/uuid.h"

namespace stagedoor::identity {

// What the server knows it from.
enum class Proof {
  none,  // the request names its user and is believed
  token  // an authentic token that was given to the user
};

struct Caller {
  UserId user;
  Proof proof = Proof::none;
};

}  // namespace stagedoor::identity
