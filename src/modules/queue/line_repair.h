// What a log elsewhere still has of the places that were given, after it lost its tail (decision 0028).
#pragma once

#include <absl/functional/function_ref.h>

#include <optional>
#include <vector>

#include "ports/line_log.h"

namespace stagedoor::queue {

struct LeftOfLog {
  std::optional<LogRecord> kept;  // the last record that is as it was when it was taken; nullopt: none is
  Place kept_place = 0;           // the log up to there has the places up to this one
};

// Reads the log of the event from its beginning. `marks` and `passed_over`: the rows of the event, by epoch
// and position; `owner`: of a place, as memory knows it. The reader's thread; throws LogUnavailable.
LeftOfLog find_left(LineLog& log, EventId event, const std::vector<LineMark>& marks,
                    const std::vector<PassedOver>& passed_over,
                    absl::FunctionRef<std::optional<UserId>(Place)> owner);

}  // namespace stagedoor::queue
