// The seats that may be taken or blocked. A negative answer saves two queries, and most seats that users want
// to hold are free. The index may contain too many seats, never too few; seats are not removed. One bit per
// seat, in pieces of 4,096 ids. Lane thread.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <bitset>
#include <cstdint>

#include "core/ids.h"

namespace stagedoor::sqlite {

class SeatIndex {
 public:
  void add(SeatId seat) { pieces_[seat.value / kPiece].set(std::size_t(seat.value % kPiece)); }
  bool may_be_taken(SeatId seat) const {
    const auto piece = pieces_.find(seat.value / kPiece);
    return piece != pieces_.end() && piece->second.test(std::size_t(seat.value % kPiece));
  }
  void clear() { pieces_.clear(); }

 private:
  static constexpr std::int64_t kPiece = 4096;
  absl::flat_hash_map<std::int64_t, std::bitset<kPiece>> pieces_;
};

}  // namespace stagedoor::sqlite
