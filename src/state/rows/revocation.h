// Revoked proofs of identity.
#pragma once

#include <boost/describe/class.hpp>

#include "core/ids.h"
#include "core/time.h"

namespace stagedoor {

// A proof that somebody is this user counts only if it was issued at `not_before` or later.
struct Revocation {
  UserId user{};
  TimePoint not_before{};
};
BOOST_DESCRIBE_STRUCT(Revocation, (), (user, not_before))

}  // namespace stagedoor
