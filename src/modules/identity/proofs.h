// The proof of identity of a request, in the modes in which something other than a token proves the user
// (R-W8).
#pragma once

#include "core/refusal.h"
#include "http/types.h"
#include "modules/identity/caller.h"

namespace stagedoor::identity {

// Any thread. Does not wait.
class Proofs {
 public:
  virtual ~Proofs() = default;

  // The handler of a call that needs the proof. Where verifying takes longer than an I/O thread may wait, the
  // handler is called after it, by another thread.
  virtual http::Handler prove_first(http::Handler handler) { return handler; }

  // The user whom the request proves. Refusals: TOKEN_NOT_FOUND (no proof, or none that counts),
  // TOKEN_EXPIRED.
  virtual Result<Caller> of(const http::Request& request) const = 0;
};

}  // namespace stagedoor::identity
