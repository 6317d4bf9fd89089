// Which reservations of a fan (event, user) may take a seat, so that a hold asks the file for those alone,
// and for nothing when the fan is new. It knows at least the ones that do. Some 40 bytes a fan. Lane thread.
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
  // Rising.
  Ids find(const EventUser& fan) const {
    const auto at = fans_.find(digest(fan));
    Ids ids = at == fans_.end() ? Ids() : at->second;
    std::sort(ids.begin(), ids.end());
    return ids;
  }
  // It was seen not to take a seat any more.
  void remove(ReservationId id, const EventUser& fan) {
    Ids& ids = fans_[digest(fan)];
    ids.erase(std::remove(ids.begin(), ids.end(), id), ids.end());
    if (ids.empty()) fans_.erase(digest(fan));
  }

 private:
  // Two fans of one digest share an entry: each finds the other's reservations there too.
  static std::uint64_t digest(const EventUser& fan) { return absl::HashOf(fan); }

  absl::flat_hash_map<std::uint64_t, Ids> fans_;
};

}  // namespace stagedoor::sqlite
