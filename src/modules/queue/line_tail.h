// The records of one event's log that no mark has passed yet, and the random ids of those before them, as the
// reader of the log has them. Pure, without clock or locks.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <deque>
#include <span>
#include <vector>

#include "state/rows/line_log.h"

namespace stagedoor::queue {

class LineTail {
 public:
  // The time in which a random id is remembered: longer than anybody sends a record again.
  static constexpr Millis kRemembered{600'000};

  // The next record of the log. One that is not behind those before it was read twice, and is dropped.
  void add(const LogRecord& record, TimePoint read_at);
  // A batch with this mark was committed, here or elsewhere. If it raises the epoch, the records behind it
  // are dropped, because the log has others there now: the reader goes on at next().
  void taken(const LineMark& mark);

  // The newest mark, also before the first one: epoch 1, at {}.
  const LineMark& mark() const { return mark_; }
  // The reader has everything up to here.
  LogPosition read_up_to() const { return read_; }
  // At most `limit` records behind the position, in order.
  std::vector<LogRecord> behind(LogPosition at, std::size_t limit) const;
  // Records that no mark has passed.
  std::size_t size() const { return waiting_.size(); }
  // When the oldest of them was read; kNever: there is none.
  TimePoint oldest_read_at() const { return waiting_.empty() ? kNever : waiting_.front().read_at; }
  // True if an earlier record has the same random id.
  bool is_repeat(const LogRecord& record) const;

 private:
  struct Waiting {
    LogRecord record;
    TimePoint read_at;
  };
  struct Remembered {
    TimePoint read_at;
    Uuid random;
    LogPosition at;
  };

  LineMark mark_{.epoch = 1};
  LogPosition read_{};
  std::deque<Waiting> waiting_;
  std::deque<Remembered> remembered_;  // in the order of the log
  absl::flat_hash_map<Uuid, LogPosition> first_of_;
};

}  // namespace stagedoor::queue
