// The end of one event's log, as one reader has it: the records that no mark has passed yet, the random ids
// of recent ones, and what has to be put back after a loss. Pure, without clock or locks.
//
// A log may lose its tail and give the same positions to other records. So a reading is sound only if it is
// of one piece with the newest mark: it has that very record, by position and random id, and each page begins
// with the last record of the page before it. Records of a reading that is not sound are never taken.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <deque>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "state/rows/line_log.h"

namespace stagedoor::queue {

// A position before this one and behind all that are lower.
LogPosition just_before(LogPosition at);

class LineTail {
 public:
  // The time in which a random id is remembered: longer than anybody sends a record again.
  static constexpr Millis kRemembered{600'000};

  enum class Reading {
    before_mark,  // it has not reached the record of the newest mark
    sound,
    torn,  // the log has other records than those that were read or taken
  };

  // The position to read from: the page has to begin with the record there, if the log has it.
  LogPosition read_from() const { return read_; }
  // A page of the log. Makes the reading torn if it does not begin with the last record that was read.
  void add(std::span<const LogRecord> page, TimePoint read_at);
  // A batch with this mark was committed, here or elsewhere. A new epoch begins a new reading.
  void taken(const LineMark& mark);
  // Begins a new reading, with the record of the newest mark.
  void read_again();
  // Begins the first reading with the record at this position, at or before the newest mark.
  void begin_at(LogPosition at);

  Reading reading() const { return reading_; }
  // The newest mark; before the first one: epoch 1, at {}.
  const LineMark& mark() const { return mark_; }
  // At most `limit` records behind the mark, in order; none if the reading is not sound.
  std::vector<LogRecord> untaken(std::size_t limit) const;
  std::size_t size() const { return waiting_.size(); }
  // When the oldest of them was read; kNever: there is none.
  TimePoint oldest_read_at() const { return waiting_.empty() ? kNever : waiting_.front().read_at; }
  // True if an earlier record has the same random id.
  bool is_repeat(const LogRecord& record) const;
  // The first `limit` places above `after` that this epoch's log has to have put back and that this reading
  // has not found.
  std::vector<Place> missing(Place after = 0,
                             std::size_t limit = std::numeric_limits<std::size_t>::max()) const;

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

  void add(const LogRecord& record, TimePoint read_at);
  void remember(const LogRecord& record, TimePoint read_at);

  LineMark mark_{.epoch = 1};
  Reading reading_ = Reading::sound;
  LogPosition read_{};
  std::optional<Uuid> read_random_;  // of the record at read_; nullopt: this reading has none yet
  std::deque<Waiting> waiting_;
  std::deque<Remembered> remembered_;  // in the order of the log
  absl::flat_hash_map<Uuid, LogPosition> first_of_;
  // Places up to `first` were in the log when the epoch began, those up to `second` were given.
  std::pair<Place, Place> to_put_back_{};
  std::vector<LogPosition> put_back_at_;  // of each of them; {}: not found
};

}  // namespace stagedoor::queue
