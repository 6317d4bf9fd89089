#include "adapters/reports/room_record.h"

#include <fmt/format.h>

namespace stagedoor::reports {

void keep_log_of(EventId event, std::vector<LogRow>& log) {
  const std::string name = fmt::format("\"event {} ", event.value);
  std::erase_if(log, [&](const LogRow& row) {
    return row.event != event && row.detail.find(name) == std::string::npos;
  });
}

}  // namespace stagedoor::reports
