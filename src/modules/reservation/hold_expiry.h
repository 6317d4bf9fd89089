// The sweep: cancels holds soon after they expire, so that seat maps show the seats as free (R-S4). By rule
// they are free from the expiry on.
//
// One sweep cancels many holds. The holds of a failed sweep are retried: together after an outage of the
// store, one by one after a refusal, so that one bad row does not block the others.
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
  // Maximum per batch; the rest follows in the next one.
  static constexpr std::size_t kAtOnce = 500;

  struct End {
    TimePoint at{};
    ReservationId hold;
    bool alone = false;
    auto operator<=>(const End&) const = default;
  };
  class Sweep;

  // Expiry times of holds, earliest first. A hold that was paid, cancelled or ended earlier keeps its entry
  // until then; the sweep skips it.
  std::priority_queue<End, std::vector<End>, std::greater<>> ends_;
};

}  // namespace stagedoor::reservation
