#include "modules/queue/watch.h"

#include <algorithm>

namespace stagedoor {

std::optional<Watch::Sight> Watch::look(bool in_any_case) {
  const TimePoint now = clock_.now();
  const std::uint64_t changes = changes_.load(std::memory_order_acquire);
  if (!in_any_case && seen_ == changes && now < std::min(ends_at_, next_poll_)) return std::nullopt;
  seen_ = changes;
  if (now >= token_end_) return Sight{};
  Sight sight{rooms_.watch(place_), now >= next_poll_};
  if (!sight.fan) return sight;
  const Standing& standing = sight.fan->standing;
  ends_at_ =
      standing.status == QueueStatus::ACTIVATED ? std::min(token_end_, *standing.expires_at) : token_end_;
  if (sight.is_time) next_poll_ = now + sight.fan->poll_after;
  return sight;
}

}  // namespace stagedoor
