#include "adapters/memory/memory_log.h"

#include <algorithm>

namespace stagedoor::memory {

void MemoryLog::append(const LogRecord& record, Done done) {
  Outcome outcome = Outcome::not_appended;
  {
    const MutexLock lock(mutex_);
    auto& records = records_[record.event];
    for (int copies = repeats_ ? 2 : 1; !is_cut_off_ && copies > 0; --copies) {
      records.push_back(record);
      records.back().at = {std::int64_t(records.size()), 0};
      outcome = loses_answers_ ? Outcome::unknown : Outcome::appended;
    }
  }
  appended_.notify_all();
  done(outcome);
}

std::size_t MemoryLog::behind(const std::map<EventId, LogPosition>& after, std::size_t limit,
                              std::vector<LogRecord>& found) const {
  for (const auto& [event, position] : after) {
    const auto records = records_.find(event);
    if (records == records_.end()) continue;
    const std::size_t already = found.size();
    for (std::size_t i = std::size_t(position.high), end = i + limit;
         i < std::min(end, records->second.size()); ++i)
      found.push_back(records->second[i]);
    const bool names_a_record = position.high > 0 && position.low == 0;
    if (names_a_record && found.size() > already)
      found.insert(found.begin() + std::ptrdiff_t(already), records->second[std::size_t(position.high) - 1]);
  }
  return found.size();
}

void MemoryLog::demand_contact() const {
  if (is_cut_off_) throw LogUnavailable("the log is cut off");
}

std::vector<LogRecord> MemoryLog::read(const std::map<EventId, LogPosition>& after, std::size_t limit,
                                       Millis wait) {
  const auto until = std::chrono::steady_clock::now() + wait;
  std::vector<LogRecord> found;
  MutexLock lock(mutex_);
  demand_contact();
  while (behind(after, limit, found) == 0 && lock.wait_until(appended_, until)) {
  }
  demand_contact();
  return found;
}

std::optional<LogRecord> MemoryLog::find(EventId event, LogPosition at) {
  const MutexLock lock(mutex_);
  demand_contact();
  const auto records = records_.find(event);
  const bool is_there = records != records_.end() && at.high > 0 && at.low == 0 &&
                        std::size_t(at.high) <= records->second.size();
  return is_there ? std::optional(records->second[std::size_t(at.high) - 1]) : std::nullopt;
}

LogPosition MemoryLog::head(EventId event) {
  const MutexLock lock(mutex_);
  demand_contact();
  const auto records = records_.find(event);
  return records == records_.end() ? LogPosition{} : LogPosition{std::int64_t(records->second.size()), 0};
}

void MemoryLog::cut_off(bool is_cut_off) {
  {
    const MutexLock lock(mutex_);
    is_cut_off_ = is_cut_off;
  }
  appended_.notify_all();
}

void MemoryLog::lose_answers(bool loses) {
  const MutexLock lock(mutex_);
  loses_answers_ = loses;
}

void MemoryLog::repeat_each(bool repeats) {
  const MutexLock lock(mutex_);
  repeats_ = repeats;
}

void MemoryLog::lose(EventId event, std::size_t records) {
  const MutexLock lock(mutex_);
  auto& kept = records_[event];
  kept.resize(kept.size() - std::min(records, kept.size()));
}

void MemoryLog::wipe() {
  const MutexLock lock(mutex_);
  records_.clear();
}

}  // namespace stagedoor::memory
