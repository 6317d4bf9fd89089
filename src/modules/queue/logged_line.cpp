#include "modules/queue/logged_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

namespace stagedoor::queue {
namespace {

constexpr std::size_t kPage = 10'000;
constexpr Millis kLook{500};  // again at the log, which takes a while if it is long

}  // namespace

LoggedLine::LoggedLine(LineLog& log, const ReadRows& store, Millis patience)
    : log_(log), patience_(patience) {
  store({.line_mark = [&](const LineMark& row) { events_[row.event].marks.push_back(row); },
         .passed_over = [&](const PassedOver& row) { events_[row.event].passed_over.push_back(row); },
         .line_leave = [&](const LineLeave& row) { events_[row.event].leaves[row.place] = row; }});
}

// Up to the last mark, and then as far as the log is there at once: in a rush it may never be at its end.
LineReplay LoggedLine::read_log(EventId event) {
  const OfEvent& rows = events_[event];
  LineReplay replay(rows.marks, rows.passed_over);
  const LogPosition last = rows.marks.empty() ? LogPosition{} : rows.marks.back().at();
  for (LogPosition after;;) {
    const auto page = log_.read({{event, after}}, kPage, Millis(0));
    if (page.empty()) break;
    for (const LogRecord& record : page)
      if (record.at > after) replay.add(record);
    after = page.back().at;
    if (page.size() < kPage && after >= last) break;
  }
  replay.drop_unproven();
  if (replay.is_damaged())
    throw StoreUnusable(
        fmt::format("the log of joins does not fit the marks of event {} in the store", event.value));
  return replay;
}

const LineReplay& LoggedLine::replay(EventId event) {
  if (replayed_ && replayed_event_ == event) return *replayed_;
  replayed_.reset();
  try {
    LineReplay read = read_log(event);
    for (; patience_ > Millis(0) && !read.lost().empty(); patience_ -= kLook) {
      std::this_thread::sleep_for(kLook);
      read = read_log(event);
    }
    replayed_ = std::move(read);
  } catch (const LogUnavailable& cause) {
    throw StoreUnavailable(cause.what());
  }
  replayed_event_ = event;
  return *replayed_;
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
