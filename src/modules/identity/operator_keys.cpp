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

constexpr std::array<std::string_view, 3> kRoles = {"viewer", "operator", "owner"};

}  // namespace

std::string_view to_string(Role role) { return kRoles[std::size_t(role)]; }

UserId Operator::user() const {
  const Sha256 digest = sha256("operator:" + name);
  UserId user;
  std::copy_n(digest.begin(), user.bytes.size(), user.bytes.begin());
  return user;
}

OperatorKeys::OperatorKeys(const std::vector<std::string>& keys, http::ClientLimits* limits)
    : limits_(limits) {
  replace(keys);
}

void OperatorKeys::replace(const std::vector<std::string>& keys) {
  const auto parsed = std::make_shared<std::vector<Key>>();
  for (const std::string_view key : keys) {
    const std::size_t first = key.find(':');
    const std::size_t second = first == key.npos ? key.npos : key.find(':', first + 1);
    ensure(second != key.npos && second + 1 < key.size(), "an operator key is name:role:secret");
    const auto role = std::find(kRoles.begin(), kRoles.end(), key.substr(first + 1, second - first - 1));
    ensure(role != kRoles.end(), "an operator's role is viewer, operator or owner");
    parsed->push_back({{std::string(key.substr(0, first)), static_cast<Role>(role - kRoles.begin())},
                       sha256(key.substr(second + 1))});
  }
  *keys_.lock() = parsed;
}

Result<Operator> OperatorKeys::check(std::string_view authorization, Role needed) const {
  const std::string_view secret = after_bearer(authorization).value_or("");
  const Sha256 digest = sha256(secret);
  const auto keys = *keys_.lock();
  const Operator* found = nullptr;
  for (const Key& key : *keys) {
    if (is_same_secret(key.digest, digest)) found = &key.owner;
  }
  if (!found || secret.empty()) {
    return refuse(Code::ADMIN_KEY_INVALID, "Send an operator key: Authorization: Bearer <secret>");
  }
  if (found->role < needed) {
    return refuse(Code::FORBIDDEN, fmt::format("This needs the role {}; your key has the role {}",
                                               to_string(needed), to_string(found->role)));
  }
  return *found;
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
