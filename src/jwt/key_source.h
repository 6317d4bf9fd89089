// Where the keys of the identity provider come from: a file or a URL (adapters/jwks), or a test.
#pragma once

#include <memory>

#include "jwt/keys.h"

namespace stagedoor::jwt {

// Any thread; no call waits for input or output.
class KeySource {
 public:
  virtual ~KeySource() = default;

  // The current keys; never null, empty as long as there are none.
  virtual std::shared_ptr<const JwtKeys> keys() const = 0;
  // A proof named a key that is not among them. The keys are read again soon, at most once in a while however
  // often this is called.
  virtual void look_again() = 0;
};

}  // namespace stagedoor::jwt
