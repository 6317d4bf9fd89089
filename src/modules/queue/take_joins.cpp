#include "modules/queue/take_joins.h"

#include <absl/container/flat_hash_map.h>

#include <utility>
#include <variant>

#include "modules/queue/model.h"

namespace stagedoor::queue {
namespace {

PassedReason reason_of(const Refusal& refusal) {
  return refusal.code == Code::OVERLOADED ? PassedReason::full : PassedReason::not_on_sale;
}

// What became of a record.
using Taken = std::variant<LinePlace, PassedReason>;

class Taking {
 public:
  Taking(EventId event, const View& view, TimePoint now, const TakenUntilNow& before, Place last)
      : event_(event), view_(view), now_(now), before_(before), last_(last) {}

  Taken take(const LogRecord& record) {
    if (before_.is_repeat(record)) return PassedReason::repeat;
    const auto joined = place_of_join({event_, record.user}, view_, now_, in_batch(record.user),
                                      before_.place_of(record.user), last_);
    if (!joined) return reason_of(joined.error());
    if (!joined->is_new) return PassedReason::has_place;
    last_ = joined->place.place;
    given_[record.user] = joined->place;
    return joined->place;
  }
  Place last() const { return last_; }

 private:
  const LinePlace* in_batch(const UserId& user) const {
    if (const auto given = given_.find(user); given != given_.end()) return &given->second;
    const auto found = view_.line.find({event_, user});
    return found == view_.line.end() ? nullptr : &found->second;
  }

  EventId event_;
  const View& view_;
  TimePoint now_;
  const TakenUntilNow& before_;
  Place last_;
  absl::flat_hash_map<UserId, LinePlace> given_;  // by this command, which the view does not have yet
};

}  // namespace

const LineMark& newest_mark(EventId event, const View& view, const LineMark& committed) {
  const auto in_batch = view.last_mark.find(event);
  return in_batch == view.last_mark.end() ? committed : in_batch->second;
}

Changes decide_take_joins(EventId event, std::span<const LogRecord> records, const View& view, TimePoint now,
                          const TakenUntilNow& before) {
  LineMark mark = newest_mark(event, view, before.mark);
  Changes changes;
  if (mark.epoch != before.mark.epoch) return changes;
  Taking taking(event, view, now, before, mark.last_place);
  std::size_t taken = 0;
  for (const LogRecord& record : records) {
    if (record.at <= mark.at()) continue;
    if (taken++ == kTakenAtOnce) break;
    mark.log_high = record.at.high;
    mark.log_low = record.at.low;
    mark.random = record.random;
    if (record.place > 0) continue;  // it has its place
    const Taken what = taking.take(record);
    if (const auto* place = std::get_if<LinePlace>(&what)) changes.line.push_back(*place);
    else
      changes.passed_over.push_back(
          {event, mark.epoch, record.at.high, record.at.low, std::get<PassedReason>(what)});
  }
  if (taken == 0) return changes;
  mark.event = event;
  mark.kept_place = 0;
  mark.last_place = taking.last();
  mark.joined_at = now;
  changes.line_marks.push_back(mark);
  return changes;
}

Changes decide_raise_epoch(EventId event, std::int32_t epoch, const std::optional<LogRecord>& kept,
                           Place kept_place, const View& view, TimePoint now, const LineMark& committed) {
  const LineMark& before = newest_mark(event, view, committed);
  Changes changes;
  if (before.epoch != epoch) return changes;
  LineMark mark{.event = event,
                .epoch = epoch + 1,
                .last_place = before.last_place,
                .kept_place = kept_place,
                .joined_at = now};
  if (kept) {
    mark.log_high = kept->at.high;
    mark.log_low = kept->at.low;
    mark.random = kept->random;
  }
  changes.line_marks.push_back(mark);
  return changes;
}

}  // namespace stagedoor::queue
