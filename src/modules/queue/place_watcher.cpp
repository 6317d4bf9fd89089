#include "modules/queue/place_watcher.h"

#include <algorithm>

namespace stagedoor::queue {

std::optional<PlaceWatcher::Observation> PlaceWatcher::poll(bool force) {
  const TimePoint now = clock_.now();
  const std::uint64_t changes = changes_.load(std::memory_order_acquire);
  if (!force && seen_ == changes && now < std::min(ends_at_, next_poll_)) return std::nullopt;
  seen_ = changes;
  if (now >= token_end_) return Observation{};
  Observation observed{rooms_.watch(place_), now >= next_poll_};
  if (!observed.fan) return observed;
  ends_at_ = std::min(token_end_, observed.fan->changes_at);
  if (observed.poll_due) next_poll_ = now + observed.fan->poll_after;
  return observed;
}

}  // namespace stagedoor::queue
