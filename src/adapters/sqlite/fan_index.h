// Which fans (event, user) may have reservations that take a seat, and in which generations of ids those are.
//
// The table's index by user is kept by generation (65,536 ids), so that a batch's insertions fall on few
// pages; looking a fan up would mean a look into every generation. This answers most look-ups without any:
// it knows at least the fans that have such reservations, and is never told that they have none any more.
// About 30 bytes a fan. Lane thread.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <cstdint>

#include "core/ids.h"
#include "core/uuid.h"
#include "engine/view.h"

namespace stagedoor {

// As in the index's expression `id >> 16`.
template <class SomeId>
std::int64_t generation_of(SomeId id) {
  return id.value >> 16;
}

class FanIndex {
 public:
  struct Generations {
    std::int64_t first = 0;
    std::int64_t last = -1;  // before first: none
  };

  void add(ReservationId id, const EventUser& fan) {
    const std::int64_t generation = generation_of(id);
    const auto [at, is_new] = fans_.try_emplace(digest(fan), Generations{generation, generation});
    if (is_new) return;
    at->second.first = std::min(at->second.first, generation);
    at->second.last = std::max(at->second.last, generation);
  }
  Generations find(const EventUser& fan) const {
    const auto at = fans_.find(digest(fan));
    return at == fans_.end() ? Generations{} : at->second;
  }
  void clear() { fans_.clear(); }

 private:
  // Two fans of one digest share an entry, which then only names more generations than needed.
  static std::uint64_t digest(const EventUser& fan) { return absl::HashOf(fan); }

  absl::flat_hash_map<std::uint64_t, Generations> fans_;
};

}  // namespace stagedoor
