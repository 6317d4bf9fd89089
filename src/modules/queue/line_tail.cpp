#include "modules/queue/line_tail.h"

#include <algorithm>
#include <limits>
#include <tuple>

namespace stagedoor::queue {

LogPosition just_before(LogPosition at) {
  if (at == LogPosition{}) return at;
  if (at.low > 0) return {at.high, at.low - 1};
  return {at.high - 1, std::numeric_limits<std::int64_t>::max()};
}

void LineTail::add(std::span<const LogRecord> page, TimePoint read_at) {
  if (page.empty() || reading_ == Reading::torn) return;
  if (read_random_) {
    if (page.front().at != read_ || page.front().random != *read_random_) {
      reading_ = Reading::torn;
      return;
    }
    page = page.subspan(1);
  }
  for (const LogRecord& record : page) {
    if (record.at > read_) add(record, read_at);
    if (reading_ == Reading::torn) return;
  }
}

void LineTail::add(const LogRecord& record, TimePoint read_at) {
  if (reading_ == Reading::before_mark && record.at >= mark_.at()) {
    const bool is_marked = record.at == mark_.at() && record.random == mark_.random;
    reading_ = is_marked ? Reading::sound : Reading::torn;
    if (!is_marked) return;
  }
  read_ = record.at;
  read_random_ = record.random;
  remember(record, read_at);
  if (record.place > to_put_back_.first && record.place <= to_put_back_.second) {
    LogPosition& at = put_back_at_[record.place - to_put_back_.first - 1];
    if (at == LogPosition{}) at = record.at;
  }
  if (record.at > mark_.at()) waiting_.push_back({record, read_at});
}

void LineTail::remember(const LogRecord& record, TimePoint read_at) {
  while (!remembered_.empty() && remembered_.front().read_at < read_at - kRemembered) {
    first_of_.erase(remembered_.front().random);
    remembered_.pop_front();
  }
  if (first_of_.try_emplace(record.random, record.at).second)
    remembered_.push_back({read_at, record.random, record.at});
}

void LineTail::taken(const LineMark& mark) {
  if (std::tuple(mark.epoch, mark.at()) <= std::tuple(mark_.epoch, mark_.at())) return;
  const bool begins_epoch = mark.epoch > mark_.epoch;
  mark_ = mark;
  if (begins_epoch) {
    to_put_back_ = {mark.kept_place, mark.last_place};
    put_back_at_.assign(std::max(mark.kept_place, mark.last_place) - mark.kept_place, {});
    read_again();
    return;
  }
  bool has_record = false;
  for (; !waiting_.empty() && waiting_.front().record.at <= mark.at(); waiting_.pop_front()) {
    const LogRecord& record = waiting_.front().record;
    has_record = record.at == mark.at() && record.random == mark.random;
  }
  if (has_record || reading_ == Reading::torn) return;
  reading_ = read_ < mark.at() ? Reading::before_mark : Reading::torn;
}

void LineTail::read_again() {
  waiting_.clear();
  read_ = just_before(mark_.at());
  read_random_.reset();
  reading_ = mark_.at() == LogPosition{} ? Reading::sound : Reading::before_mark;
  for (; !remembered_.empty() && remembered_.back().at > read_; remembered_.pop_back())
    first_of_.erase(remembered_.back().random);
  for (LogPosition& at : put_back_at_)
    if (at > read_) at = {};
}

void LineTail::begin_at(LogPosition at) {
  if (read_random_ || at > mark_.at()) return;
  read_ = just_before(at);
}

std::vector<LogRecord> LineTail::untaken(std::size_t limit) const {
  std::vector<LogRecord> records;
  if (reading_ != Reading::sound) return records;
  for (const Waiting& one : waiting_) {
    if (records.size() == limit) break;
    records.push_back(one.record);
  }
  return records;
}

bool LineTail::is_repeat(const LogRecord& record) const {
  const auto first = first_of_.find(record.random);
  return first != first_of_.end() && first->second < record.at;
}

std::vector<Place> LineTail::missing(Place after, std::size_t limit) const {
  std::vector<Place> places;
  const auto [kept, last] = to_put_back_;
  for (Place place = std::max(kept, after) + 1; place <= last && places.size() < limit; ++place)
    if (put_back_at_[place - kept - 1] == LogPosition{}) places.push_back(place);
  return places;
}

}  // namespace stagedoor::queue
