#include "modules/queue/line_repair.h"

#include <map>

#include "modules/queue/line_replay.h"

namespace stagedoor::queue {
namespace {

constexpr std::size_t kRepairPage = 10'000;

}  // namespace

LeftOfLog find_left(LineLog& log, EventId event, const std::vector<LineMark>& marks,
                    const std::vector<PassedOver>& passed_over,
                    absl::FunctionRef<std::optional<UserId>(Place)> owner) {
  // Of marks with one position that of the newest epoch counts: the log had its record then.
  std::map<LogPosition, Uuid> marked;
  for (const LineMark& mark : marks) {
    marked.erase(marked.upper_bound(mark.at()), marked.end());
    marked[mark.at()] = mark.random;
  }
  LeftOfLog left;
  LineReplay replay(marks, passed_over);
  const auto is_as_taken = [&](const LogRecord& record) {
    const auto found = replay.add(record);
    if (!found.is_taken) return false;
    if (found.place > 0 && owner(found.place) != record.user) return false;
    const auto mark = marked.find(record.at);
    return mark == marked.end() || mark->second == record.random;
  };
  // The places that the log has up to the kept record: counted by a second replay, which sees no more.
  LineReplay kept(marks, passed_over);
  for (LogPosition after;;) {
    const auto page = log.read({{event, after}}, kRepairPage, Millis(0));
    for (const LogRecord& record : page) {
      if (record.at <= after) continue;
      if (!is_as_taken(record)) {
        const auto lost = kept.lost();
        left.kept_place = lost.empty() ? kept.last_place() : lost.front() - 1;
        return left;
      }
      kept.add(record);
      left.kept = record;
    }
    if (page.empty()) break;
    after = page.back().at;
  }
  const auto lost = kept.lost();
  left.kept_place = lost.empty() ? kept.last_place() : lost.front() - 1;
  return left;
}

}  // namespace stagedoor::queue
