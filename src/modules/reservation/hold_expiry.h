// The sweep: cancels holds soon after their end, so that seat maps show them free (R-S4). The seat is free by
// rule anyway.
//
// Holds are swept many at a time. Those of a sweep that failed come up again: together when the store was
// away, one by one when it refused them, so that one bad row does not keep the others from being swept.
#pragma once

#include <compare>
#include <queue>
#include <vector>

#include "engine/lane.h"
#include "ports/startup_state.h"

namespace stagedoor::reservation {

// Lane thread (restore: before it starts).
class HoldExpiry : public Job, public CommitObserver {
 public:
  void restore(StartupState& store);
  void on_commit(const Batch& batch) override;
  TimePoint next_due(TimePoint now) const override;
  void collect(TimePoint now, std::vector<std::unique_ptr<Command>>& due) override;

 private:
  // One batch's share: the rest follows in the next.
  static constexpr std::size_t kAtOnce = 500;

  struct End {
    TimePoint at{};
    ReservationId hold;
    bool alone = false;
    auto operator<=>(const End&) const = default;
  };
  class Sweep;

  // Ends of holds, soonest first. A hold that was paid, given back or ended earlier keeps its entry until
  // then; the sweep skips it.
  std::priority_queue<End, std::vector<End>, std::greater<>> ends_;
};

}  // namespace stagedoor::reservation
