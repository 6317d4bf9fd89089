// How the holder of the writer lock gives places to the joins of a log elsewhere (R-Q18, decision 0028).
// Pure.
#pragma once

#include <absl/functional/function_ref.h>

#include <optional>
#include <span>

#include "engine/command.h"
#include "state/rows/line_log.h"

namespace stagedoor::queue {

// Of an event in a batch: larger ones would delay the other commands.
inline constexpr std::size_t kTakenAtOnce = 1024;

// What the newest commit knows, for records of one event.
struct TakenUntilNow {
  LineMark mark;  // the newest; before the first one: epoch 1, at {}
  // The user's place, waiting or inside.
  absl::FunctionRef<std::optional<LinePlace>(const UserId&)> place_of;
  // True if the log has an earlier record with this random id.
  absl::FunctionRef<bool(const LogRecord&)> is_repeat;
};

// The mark behind which the next records are: of this batch, else the committed one.
const LineMark& newest_mark(EventId event, const View& view, const LineMark& committed);

// Gives places to the first kTakenAtOnce `records`, in their order, with one mark behind them. They are of
// this event and follow each other in its log, behind the newest mark; those before it are left out. A record
// is passed over with a reason if its user has a live place, if it is a repeat, or if decide_join() would
// refuse it now. A record that puts back a place from before a loss of the log gets none. No changes if there
// are no records, or if this batch has raised the epoch: then the log has others. Requires join_keys().
Changes decide_take_joins(EventId event, std::span<const LogRecord> records, const View& view, TimePoint now,
                          const TakenUntilNow& before);

// The log has lost the record of the newest mark. `kept` is the last record that it still has of those that
// were taken, nullopt: none; the log has the places up to `kept_place` there. Begins a new epoch behind it.
// No changes if the epoch is not `epoch` any more: another instance has seen the loss.
Changes decide_raise_epoch(EventId event, std::int32_t epoch, const std::optional<LogRecord>& kept,
                           Place kept_place, const View& view, TimePoint now, const LineMark& committed);

}  // namespace stagedoor::queue
