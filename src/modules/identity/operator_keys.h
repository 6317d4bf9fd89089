// Operator keys (R-O1): the callers of /admin and their roles.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/guarded.h"
#include "core/refusal.h"
#include "core/sha256.h"
#include "core/uuid.h"
#include "http/client_limits.h"

namespace stagedoor::identity {

// Each role includes the rights of those before it.
enum class Role { viewer, operator_, owner };
std::string_view to_string(Role role);  // as in admin.keys

struct Operator {
  // Before their Idempotency-Keys (R-X5): a user may have the id that user() returns, but no key with a
  // blank.
  static constexpr std::string_view kKeySpace = "operator ";

  std::string name;
  Role role = Role::viewer;

  // The owner of the operator's Idempotency-Keys: derived from the name.
  UserId user() const;
};

class OperatorKeys {
 public:
  // Each key is "name:role:secret" with the role viewer, operator or owner. The settings check this, so any
  // other form is a bug. Only digests of the secrets are kept.
  // `limits`: null: wrong keys are not counted.
  explicit OperatorKeys(const std::vector<std::string>& keys, http::ClientLimits* limits = nullptr);

  // Replaces all keys. Any thread.
  void replace(const std::vector<std::string>& keys);

  // The operator with the secret in `authorization` ("Bearer <secret>"). Refusals: ADMIN_KEY_INVALID;
  // FORBIDDEN if the role is below `needed`. The time does not depend on the key. Any thread.
  Result<Operator> check(std::string_view authorization, Role needed) const;
  // The same for a request. Wrong keys are counted for the address and logged: beyond the limit
  // RATE_LIMITED. A right key is never refused for it (R-A2).
  Result<Operator> check(const http::Request& request, Role needed) const;

 private:
  struct Key {
    Operator owner;
    Sha256 digest;
  };

  Guarded<std::shared_ptr<const std::vector<Key>>> keys_;
  http::ClientLimits* limits_;
};

}  // namespace stagedoor::identity
