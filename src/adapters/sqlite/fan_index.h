// The reservations of a fan (event, user) that may take a seat. A hold loads only these, and none for a new
// fan. The index may contain too many reservations, never too few. About 40 bytes per fan. Lane thread.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/inlined_vector.h>

#include <algorithm>
#include <cstdint>

#include "core/ids.h"
#include "state/view.h"

namespace stagedoor::sqlite {

class FanIndex {
 public:
  using Ids = absl::InlinedVector<ReservationId, 2>;

  void add(ReservationId id, const EventUser& fan) {
    Ids& ids = fans_[digest(fan)];
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  }
  // In ascending order.
  Ids find(const EventUser& fan) const {
    const auto at = fans_.find(digest(fan));
    Ids ids = at == fans_.end() ? Ids() : at->second;
    std::sort(ids.begin(), ids.end());
    return ids;
  }
  // Removes a reservation that was found not to take a seat any more.
  void remove(ReservationId id, const EventUser& fan) {
    Ids& ids = fans_[digest(fan)];
    ids.erase(std::remove(ids.begin(), ids.end(), id), ids.end());
    if (ids.empty()) fans_.erase(digest(fan));
  }

 private:
  // Two fans with the same digest share an entry and find each other's reservations.
  static std::uint64_t digest(const EventUser& fan) { return absl::HashOf(fan); }

  absl::flat_hash_map<std::uint64_t, Ids> fans_;
};

}  // namespace stagedoor::sqlite
