#include "engine/refused_users.h"

#include <cstddef>

namespace stagedoor {
namespace {

constexpr std::size_t kUsersMax = 10'000;

}  // namespace

void RefusedUsers::note(const UserId& user, TimePoint now) {
  const auto users = users_.lock();
  absl::erase_if(*users, [&](const auto& one) { return now - one.second.last >= kRest; });
  if (users->size() >= kUsersMax) users->clear();
  Refusals& refusals = (*users)[user];
  ++refusals.count;
  refusals.last = now;
  is_empty_.store(false, std::memory_order_relaxed);
}

bool RefusedUsers::contains(const UserId& user, TimePoint now) const {
  if (is_empty_.load(std::memory_order_relaxed)) return false;
  const auto users = users_.lock();
  const auto found = users->find(user);
  return found != users->end() && found->second.count >= kRefusalsMax && now - found->second.last < kRest;
}

}  // namespace stagedoor
