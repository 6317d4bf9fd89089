// The places of one event, made again from its log and the marks of the booking store (decision 0028). Pure.
//
// An epoch owns the records behind its start, up to the lowest start of all later epochs: what was behind
// that is lost, and other records may be there now. A record of an epoch is counted between two of its marks.
// A log that has lost more since its newest mark may have other records behind the loss: drop_unproven().
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <map>
#include <utility>
#include <vector>

#include "state/rows/line_log.h"

namespace stagedoor::queue {

class LineReplay {
 public:
  // The rows of one event, by epoch and position.
  LineReplay(const std::vector<LineMark>& marks, const std::vector<PassedOver>& passed_over);

  struct Found {
    bool is_taken = false;  // a mark has passed it
    Place place = 0;        // 0: it has none
  };
  // The records of the log in their order, from its first one to its end.
  Found add(const LogRecord& record);

  // The highest place given.
  Place last_place() const { return static_cast<Place>(owners_.size()); }
  // The places up to the highest one, in order. The user of a place that the log has lost is zero.
  std::vector<LinePlace> read(Place after, std::size_t limit) const;
  // After the end of the log: forgets the owners of places that were counted up to a mark whose record the
  // log does not have any more, by position and random id. These places are lost.
  void drop_unproven();
  // Places that the log has lost: not found, and not put back.
  std::vector<Place> lost() const;
  // More or fewer records than places up to a mark whose record is there: the log or the store is damaged.
  bool is_damaged() const;

 private:
  // The records between two marks of an epoch, and their places.
  struct Stretch {
    LogPosition to;       // the position of the second mark
    Place before = 0;     // the highest place at the first one
    Place last = 0;       // at the second one
    Place counted = 0;    // records that were found
    bool is_cut = false;  // a later epoch begins within it
    // The last record of it that the log had when its mark, or that of the later epoch, was written.
    LogPosition proof_at{};
    Uuid proof{};
    bool is_proven = false;  // the log still has it
  };
  struct Epoch {
    LogPosition start{};
    Uuid random{};                             // of the record there
    std::map<LogPosition, Stretch> stretches;  // by where they begin
  };

  EventId event_{};
  std::map<std::int32_t, Epoch> epochs_;
  absl::flat_hash_set<std::pair<std::int32_t, std::pair<std::int64_t, std::int64_t>>> passed_over_;
  std::vector<UserId> owners_;  // by place, from 1
  absl::flat_hash_map<Place, UserId> put_back_;
  std::map<Place, TimePoint> joined_at_;  // by the last place of a batch
};

}  // namespace stagedoor::queue
