#include "modules/identity/operator_keys.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/ensure.h"
#include "core/log.h"
#include "core/refusals.h"
#include "core/same_secret.h"
#include "modules/identity/bearer.h"

namespace stagedoor::identity {
namespace {

constexpr std::array<std::string_view, 5> kRoles = {"gate", "viewer", "operator", "owner", "any"};

}  // namespace

std::string_view to_string(Role role) { return kRoles[std::size_t(role)]; }

bool may(Role has, Role needed) {
  if (needed == Role::any) return true;
  if (needed == Role::gate && has == Role::viewer) return false;
  return has >= needed;
}

UserId Operator::user() const {
  const Sha256 digest = sha256("operator:" + name);
  UserId user;
  std::copy_n(digest.begin(), user.bytes.size(), user.bytes.begin());
  return user;
}

OperatorKeys::OperatorKeys(const std::vector<std::string>& keys, http::ClientLimits* limits,
                           const Clock* clock)
    : limits_(limits), clock_(clock) {
  replace(keys);
}

void OperatorKeys::replace(const std::vector<std::string>& keys) {
  const auto before = this->keys();
  const auto parsed = std::make_shared<Keys>();
  for (const std::string_view key : keys) {
    const std::size_t first = key.find(':');
    const std::size_t second = first == key.npos ? key.npos : key.find(':', first + 1);
    ensure(second != key.npos && second + 1 < key.size(), "an operator key is name:role:secret");
    const auto end = kRoles.end() - 1;  // without `any`
    const auto role = std::find(kRoles.begin(), end, key.substr(first + 1, second - first - 1));
    ensure(role != end, "an operator's role is gate, viewer, operator or owner");
    Key next{{std::string(key.substr(0, first)), static_cast<Role>(role - kRoles.begin())},
             sha256(key.substr(second + 1)),
             std::make_shared<std::atomic<std::int64_t>>(0)};
    if (before) {
      const auto same = std::ranges::find_if(
          *before, [&](const Key& one) { return is_same_secret(one.digest, next.digest); });
      if (same != before->end()) next.last_used = same->last_used;
    }
    parsed->push_back(std::move(next));
  }
  *keys_.lock() = parsed;
  version_.fetch_add(1, std::memory_order_release);
}

Result<Operator> OperatorKeys::check(std::string_view authorization, Role needed) const {
  const std::string_view secret = after_bearer(authorization).value_or("");
  const Sha256 digest = sha256(secret);
  const auto keys = this->keys();
  const Key* key_found = nullptr;
  for (const Key& key : *keys) {
    if (is_same_secret(key.digest, digest)) key_found = &key;
  }
  if (!key_found || secret.empty()) {
    return refuse(Code::ADMIN_KEY_INVALID, "Send an operator key: Authorization: Bearer <secret>");
  }
  const Operator* found = &key_found->owner;
  if (clock_) key_found->last_used->store(to_ms(clock_->now()), std::memory_order_relaxed);
  if (!may(found->role, needed)) {
    return refuse(Code::FORBIDDEN, fmt::format("This needs the role {}; your key has the role {}",
                                               to_string(needed), to_string(found->role)));
  }
  return *found;
}

std::vector<OperatorKeys::Listed> OperatorKeys::list() const {
  std::vector<Listed> listed;
  for (const Key& key : *keys()) {
    const std::int64_t used = key.last_used->load(std::memory_order_relaxed);
    listed.push_back({key.owner, used > 0 ? std::optional(from_ms(used)) : std::nullopt});
  }
  return listed;
}

Result<Operator> OperatorKeys::check(const http::Request& request, Role needed) const {
  auto found = check(request.header("Authorization"), needed);
  if (found || found.error().code != Code::ADMIN_KEY_INVALID || !limits_) return found;
  if (auto limited = limits_->check_failed_key(request.client)) return std::move(*limited);
  log(LogLevel::warn, "wrong operator key",
      {{"client.ip", request.peer.to_string()}, {"http.request.id", request.request_id}});
  return found;
}

}  // namespace stagedoor::identity
