// Operator keys (R-O1): who may call /admin, and how much they may do.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/refusal.h"
#include "core/sha256.h"
#include "core/uuid.h"

namespace stagedoor::identity {

// Each may do what those before it may.
enum class Role { viewer, operator_, owner };

struct Operator {
  std::string name;
  Role role = Role::viewer;

  // In whose name their Idempotency-Keys are kept (R-X5): made from the name, and no user's by chance.
  UserId user() const;
};

class OperatorKeys {
 public:
  // Each "name:role:secret" with the role viewer, operator or owner; checked by the settings, so others are a
  // bug. Of a secret only its digest is kept.
  explicit OperatorKeys(const std::vector<std::string>& keys);

  // The operator whose secret `authorization` bears ("Bearer <secret>"). Refusals: ADMIN_KEY_INVALID;
  // FORBIDDEN when the role is below `needed`. Takes the same time whichever key it is. Any thread.
  Result<Operator> check(std::string_view authorization, Role needed) const;

 private:
  struct Key {
    Operator owner;
    Sha256 digest;
  };

  std::vector<Key> keys_;
};

}  // namespace stagedoor::identity
