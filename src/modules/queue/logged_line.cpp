#include "modules/queue/logged_line.h"

#include <fmt/format.h>

#include <algorithm>

namespace stagedoor::queue {
namespace {

constexpr std::size_t kPage = 10'000;

}  // namespace

LoggedLine::LoggedLine(LineLog& log, StartupState& store) : log_(log) {
  store.read({.line_mark = [&](const LineMark& row) { events_[row.event].marks.push_back(row); },
              .passed_over = [&](const PassedOver& row) { events_[row.event].passed_over.push_back(row); },
              .line_leave = [&](const LineLeave& row) { events_[row.event].leaves[row.place] = row; }});
}

const LineReplay& LoggedLine::replay(EventId event) {
  if (replayed_ && replayed_event_ == event) return *replayed_;
  const OfEvent& rows = events_[event];
  replayed_.emplace(rows.marks, rows.passed_over);
  replayed_event_ = event;
  try {
    for (LogPosition after;;) {
      const auto page = log_.read({{event, after}}, kPage, Millis(0));
      if (page.empty()) break;
      for (const LogRecord& record : page)
        if (record.at > after) replayed_->add(record);
      after = page.back().at;
    }
  } catch (const LogUnavailable& cause) {
    replayed_.reset();
    throw StoreUnavailable(cause.what());
  }
  const std::size_t lost = replayed_->lost().size();
  const bool is_damaged = replayed_->is_damaged();
  if (lost == 0 && !is_damaged) return *replayed_;
  replayed_.reset();
  if (lost > 0)
    throw StoreUnavailable(
        fmt::format("the log of joins has lost {} places of event {}; an instance that runs puts them back",
                    lost, event.value));
  throw StoreUnusable(
      fmt::format("the log of joins does not fit the marks of event {} in the store", event.value));
}

std::vector<LinePlace> LoggedLine::read(EventId event, Place after, std::size_t limit) {
  if (head(event) <= after) return {};
  auto places = replay(event).read(after, limit);
  const auto& leaves = events_[event].leaves;
  for (LinePlace& place : places) {
    const auto left = leaves.find(place.place);
    if (left == leaves.end()) continue;
    place.left_at = left->second.left_at;
    place.left_by = left->second.left_by;
  }
  return places;
}

Place LoggedLine::head(EventId event) {
  const auto rows = events_.find(event);
  Place last = 0;
  if (rows == events_.end()) return last;
  for (const LineMark& mark : rows->second.marks) last = std::max(last, mark.last_place);
  return last;
}

}  // namespace stagedoor::queue
