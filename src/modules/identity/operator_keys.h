// Operator keys (R-O1): the callers of /admin and their roles.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/guarded.h"
#include "core/refusal.h"
#include "core/sha256.h"
#include "core/uuid.h"
#include "http/client_limits.h"
#include "ports/clock.h"

namespace stagedoor::identity {

// Each role includes the rights of those before it, but a viewer only sees, and checks no tickets in. `any`
// is what a call needs that takes every key; no key has it.
enum class Role { gate, viewer, operator_, owner, any };
std::string_view to_string(Role role);  // as in admin.keys
bool may(Role has, Role needed);

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
  // Each key is "name:role:secret" with the role gate, viewer, operator or owner. The settings check this, so
  // any other form is a bug. Only digests of the secrets are kept. `limits`: null: wrong keys are not
  // counted. `clock`: null: uses are not noted.
  explicit OperatorKeys(const std::vector<std::string>& keys, http::ClientLimits* limits = nullptr,
                        const Clock* clock = nullptr);

  // Replaces all keys: those that are missing are disabled. Any thread.
  void replace(const std::vector<std::string>& keys);
  // Rises with every replace(): who was checked before asks again. Any thread.
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

  // The operator with the secret in `authorization` ("Bearer <secret>"). Refusals: ADMIN_KEY_INVALID;
  // FORBIDDEN if the role lacks the rights of `needed`. The time does not depend on the key. Any thread.
  Result<Operator> check(std::string_view authorization, Role needed) const;
  // The same for a request. Wrong keys are counted for the address and logged: beyond the limit
  // RATE_LIMITED. A right key is never refused for it (R-A2).
  Result<Operator> check(const http::Request& request, Role needed) const;

  // The keys, without their secrets. Any thread.
  struct Listed {
    Operator owner;
    std::optional<TimePoint> last_used;  // by this instance since it started
  };
  std::vector<Listed> list() const;

 private:
  struct Key {
    Operator owner;
    Sha256 digest;
    std::shared_ptr<std::atomic<std::int64_t>> last_used;  // milliseconds; 0: never
  };
  using Keys = std::vector<Key>;
  std::shared_ptr<const Keys> keys() const { return *keys_.lock(); }

  Guarded<std::shared_ptr<const Keys>> keys_;
  std::atomic<std::uint64_t> version_{0};
  http::ClientLimits* limits_;
  const Clock* clock_;
};

}  // namespace stagedoor::identity
