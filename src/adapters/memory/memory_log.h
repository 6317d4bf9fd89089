// A log of joins in memory, for tests: with the faults of real ones. Positions are counted, so after a loss
// they are used again.
#pragma once

#include <condition_variable>
#include <map>
#include <vector>

#include "core/guarded.h"
#include "ports/line_log.h"

namespace stagedoor::memory {

// Any thread.
class MemoryLog final : public LineLog {
 public:
  void append(const LogRecord& record, Done done) override;
  std::vector<LogRecord> read(const std::map<EventId, LogPosition>& after, std::size_t limit,
                              Millis wait) override;
  std::optional<LogRecord> find(EventId event, LogPosition at) override;
  LogPosition head(EventId event) override;

  // Faults.
  void cut_off(bool is_cut_off);                  // nothing is appended or read
  void lose_answers(bool loses);                  // appends, and says that the outcome is unknown
  void repeat_each(bool repeats);                 // appends each record twice
  void lose(EventId event, std::size_t records);  // the newest ones
  void wipe();

 private:
  std::size_t behind(const std::map<EventId, LogPosition>& after, std::size_t limit,
                     std::vector<LogRecord>& found) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void demand_contact() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  std::condition_variable appended_;
  std::map<EventId, std::vector<LogRecord>> records_ ABSL_GUARDED_BY(mutex_);
  bool is_cut_off_ ABSL_GUARDED_BY(mutex_) = false;
  bool loses_answers_ ABSL_GUARDED_BY(mutex_) = false;
  bool repeats_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace stagedoor::memory
