#include "modules/queue/line_tail.h"

#include <algorithm>
#include <tuple>

namespace stagedoor::queue {

void LineTail::add(const LogRecord& record, TimePoint read_at) {
  if (record.at <= read_) return;
  read_ = record.at;
  while (!remembered_.empty() && remembered_.front().read_at < read_at - kRemembered) {
    const auto known = first_of_.find(remembered_.front().random);
    if (known != first_of_.end() && known->second == remembered_.front().at) first_of_.erase(known);
    remembered_.pop_front();
  }
  if (first_of_.try_emplace(record.random, record.at).second)
    remembered_.push_back({read_at, record.random, record.at});
  if (record.at > mark_.at()) waiting_.push_back({record, read_at});
}

void LineTail::taken(const LineMark& mark) {
  if (std::tuple(mark.epoch, mark.at()) < std::tuple(mark_.epoch, mark_.at())) return;
  const bool raises_epoch = mark.epoch > mark_.epoch;
  mark_ = mark;
  while (!waiting_.empty() && waiting_.front().record.at <= mark.at()) waiting_.pop_front();
  if (!raises_epoch) return;
  waiting_.clear();
  read_ = std::min(read_, mark.at());
  while (!remembered_.empty() && remembered_.back().at > mark.at()) {
    first_of_.erase(remembered_.back().random);
    remembered_.pop_back();
  }
}

std::vector<LogRecord> LineTail::behind(LogPosition at, std::size_t limit) const {
  auto from = std::partition_point(waiting_.begin(), waiting_.end(),
                                   [&](const Waiting& one) { return one.record.at <= at; });
  std::vector<LogRecord> records;
  for (; from != waiting_.end() && records.size() < limit; ++from) records.push_back(from->record);
  return records;
}

bool LineTail::is_repeat(const LogRecord& record) const {
  const auto first = first_of_.find(record.random);
  return first != first_of_.end() && first->second < record.at;
}

}  // namespace stagedoor::queue
